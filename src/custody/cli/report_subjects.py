"""What `custody report` can be asked: each question understood first, answered once the ledger is open, and put as
the command that asks it again, at any time and on any machine that has the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from custody.cli import answers
from custody.cli.beliefs import Belief
from custody.cli.references import Point
from custody.cli.times import Clock, Span
from custody.errors import UsageError

if TYPE_CHECKING:
    from custody.query.index import Index
    from custody.query.moments import Moment
    from custody.query.opening import Answers
    from custody.report.asked import Asked
    from custody.report.document import Document

SUBJECTS = ("ledger", "artifact", "environment", "findings", "entry")
_WITH_QUERY = ("artifact", "environment", "entry")


class Question:
    """A subject, and what was said to narrow it down. Raises UsageError for what does not go together."""

    def __init__(
        self,
        subject: str,
        query: str | None,
        at: str | None,
        since: str | None,
        until: str | None,
        clock: Clock,
    ) -> None:
        if subject in _WITH_QUERY and query is None:
            raise UsageError(f"which {subject}? `custody report {subject} QUERY`", code="query")
        if subject not in _WITH_QUERY and query is not None:
            raise UsageError(f"a report on the {subject} is about all of it: leave QUERY out", code="query")
        if subject != "environment" and (at or since or until):
            raise UsageError("--at, --since and --until are for a report on an environment", code="moment")
        self.subject = subject
        self.query = query or ""
        self._clock = clock
        self._point = Point(self.query, at, clock) if subject == "environment" else None
        self._span = Span(clock, since, until) if subject == "environment" else None
        if self._point is not None and self._point.moment is not None:
            self.query = self._point.name

    def asked(self, found: Answers, path: Path, form: str, folder: str | None, of: str | None) -> Asked:
        """When it was asked, and the command that asks it again; of a pack with the `folder` that it makes.

        Looks up what the query means, where the ledger may be asked. Raises UsageError where it means nothing.
        """
        from custody.report.asked import Asked, Phrase
        from custody.report.head import refuses

        if self.subject == "artifact" and not refuses(found):
            self.query = _one_artifact(found.index, self.query)
        elif self.subject == "entry" and not refuses(found):
            self._position = answers.resolve_entry(found.snapshot, self.query)
            self.query = f"position:{self._position}"
        named = dict(self._moments())
        subject = self.subject if folder is None else "pack"
        words = [subject, *([self.query] if self.query else [])]
        # A name may begin like an option, and is none behind this mark.
        behind = ["--", *words] if any(word.startswith("-") for word in words) else []
        command = ("custody", "report", *([] if behind else words))
        if folder is not None:
            command += ("--of", self.subject)
        command += ("--ledger", str(path))
        for root in found.report.roots:
            command += ("--root", root)
        for use, moment in named.items():
            command += (f"--{use}", moment.utc)
        command += ("--tz", self._clock.zone.key)
        command += ("--out", folder) if folder is not None else ("--format", form)
        phrases = tuple(Phrase(use, moment) for use, moment in named.items())
        return Asked(datetime.now(UTC), self._clock.zone, (*command, *behind), phrases)

    def _moments(self) -> Iterator[tuple[str, Moment]]:
        """The moments that were asked for, each by the option that names it."""
        point, span = self._point, self._span
        for use, moment in (
            ("at", point.moment if point is not None else None),
            ("since", span.low if span is not None else None),
            ("until", span.high if span is not None else None),
        ):
            if moment is not None:
                yield use, moment

    def document(self, found: Answers, asked: Asked) -> Document:
        """The answer. Raises UsageError."""
        from custody.report.head import not_verified, refuses

        if refuses(found):
            return not_verified(found, asked, self.subject)
        if self.subject == "artifact":
            from custody.report.artifact import artifact_report

            return artifact_report(found, asked, self.query)
        if self.subject == "environment":
            return self._environment(found, asked)
        if self.subject == "findings":
            from custody.report.findings import findings_report

            return findings_report(found, asked)
        if self.subject == "entry":
            from custody.report.entry import entry_report

            return entry_report(found, asked, self._position)
        from custody.report.ledger import ledger_report

        return ledger_report(found, asked)

    def _environment(self, found: Answers, asked: Asked) -> Document:
        from custody.query.environments import log
        from custody.report.environment import Changes, environment_report

        assert self._point is not None and self._span is not None
        point, span = self._point, self._span
        point.find(found.index, Belief(None, self._clock))
        changes = None
        if span.low is not None or span.high is not None:
            changes = Changes(span.since, span.until, log(found.index, point.name, span.since, span.until))
        at = point.moment.utc if point.moment is not None else ""
        return environment_report(found, asked, point.name, point.state, changes, at=at)


def _one_artifact(index: Index, query: str) -> str:
    """The one fingerprint that a query means; of several none is guessed."""
    from custody.cli.trace import subjects_of

    found = subjects_of(index, query)
    if len(found) > 1:
        several = ", ".join(digest[:12] for digest in found[:8])
        raise UsageError(f"{query} leads to {len(found)} artifacts: {several}; name one", code="ambiguous")
    return found[0]
