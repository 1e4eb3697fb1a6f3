"""The Environments tab in words: of services, and of what differs. Values in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from textual.content import Content

from custody.policy.standing import Standing as Verdicts
from custody.policy.verdict import Outcome, Verdict
from custody.query.diffs import DiffLine
from custody.query.types import ChangeLine, CommitLine, Event, ServiceLine, State
from custody.tui.screens.environments_reading import Compared, Cursor
from custody.tui.widgets.table import Cell, Column, Row
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import ACCENT, FAULT, GAP, GOOD, MUTED, Part, facts, line

SIGNS: Mapping[Event, str] = {"started": "+", "stopped": "×", "replaced": "~", "scaled": "="}
_CHANGES: Mapping[Event, tuple[str, str]] = {
    "started": ("started", "good"),
    "stopped": ("stopped", "fault"),
    "replaced": ("changed", "accent"),
    "scaled": ("scaled", "accent"),
}
_OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    "passed": ("yes", "good"),
    "failed": ("NO", "fault"),
    "unknown": ("unknown", "gap"),
}

SERVICES: tuple[Column, ...] = (
    Column("", 1),
    Column("Change", 8, from_width=100),
    Column("Service", flex=3),
    Column("Artifact", flex=3, from_width=60),
    Column("Version", 9, roomy=12, from_width=36),
    Column("Commit", 8, from_width=125, clip=True),
    Column("Fingerprint", 12, from_width=140, clip=True),
    Column("No.", 3, right=True, from_width=26),
    Column("Since UTC", 10, roomy=16, from_width=68, clip=True),
    Column("Approved by", 12, roomy=16, from_width=50),
    Column("Verdict", 9, from_width=34),
)
CHANGES: tuple[Column, ...] = (
    Column("", 1),
    Column("Change", 8, from_width=96),
    Column("Service", flex=3),
    Column("Was", flex=4, from_width=40),
    Column("Is", flex=4),
    Column("Commits", 8, from_width=50),
    Column("Approved by", 12, roomy=16, from_width=70),
)


_BEGINS = 4  # characters of a fingerprint or commit that mean one


class Shown(NamedTuple):
    """A row of the services: what runs, or what has just stopped, and the change that this state brought it."""

    service: ServiceLine | None
    change: ChangeLine | None

    @property
    def about(self) -> ServiceLine | ChangeLine:
        found = self.service or self.change
        assert found is not None
        return found

    def runs(self, artifact: str) -> bool:
        """Whether it is this artifact: by its name, or by what its fingerprint or commit begins with."""
        about = self.about
        commit = self.service.commit if self.service is not None else ""
        begins = len(artifact) >= _BEGINS and any(one.startswith(artifact) for one in (about.sha256, commit))
        return begins or artifact == about.name

    def holds(self, text: str) -> bool:
        """Whether a text finds it."""
        about = self.about
        return any(text in part.lower() for part in (about.service, about.name, about.version, about.sha256))


def rows_of(state: State | None, text: str = "") -> list[Shown]:
    """What runs, and what has stopped, by service; with a text, what it finds."""
    if state is None:
        return []
    changes = {(one.service, one.sha256): one for one in state.changes}
    rows = [Shown(one, changes.get((one.service, one.sha256))) for one in state.services]
    rows += [Shown(None, one) for one in state.changes if one.event == "stopped"]
    rows.sort(key=lambda row: row.about.service)
    return [one for one in rows if one.holds(text.lower())] if text else rows


# --- services


def service_row(one: Shown, verdict: Verdict | None) -> Row:
    """A row of the services."""
    service, change = one.service, one.change
    sign, word = _change_cells(change)
    about = one.about
    if service is None:
        return sign, word, (about.service, "struck"), (about.name, "struck"), (about.version, "struck"), "", \
            (about.sha256, "muted"), "0", "", "", ""  # fmt: skip
    return (
        sign,
        word,
        (service.service, "strong"),
        service.name if service.recorded else (f"{service.name} (not recorded)", "gap"),
        service.version,
        (service.commit, "muted"),
        (service.sha256, "muted"),
        str(service.instances),
        (utc(service.since), "muted"),
        service.approved_by or ("! nobody", "gap"),
        _verdict_cell(verdict),
    )


def service_facts(one: Shown, verdict: Verdict | None, began: Verdicts | None) -> Content:
    """What there is to say of the service under the cursor."""
    return facts(_service_facts(one, verdict, began))


def _service_facts(
    one: Shown, verdict: Verdict | None, began: Verdicts | None
) -> Iterator[tuple[str, Content]]:
    service, change, about = one.service, one.change, one.about
    if service is None:
        what = f"{about.service}: {about.name} {about.version}".rstrip()
        yield "Stopped", line(what, (" ran until this state", MUTED))
        yield "SHA-256", line(about.sha256)
        return
    was = f"  {SIGNS[change.event]} {_CHANGES[change.event][0]}" if change else ""
    if change and change.previous_sha256:
        was += f", instead of {change.previous_sha256[:12]}"
    if change and change.event == "scaled":
        was += f" from {change.before} to {change.after}"
    yield (
        "Service",
        line(
            (service.service, "bold"),
            f"  {service.name} {service.version}".rstrip(),
            (was, ACCENT),
            ("" if service.recorded else "  ! no entry records it", GAP),
        ),
    )
    commit = f"  commit {service.commit[:12]}" if service.commit else ""
    approved = f"  approved by {service.approved_by}" if service.approved_by else ""
    yield "Since", line(f"{utc(service.since)} UTC", (commit, MUTED), (approved, MUTED))
    yield "SHA-256", line(service.sha256)
    if verdict is not None:
        yield "Verdict", _verdict(verdict, began)


def _verdict(verdict: Verdict, began: Verdicts | None) -> Content:
    word, look = _OUTCOMES[verdict.outcome]
    if not verdict.policy:
        return line((verdict.reason, MUTED), limit=300)
    stand = [one for one in verdict.controls if one.state in ("failed", "missing", "unknown")]
    why = ", ".join(f"{one.name} {one.state}" for one in stand)
    then = ""
    if began is not None and began.then.outcome != verdict.outcome:
        then = f"  but {_OUTCOMES[began.then.outcome][0]} when it began"
    return line(
        (word, f"{_STYLES[look]} bold"),
        (f" by policy {verdict.policy}", MUTED),
        (f": {why}" if why else "", _STYLES[look]),
        (then, GAP),
        limit=300,
    )


_STYLES = {"good": GOOD, "fault": FAULT, "gap": GAP}


def _verdict_cell(verdict: Verdict | None) -> Cell:
    if verdict is None:
        return ""
    return _OUTCOMES[verdict.outcome] if verdict.policy else ("no policy", "muted")


def _change_cells(change: ChangeLine | None) -> tuple[Cell, Cell]:
    if change is None:
        return "", ""
    word, look = _CHANGES[change.event]
    return (SIGNS[change.event], look), (word, look)


# --- what differs between the mark and the cursor


def between(mark: Cursor, cursor: Cursor, compared: Compared) -> Iterator[Content]:
    """From where to where, and whether anything can be said."""
    yield line(("difference ", "bold"), *_point(mark), (" to ", MUTED), *_point(cursor))
    if compared.complaint:
        yield line((compared.complaint, GAP), limit=300)
    if compared.difference.unknown:
        yield line(
            (f"! at one of the two nothing was known of {', '.join(compared.difference.unknown)}", GAP)
        )


def _point(cursor: Cursor) -> tuple[Part, ...]:
    side = cursor.side
    name = f"{side.about.name}#{side.place.number}"
    if cursor.instant:
        return (name, ACCENT), (f" {utc(cursor.instant)}", MUTED)
    return (name, ACCENT), (" latest", MUTED)


def change_row(one: DiffLine, compared: Compared) -> Row:
    """A row of the difference."""
    change = one.change
    sign, word = _change_cells(change)
    came, went = len(one.commits.came), len(one.commits.went)
    commits = " ".join([f"+{came}"] * bool(came) + [f"-{went}"] * bool(went))
    return (
        sign,
        word,
        (change.service, "strong"),
        (_was(change, compared), "struck" if change.event == "stopped" else "muted"),
        _is(change, compared),
        commits,
        one.approved_by or (("! nobody", "gap") if change.event in ("started", "replaced") else ""),
    )


def _was(change: ChangeLine, compared: Compared) -> str:
    if change.event == "started":
        return ""
    if change.event == "scaled":
        return f"{change.before} of it"
    sha256 = change.previous_sha256 or change.sha256
    old = compared.was.get((change.service, sha256))
    return _named(sha256, old.version if old else "")


def _is(change: ChangeLine, compared: Compared) -> Cell:
    if change.event == "stopped":
        return ("nothing", "muted")
    if change.event == "scaled":
        return f"{change.after} of it"
    new = compared.now.get((change.service, change.sha256))
    return _named(change.sha256, new.version if new else change.version)


def _named(sha256: str, version: str) -> str:
    """An artifact: its bytes first, because its version is somebody's word and may be as long as they like."""
    return f"{sha256[:12]} {version}".rstrip()


def change_facts(one: DiffLine, compared: Compared, room: int) -> Content:
    """What there is to say of the difference under the cursor, with as many commits as there is room for."""
    return facts(_change_facts(one, compared, room))


def _change_facts(one: DiffLine, compared: Compared, room: int) -> Iterator[tuple[str, Content]]:
    change, commits = one.change, one.commits
    now = compared.now.get((change.service, change.sha256))
    name = f"{change.name} {(now.version if now else '') or change.version}".rstrip()
    what = f"  {SIGNS[change.event]} {_CHANGES[change.event][0]}"
    yield "Service", line((change.service, "bold"), f"  {name}", (what, ACCENT))
    yield "SHA-256", line(change.sha256)
    signed = [("+", commit) for commit in commits.came] + [("-", commit) for commit in commits.went]
    for sign, commit in signed[:room]:
        yield "Commit", line((f"{sign} ", GOOD if sign == "+" else FAULT), *_commit(commit))
    if len(signed) > room:
        yield "", line((f"and {len(signed) - room} more", MUTED))
    if signed and not commits.complete:
        yield "", line(("there may be more: the ledger does not know the whole way between", MUTED))
    elif change.event == "replaced" and not signed:
        yield "Commits", line(("none is known between the two", MUTED))


def _commit(one: CommitLine) -> tuple[Part, ...]:
    time = f"  {utc(one.time)[:16]}" if one.time else ""
    author = f"  {one.author}" if one.author else ""
    request = f"  {one.pull_request}" if one.pull_request else ""
    return one.commit[:12], (author, ""), (time, MUTED), (request, MUTED)
