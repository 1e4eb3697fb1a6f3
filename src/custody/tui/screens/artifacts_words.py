"""An artifact's page in words and rows. Knows no screen."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from custody.kinds import Artifact, Author
from custody.policy.verdict import ControlVerdict
from custody.query.types import TimelineItem
from custody.tui.screens.artifacts_reading import AttachedFile, Opened, Page
from custody.tui.widgets.sizes import size_text
from custody.tui.widgets.table import Cell, Column, Row
from custody.tui.widgets.verdicts import SIGNS, state_cell, verdict_part
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import ACCENT, FAULT, GAP, GOOD, MUTED, Part, facts, hanging, line, lines

TIMELINE = (
    Column("", 1),
    Column("Time (UTC)", 16, roomy=19, clip=True, from_width=50),
    Column("What happened", flex=3),
    Column("Detail", flex=2, from_width=100),
    Column("By", 14, roomy=16, from_width=40),
    Column("Entry", 6, roomy=10, right=True, from_width=60),
)
CONTROLS = (
    Column("", 1),
    Column("Control", 16, roomy=20),
    Column("Then", 11, roomy=13, from_width=44),
    Column("Now", 11, roomy=13, from_width=34),
    Column("Why it is so now", flex=3, from_width=70),
)
FILES = (
    Column("Attached to", 18, roomy=24),
    Column("File", flex=3, from_width=40),
    Column("Media type", flex=2, from_width=90),
    Column("Size", 10, right=True, from_width=30),
    Column("By", 12, roomy=16, from_width=60),
    Column("Entry", 7, right=True, from_width=70),
)
TEXT = (Column("", flex=1),)
_MATERIALS = 200
_COMMITS = 100
_SPANS = 50
_TONES = {"bad": "fault", "warn": "gap", "good": "good", "none": ""}


def headline(page: Page) -> Content:
    """Two lines that are always there: which artifact, and what the policy says."""
    one = page.trace.artifact
    name = line(
        (one.name or "without a name", "bold"),
        f" {one.version}".rstrip(),
        (f"  {one.sha256}", MUTED),
        limit=400,
    )
    return lines((name, _judged(page)))


def _judged(page: Page) -> Content:
    standing = page.standing
    if standing is None:
        return line(("no policy governs an environment that this ledger tells of", MUTED))
    parts: list[Part] = [(f"{page.environment}  ", ACCENT)]
    if page.came:
        parts += [
            ("then ", MUTED),
            verdict_part(standing.then),
            ("  now ", MUTED),
            verdict_part(standing.now),
        ]
        parts.append((f"  came there {utc(page.came)} UTC", MUTED))
    else:
        parts += [("now ", MUTED), verdict_part(standing.now), ("  never came there", MUTED)]
    if len(page.environments) > 1:
        parts.append((f"  e: one of {len(page.environments)}", MUTED))
    return line(*parts, limit=300)


def timeline_row(item: TimelineItem) -> Row:
    """One thing that happened."""
    sign: Cell = ("·", "muted") if item.good is None else ("✓", "good") if item.good else ("✗", "fault")
    title: Cell = item.title
    if item.superseded:
        sign, title = ("○", "muted"), (f"superseded: {item.title}", "muted")
    proof = item.proof
    writer: Cell = proof.writer or ("nobody known", "gap")
    return sign, (utc(proof.time), "muted"), title, (item.detail, "muted"), writer, f"{proof.position:,}"


def controls(page: Page) -> list[tuple[ControlVerdict | None, ControlVerdict | None]]:
    """Each control then and now; None where it was, or is, not demanded."""
    if page.standing is None:
        return []
    then = {one.name: one for one in page.standing.then.controls}
    now = {one.name: one for one in page.standing.now.controls}
    return [(then.get(name), now.get(name)) for name in dict.fromkeys((*now, *then))]


def control_row(then: ControlVerdict | None, now: ControlVerdict | None, came: bool) -> Row:
    """One control. Where it is another now than then, the sign says so."""
    shown = now or then
    assert shown is not None
    changed = came and (then is None or now is None or (then.state, then.instead) != (now.state, now.instead))
    sign: Cell = ("≠", "gap") if changed else SIGNS[shown.state]
    why: Cell = now.sentence if now is not None else ("the policy does not ask for it any more", "muted")
    return (
        sign,
        (shown.name, "strong"),
        state_cell(then) if came else ("", "muted"),
        state_cell(now),
        why,
    )


def why(page: Page, then: ControlVerdict | None, now: ControlVerdict | None) -> Content:
    """The sentences behind a control, then and now, and the entries they rest on."""
    rows: list[tuple[str, Content]] = []
    told = [("Now", now)] if not page.came else [("Then", then), ("Now", now)]
    for label, one in told:
        if one is None:
            rows.append((label, line(("not asked for by the policy", MUTED))))
            continue
        sign, look = SIGNS[one.state]
        tone = {"good": GOOD, "fault": FAULT, "gap": GAP}.get(look, MUTED)
        rows.append((label, hanging(line((f"{sign} ", tone), one.sentence, limit=800), 2)))
        positions = [f"{proof.position:,}" for proof in one.proofs[:8] if proof.position >= 0]
        if positions:
            named = "entry" if len(positions) == 1 else "entries"
            rows.append(("", line((f"{named} {', '.join(positions)}", MUTED))))
    standing = page.standing
    if standing is not None and page.came and standing.new_policy:
        rows.append(("Policy", line(("another one, or another version of it, judges now", GAP))))
    return facts(rows, 6)


def source(page: Page) -> Content:
    """Where it comes from, and what it is made of."""
    rows = [facts(_identity(page), 12), _section("Source"), facts(_source(page), 12)]
    rows += [_section("Build"), facts(_build(page), 12)]
    made_of = page.record.build.materials if page.record is not None and page.record.build is not None else ()
    rows.append(_section(f"Materials ({len(made_of):,})"))
    if not made_of:
        rows.append(line(("none is recorded", MUTED)))
    for one in made_of[:_MATERIALS]:
        name = one.name or one.uri
        rows.append(hanging(line(f"{name}  ", (f"{one.algorithm}:{one.digest}", MUTED), limit=400), 2))
    if len(made_of) > _MATERIALS:
        rows.append(line((f"and {len(made_of) - _MATERIALS:,} more: custody show prints all of them", MUTED)))
    rows += [_section("Where it ran"), *_spans(page)]
    return lines(rows)


def signed(page: Page) -> Content:
    """The entry that recorded it, as it was signed."""
    detail = page.detail
    if detail is None:
        return line(("No entry that can be read records this artifact.", GAP))
    ok = ("✓ by this key over these bytes", GOOD) if detail.signature_ok else ("✗ not this key's", FAULT)
    about = facts(
        [
            ("Entry", line(f"position {detail.position:,}", (f"  {detail.kind}", MUTED))),
            ("Entry id", line(detail.id)),
            ("Chain", line(detail.chain)),
            ("Key", line(detail.key or ("its chain has no genesis here", FAULT))),
            ("Signed", line(ok)),
            ("Signature", line(detail.signature)),
        ]
    )
    return lines([about, _section("Signed bytes"), line(detail.header_text, limit=None)])


def file_row(one: AttachedFile) -> Row:
    """An attachment in the list."""
    about = one.control or one.kind
    return (
        (about, "strong"),
        one.name or (one.media_type, "muted"),
        (one.media_type, "muted"),
        size_text(one.size),
        one.proof.writer or ("nobody known", "gap"),
        f"{one.proof.position:,}",
    )


def opened_rows(opened: Opened) -> tuple[tuple[Column, ...], list[Row], str]:
    """An attachment as rows under columns, and a line about it."""
    about = opened.remark
    if opened.table is None:
        return TEXT, [(text,) for text in opened.lines], about
    table = opened.table
    columns = tuple(_preview_column(number, title) for number, title in enumerate(table.columns))
    rows: list[Row] = []
    for one in table.rows:
        first, *rest = one.cells
        rows.append(((first, _TONES[one.tone]) if _TONES[one.tone] else first, *rest))
    count = len(table.rows) + table.left_out
    more = f", the first {len(table.rows):,} of them here" if table.left_out else ""
    return columns, rows, f"{count:,} {table.what}{more}" if count else f"no {table.what}"


def _preview_column(number: int, title: str) -> Column:
    if title in ("Result", "Level", "Severity", "Seconds", "Fix"):
        return Column(title, 12, from_width=50 if number else 0)
    return Column(title, flex=2 if number < 3 else 3, from_width=60 if number > 2 else 0)


def _section(title: str) -> Content:
    return lines((Content(""), line((title, f"{ACCENT} bold"))))


def _identity(page: Page) -> Iterator[tuple[str, Content]]:
    one = page.trace.artifact
    yield "Artifact", line((one.name, "bold"), f" {one.version}".rstrip())
    yield "SHA-256", line(one.sha256)
    if page.record is None:
        yield "Recorded", line(("no entry that counts and can be read records this artifact", GAP))
        return
    record = page.record
    how = f"{record.type} {record.algorithm}".rstrip()
    yield "Size", line(size_text(record.size), (f"  {how}", MUTED))
    if record.excluded:
        yield "Left out", line(", ".join(record.excluded), limit=400)
    by = one.proof.writer or "nobody known"
    yield "Recorded", line(f"{utc(one.proof.time)} UTC by {by}", (f"  entry {one.proof.position:,}", MUTED))


def _source(page: Page) -> Iterator[tuple[str, Content]]:
    one, record = page.trace.artifact, page.record
    known = record.source if record is not None else None
    yield "Repository", line(one.repository or ("not recorded", MUTED))
    yield "Commit", line(one.commit or ("not recorded", MUTED))
    if known is None:
        return
    yield "Branch", line(known.branch)
    yield "Author", _person(known.author)
    for other in known.co_authors[:8]:
        yield "With", _person(other)
    yield "Committer", _person(known.committer)
    signature = "not signed" if known.signature == "none" else f"signed ({known.signature}), not checked here"
    yield "Signature", line((signature, MUTED))
    if known.dirty:
        yield "Work tree", line(("may have held something other than the commit", GAP))
    if page.trace.source is not None and page.trace.source.pull_request:
        yield "Change", line(page.trace.source.pull_request, limit=400)
    if known.commits:
        since = f" since {known.since[:12]}" if known.since else ""
        listed = ", ".join(commit[:12] for commit in known.commits[-_COMMITS:])
        yield "Commits", line(f"{len(known.commits):,}{since}: ", (listed, MUTED), limit=None)


def _person(one: Author) -> Content:
    if not one.name and not one.email:
        return Content("")
    email = f" <{one.email}>" if one.email else ""
    when = f"  {utc(one.time)} UTC, as it claims" if one.time else ""
    return line(f"{one.name}{email}".strip(), (when, MUTED), limit=300)


def _build(page: Page) -> Iterator[tuple[str, Content]]:
    chain = page.trace.chain
    if chain is None:
        yield "Run", line(("no entry that counts records its build", GAP))
    else:
        run = " / ".join(part for part in (chain.flow, chain.trail, chain.job) if part)
        yield "Run", line(run or ("without a trail", MUTED), limit=300)
        yield "Its page", line(chain.run_url, limit=400)
        yield "Writer", line(chain.writer or ("nobody known", GAP))
    record: Artifact | None = page.record
    if record is None or record.build is None:
        return
    build = record.build
    yield "Type", line(build.build_type, limit=300)
    yield "Builder", line(build.builder, limit=300)
    yield "Invocation", line(build.invocation, limit=300)
    if build.started or build.finished:
        yield "Took", line(f"{utc(build.started) or '?'} until {utc(build.finished) or '?'} UTC")
    for number, (name, value) in enumerate(list(build.parameters.items())[:20]):
        yield "Parameters" if not number else "", line(f"{name} = {value}", limit=300)


def _spans(page: Page) -> Iterator[Content]:
    spans = page.trace.running
    if not spans:
        yield line(("it was never reported to run", MUTED))
    for one in spans[-_SPANS:]:
        until = f"until {utc(one.until)} UTC" if one.until else "and still does, as far as is reported"
        told = f" as {one.service} since {utc(one.since)} UTC, {until}"
        yield hanging(line((one.environment, ACCENT), told, limit=300), 2)
