"""The Environments tab in words: of a moment, of services, and of what differs. Values in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from textual.content import Content

from custody.ledger import timestamps
from custody.policy.standing import Standing as Verdicts
from custody.policy.verdict import Outcome, Verdict
from custody.query.diffs import DiffLine
from custody.query.types import ChangeLine, CommitLine, Event, ServiceLine, State
from custody.query.windows import Window
from custody.tui.screens.environments_reading import Compared, Cursor, View
from custody.tui.widgets.table import Cell, Column, Row
from custody.tui.widgets.when import lasting, utc
from custody.tui.widgets.words import ACCENT, FAULT, GAP, GOOD, MUTED, Part, facts, line

_BASIS = {"snapshot": "as snapshots saw it", "deployment": "as deployments left it; nobody reported"}
_SIGNS: Mapping[Event, str] = {"started": "+", "stopped": "×", "replaced": "~", "scaled": "="}
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
_ROOMY = 62  # cells from which on a line has room for a second clock and for asides
_NAMED = 3

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
        """Whether a search finds it."""
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


# --- what a pane says of its moment


class Clocks(NamedTuple):
    """How instants are written: in UTC, and by the clocks of a zone beside it where that is another."""

    zone: ZoneInfo

    def both(self, instant: str, *, roomy: bool = True) -> tuple[Part, Part]:
        """An instant in UTC, and here; without room only to the minute, and here only the time of day."""
        here = self.here(instant)
        if not roomy:
            here = here[11:16] + here[19:]
        return f"{utc(instant)[: 19 if roomy else 16]} UTC", (f"  {here}" if here else "", MUTED)

    def here(self, instant: str) -> str:
        """`2026-11-19 02:30:11 CET`; "" where UTC says the same, and for a year that it cannot show."""
        if self.zone.key in ("UTC", "Etc/UTC"):
            return ""
        try:
            return f"{timestamps.to_datetime(instant).astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z}"
        except (ValueError, OverflowError):
            return ""


def moment(
    view: View, cursor: Cursor, clocks: Clocks, width: int, blind: Iterable[Window], known: str, aside: str
) -> Iterator[Content]:
    """Which state it is, from when to when, by which entry, and how late that was known; then what is special."""
    about, state = view.side.about, view.standing.state
    roomy = width >= _ROOMY
    if state is None:
        yield line((about.name, "bold"), ("  not known", GAP))
        if cursor.instant:
            yield _fact("at", *clocks.both(cursor.instant, roomy=roomy))
        yield line(("Nothing had been reported of it by then.", GAP))
    else:
        of = f"group of {', '.join(about.members)}" if about.is_group else _BASIS[about.basis]
        yield line(
            (about.name, "bold"),
            (f"  state {state.number:,} of {state.of:,}", ACCENT),
            (f"   {of}" if roomy or about.is_group else "", MUTED),
            (f"   {aside}" if aside else "", MUTED),
        )
        yield _fact("from", *clocks.both(state.time, roomy=roomy))
        yield _until(view, state, clocks, roomy)
        yield _entry(view, state, roomy)
    if state is not None and cursor.instant not in ("", state.time):
        yield _fact(
            "at", *clocks.both(cursor.instant, roomy=roomy), ("  you are here" if roomy else "", ACCENT)
        )
    if known:
        yield _belief(view, known)
    for window in blind:
        long = lasting(window.since, window.until)
        to = f"{utc(window.until)} UTC" if window.after else "the last moment that this ledger knows of"
        part = f" of {window.part}" if window.part else ""
        yield line((f"! {long} without a report{part}: {utc(window.since)} to {to}", GAP))
    if state is not None and view.standing.unknown:
        yield line((f"! nothing was known of {', '.join(view.standing.unknown)}", GAP))
    if state is not None and state.number > 1:
        yield _changed(state)


def briefly(view: View, cursor: Cursor) -> Content:
    """The same in the one line that a tiny terminal has."""
    about, state = view.side.about, view.standing.state
    if state is None:
        return line((about.name, "bold"), (" not known", GAP))
    time = utc(cursor.instant or state.time)[5:16]
    return line((about.name, "bold"), (f" {state.number}/{state.of}", ACCENT), (f" {time}", MUTED))


def _fact(label: str, *parts: Part) -> Content:
    return line((label.ljust(6), MUTED), *parts)


def _until(view: View, state: State, clocks: Clocks, roomy: bool) -> Content:
    if state.until:
        long = f"  for {lasting(state.time, state.until)}" if roomy else ""
        return _fact("until", *clocks.both(state.until, roomy=roomy), (long, MUTED))
    if view.side.timeline.known is not None:
        return _fact("until", "now", ("  as was known then", MUTED))
    seen = utc(view.side.about.last_seen)
    last = f"  last reported {seen} UTC" if roomy else f", last seen {seen[:16]}"
    return _fact("until", "now", (last, MUTED))


def _entry(view: View, state: State, roomy: bool) -> Content:
    proof, arrival = state.proof, view.arrival
    writer = proof.writer or "nobody known"
    late = arrival is not None and arrival.time > proof.time
    long = lasting(proof.time, arrival.time) if arrival is not None else ""
    if not roomy:
        return _fact("by", f"#{proof.position:,}", (f" {writer}{f', {long} late' if late else ''}", MUTED))
    known = f"  known {long} later, {utc(arrival.time)[:16]}" if late and arrival else "  known at once"
    return _fact("by", f"entry #{proof.position:,}", (f" of {writer}", MUTED), (known, MUTED))


def _belief(view: View, known: str) -> Content:
    later = view.later
    if later is None or not later.later:
        told: Part = ("  no later report changed this", GOOD)
    else:
        reports = f"{len(later.later)} later report{'' if len(later.later) == 1 else 's'}"
        now = f"state {later.now.number}" if later.now else "not known"
        told = (f"  ! {reports} made it {now}", GAP)
    return _fact("known", (f"as of {known}", f"{ACCENT} bold"), told)


def _changed(state: State) -> Content:
    """What has just changed, named, because the rows of it may be out of view."""
    named = [f"{_SIGNS[one.event]} {one.service}" for one in state.changes[:_NAMED]]
    more = len(state.changes) - _NAMED
    return _fact("new", ", ".join(named), (f" and {more} more" if more > 0 else "", MUTED))


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
    was = f"  {_SIGNS[change.event]} {_CHANGES[change.event][0]}" if change else ""
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
    return (_SIGNS[change.event], look), (word, look)


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
    what = f"  {_SIGNS[change.event]} {_CHANGES[change.event][0]}"
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
