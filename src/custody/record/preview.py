"""A recorded report as rows for people: test cases, findings, components, vulnerabilities, read by the readers of each.

What it says was counted when it was recorded; this is for looking. The worst stands first, and what is too much to look
at is left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from custody.errors import InputError
from custody.record import junit, sarif, vulnerabilities
from custody.record.report import KEPT_NAME
from custody.record.sbom import Bill, read_bill
from custody.record.tool_json import member, parse_tool_json, text

MAX_SIZE = 4 * 1024 * 1024
"""Bytes of a report that is read to be looked at."""
MAX_ROWS = 1000

Tone = Literal["bad", "warn", "good", "none"]


class PreviewRow(NamedTuple):
    """A tone, and a text for each column, which holds what the report says."""

    tone: Tone
    cells: tuple[str, ...]


class Preview(NamedTuple):
    """Rows under columns; `left_out` more are not there. `what` says of what kind they are."""

    what: str
    columns: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    left_out: int = 0


def preview(type: str, media_type: str, data: bytes) -> Preview | None:
    """What a report says, by the type of the evidence it was attached to, or else its media type; None where neither
    is of a kind that has rows. Raises InputError with the reason only.
    """
    reader = _READERS.get(type) or _READERS.get(_BY_MEDIA.get(media_type, ""))
    if reader is None:
        return None
    if len(data) > MAX_SIZE:
        raise InputError(f"{len(data):,} bytes, and at most {MAX_SIZE:,} are read to be looked at")
    return reader(data)


class _Cases(junit.Count):
    """Counts as always, and keeps the cases."""

    def __init__(self) -> None:
        super().__init__()
        self.sorted: dict[Tone, list[PreviewRow]] = {"bad": [], "none": [], "good": []}

    def case(self, name: str, seconds: str, outcomes: set[str]) -> None:
        super().case(name, seconds, outcomes)
        tone, word = _judged(outcomes)
        kept = self.sorted[tone]
        if len(kept) < MAX_ROWS:
            kept.append(PreviewRow(tone, (word, name[:KEPT_NAME], seconds.strip()[:20])))


def _judged(outcomes: set[str]) -> tuple[Tone, str]:
    for word in ("error", "failure"):
        if word in outcomes:
            return "bad", word
    return ("none", "skipped") if "skipped" in outcomes else ("good", "passed")


def _junit(data: bytes) -> Preview:
    count = _Cases()
    junit.read_cases(data, count)
    rows = [row for kept in count.sorted.values() for row in kept]
    return _first("test cases", ("Result", "Test case", "Seconds"), rows, count.tests)


_LEVELS: dict[str, Tone] = {"error": "bad", "warning": "warn"}


def _sarif(data: bytes) -> Preview:
    log = sarif.parse_log(parse_tool_json(data))
    rows: dict[str, list[PreviewRow]] = {word: [] for word in (*sarif.LEVELS, "suppressed")}
    count = 0
    for one in log.findings():
        count += 1
        word = "suppressed" if one.suppressed else one.level
        if len(rows[word]) < MAX_ROWS:
            said = member(one.result, "message", "result")
            message = text(said, "text", "message") or text(said, "id", "message")
            place = str(one).removeprefix(one.rule_id or "(no rule)").strip()
            cells = (word, one.rule_id[:KEPT_NAME], place, message[:KEPT_NAME])
            rows[word].append(PreviewRow(_LEVELS.get(word, "none"), cells))
    listed = [row for some in rows.values() for row in some]
    return _first("findings", ("Level", "Rule", "Where", "Message"), listed, count)


_SEVERITIES: dict[str, Tone] = {"critical": "bad", "high": "bad", "unknown": "bad", "medium": "warn"}
_WORST = ("critical", "high", "unknown", "medium", "low", "negligible")


def _vulnerabilities(data: bytes) -> Preview:
    found = vulnerabilities.read_scan(parse_tool_json(data)).found
    found = sorted(found, key=lambda one: (one.suppressed, _WORST.index(one.severity), one.id))
    rows = []
    for one in found[:MAX_ROWS]:
        fix = {True: "there is one", False: "none yet", None: ""}[one.fixable]
        word = f"{one.severity}, suppressed" if one.suppressed else one.severity
        tone: Tone = "none" if one.suppressed else _SEVERITIES.get(one.severity, "none")
        rows.append(PreviewRow(tone, (word, one.id[:KEPT_NAME], one.package[:KEPT_NAME], fix)))
    return _first("vulnerabilities", ("Severity", "Id", "Package", "Fix"), rows, len(found))


class _Parts(Bill):
    """Counts as always, and keeps the components."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[PreviewRow] = []

    def component(self, name: str, version: str, licences: Iterable[str]) -> None:
        licences = list(licences)
        super().component(name, version, licences)
        if len(self.parts) < MAX_ROWS:
            tone: Tone = "none" if licences else "warn"
            said = ", ".join(one[:KEPT_NAME] for one in licences[:8]) or "no licence"
            self.parts.append(PreviewRow(tone, (name[:KEPT_NAME], version[:KEPT_NAME], said)))


def _sbom(data: bytes) -> Preview:
    bill = _Parts()
    read_bill(data, bill)
    return _first("components", ("Component", "Version", "Licences"), bill.parts, bill.components)


def _first(what: str, columns: tuple[str, ...], rows: Sequence[PreviewRow], count: int) -> Preview:
    kept = tuple(rows[:MAX_ROWS])
    return Preview(what, columns, kept, count - len(kept))


_READERS: dict[str, Callable[[bytes], Preview]] = {
    "junit": _junit,
    "sarif": _sarif,
    "sbom": _sbom,
    "vulnerabilities": _vulnerabilities,
}
_BY_MEDIA = {
    sarif.MEDIA_TYPE: "sarif",
    "application/vnd.cyclonedx+json": "sbom",
    "application/spdx+json": "sbom",
}
