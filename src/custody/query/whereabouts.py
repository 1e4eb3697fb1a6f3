"""Where something runs and ran, from when to when."""

from __future__ import annotations

from custody.query.artifacts import find_artifacts
from custody.query.index import Index
from custody.query.trace import running_spans
from custody.query.types import RunningSpan


def find_everywhere(index: Index, query: str) -> list[str]:
    """Fingerprints that a query may mean: as for `find_artifacts`, or the name or service under which it ran."""
    rows = index.rows("SELECT DISTINCT sha256 FROM span WHERE name = ?1 OR service = ?1", query.strip())
    return list(dict.fromkeys([*find_artifacts(index, query), *sorted(row[0] for row in rows)]))


def whereabouts(index: Index, fingerprints: list[str]) -> list[tuple[str, RunningSpan]]:
    """Each fingerprint with where it ran, the latest beginning last."""
    found = [(sha256, span) for sha256 in fingerprints for span in running_spans(index, sha256)]
    found.sort(key=lambda one: (one[1].since, one[1].environment, one[1].service, one[0]))
    return found
