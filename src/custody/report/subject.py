"""What a report can be on, and the words of the command that makes it.

A subject is understood: a fingerprint, a position, an environment with its moments as instants. So the command that is
made of it asks the same at any time, and on any machine that has the file.
"""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from custody.query.moments import Moment
from custody.report.asked import Phrase

PACK = "pack"


class Subject(NamedTuple):
    """What a report is on: `ledger`, `artifact`, `environment`, `findings` or `entry`.

    `query` is what the command line takes for it: a fingerprint, `position:42`, and of an environment its name or a
    state of it (`prod#12`, `prod~1`); "" of a ledger and its findings. An environment may have moments: `at` is when
    it is asked about, `since` and `until` bound what changed.
    """

    kind: str
    query: str = ""
    at: Moment | None = None
    since: Moment | None = None
    until: Moment | None = None

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """The moments that there are, each by the option that names it."""
        named = (("at", self.at), ("since", self.since), ("until", self.until))
        return tuple(Phrase(use, moment) for use, moment in named if moment is not None)


LEDGER = Subject("ledger")


class Way(NamedTuple):
    """In what form, and by whose clock: `form` is `md`, `html` or `json`, or `pack` with the `folder` to be made."""

    form: str
    zone: ZoneInfo
    folder: str = ""


def words(subject: Subject, way: Way) -> tuple[str, ...]:
    """The command's words behind `custody`, without the ledger, the roots and the folder of a pack."""
    packed = way.form == PACK
    named = [PACK if packed else subject.kind, *([subject.query] if subject.query else [])]
    # A name may begin like an option, and is none behind this mark.
    behind = ["--", *named] if any(word.startswith("-") for word in named) else []
    found = ["report", *([] if behind else named), *(["--of", subject.kind] if packed else [])]
    for phrase in subject.phrases:
        found += [f"--{phrase.use}", phrase.moment.utc]
    found += ["--tz", way.zone.key, *([] if packed else ["--format", way.form])]
    return (*found, *behind)
