"""What `custody report` can be asked: each question is understood first, and answered once the ledger is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.cli import answers
from custody.cli.references import Point
from custody.cli.times import Clock, Span
from custody.errors import UsageError

if TYPE_CHECKING:
    from custody.query.index import Index
    from custody.query.opening import Answers
    from custody.report.subject import Subject

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
        self._point = Point(self.query, at, clock) if subject == "environment" else None
        self._span = Span(clock, since, until) if subject == "environment" else None
        if self._point is not None and self._point.moment is not None:
            self.query = self._point.name

    def means(self, found: Answers) -> Subject:
        """The subject. Looks up what the query means, where the ledger may be asked.

        Raises UsageError where it means nothing.
        """
        from custody.report.head import refuses
        from custody.report.subject import Subject

        query = self.query
        if self.subject == "artifact" and not refuses(found):
            query = _one_artifact(found.index, query)
        elif self.subject == "entry" and not refuses(found):
            query = f"position:{answers.resolve_entry(found.snapshot, query)}"
        if self._point is None or self._span is None:
            return Subject(self.subject, query)
        return Subject(self.subject, query, self._point.moment, self._span.low, self._span.high)


def _one_artifact(index: Index, query: str) -> str:
    """The one fingerprint that a query means; of several none is guessed."""
    from custody.cli.trace import subjects_of

    found = subjects_of(index, query)
    if len(found) > 1:
        several = ", ".join(digest[:12] for digest in found[:8])
        raise UsageError(f"{query} leads to {len(found)} artifacts: {several}; name one", code="ambiguous")
    return found[0]
