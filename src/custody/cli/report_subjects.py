"""What `custody report` can be asked: each question understood first, answered once the ledger is open, and put as
the command that asks it again, at any time and on any machine that has the file.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from custody.cli import answers
from custody.cli.times import Clock
from custody.errors import UsageError

if TYPE_CHECKING:
    from custody.query.index import Index
    from custody.query.moments import Moment
    from custody.query.opening import Answers
    from custody.query.types import State
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
        self._at: Moment | None = None
        self._since: Moment | None = None
        self._until: Moment | None = None
        if subject == "environment":
            self._understand(at, since, until)

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
        moments = {"at": self._at, "since": self._since, "until": self._until}
        named = {use: moment for use, moment in moments.items() if moment is not None}
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

    def _understand(self, at: str | None, since: str | None, until: str | None) -> None:
        from custody.query.moments import parse_reference

        self._reference = reference = parse_reference(self.query)
        if at is not None and reference != parse_reference(reference.environment):
            raise UsageError(f"--at and {self.query} each name a moment: use one of them", code="moment")
        self._at = self._moment(at if at is not None else reference.moment_text)
        if reference.moment_text is not None:
            self.query = reference.environment
        self._since, self._until = self._moment(since), self._moment(until)
        if self._since is not None and self._until is not None and self._since.utc > self._until.utc:
            raise UsageError(
                f"--since {self._since.utc} is behind --until {self._until.utc}: nothing lies between",
                code="moment",
            )

    def _moment(self, text: str | None) -> Moment | None:
        return self._clock.moment(text) if text is not None else None

    def _environment(self, found: Answers, asked: Asked) -> Document:
        from custody.query.environments import log
        from custody.report.environment import Changes, environment_report

        name = self._reference.environment
        changes = None
        if self._since is not None or self._until is not None:
            since = self._since.utc if self._since is not None else ""
            until = self._until.utc if self._until is not None else ""
            changes = Changes(since, until, log(found.index, name, since, until))
        at = self._at.utc if self._at is not None else ""
        return environment_report(found, asked, name, self._state(found.index), changes, at=at)

    def _state(self, index: Index) -> State | None:
        from custody.query.environments import latest, state_at, state_number

        reference, name = self._reference, self._reference.environment
        if self._at is not None:
            return state_at(index, name, self._at.utc)
        newest = latest(index, name)
        number = reference.index if reference.index is not None else newest.of - (reference.back or 0)
        state = state_number(index, name, number)
        if state is None:
            raise UsageError(f"{name} has {newest.of} states: there is no {self.query}", code="state")
        return state


def _one_artifact(index: Index, query: str) -> str:
    """The one fingerprint that a query means; of several none is guessed."""
    from custody.query.artifacts import find_artifacts

    if os.path.exists(query) and not re.fullmatch(r"[0-9a-f]{6,64}", query):
        from custody.cli.fingerprint import measured

        query = measured(query).sha256
    found = find_artifacts(index, query)
    if not found:
        raise UsageError(f"nothing here is known as {query}: try `custody artifacts`", code="unknown")
    if len(found) > 1:
        several = ", ".join(digest[:12] for digest in found[:8])
        raise UsageError(f"{query} means {len(found)} artifacts: {several}; name one", code="ambiguous")
    return found[0]
