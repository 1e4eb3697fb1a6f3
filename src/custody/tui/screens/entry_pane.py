"""Everything about one entry: what it is, how it stands, its body, attachments, signature and place in the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message

from custody.errors import SigningKeyError
from custody.keys.ed25519 import PublicKey
from custody.ledger.findings import CODES
from custody.query.entries import EntryDetail
from custody.text import safe_lines
from custody.tui import plain
from custody.tui.state import Standing, State
from custody.tui.widgets.entry_table import MARKS
from custody.tui.widgets.when import local, utc
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, Part, Words, facts, hanging, line, lines

_BODY_SHOWN = 16_384  # characters: a megabyte on one line would hold every key up while it is laid out
_BODY_LINES = 400
_TONES = {"waiting": MUTED, "verified": GOOD, "idle": GAP, "fault": FAULT}
_BODIES = {
    "missing": "The body is not in the ledger.",
    "differs": "What is stored is not the body that was signed; it is not shown.",
    "malformed": "The body is not a strict JSON object; it is not shown.",
}


class Proved(NamedTuple):
    """An inclusion proof: the entry's position, the checkpoint's size and root (hex), the audit path."""

    position: int
    size: int
    root: str
    path: tuple[bytes, ...]
    holds: bool


class EntryPane(VerticalScroll):
    """The detail of the entry under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="pane.back"),
    ]
    DEFAULT_CSS = """
    EntryPane { scrollbar-size-vertical: 1; }
    EntryPane:focus { background: $boost; }
    EntryPane Words { height: auto; }
    """

    class Left(Message):
        """Escape was pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.detail: EntryDetail | None = None
        self._proof: Proved | None = None
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        yield Words(id="what")
        yield Words(id="proof")

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def show(self, detail: EntryDetail, state: State) -> None:
        """Show another entry, from its beginning."""
        if self.detail is None or self.detail.position != detail.position:
            self.scroll_home(animate=False)
        self.detail = detail
        self.draw(state)

    def show_proof(self, proof: Proved, state: State) -> None:
        """Add the proof of the entry on view, and go to where it stands."""
        self._proof = proof
        self.draw(state)
        self.call_after_refresh(self.scroll_to_widget, self.query_one("#proof"), animate=False, top=True)

    def draw(self, state: State) -> None:
        """Show it as it stands now."""
        detail = self.detail
        if detail is None:
            return
        drawn = (detail, state.standing(detail.position, detail.id), state.report is None, self._proof)
        if drawn != self._drawn:
            self._drawn = drawn
            self._say(lines(_what(detail, state)), lines(_proof(detail, state, self._proof)))

    def complain(self, what: str) -> None:
        """Say why there is nothing to show."""
        self.detail = self._drawn = None
        self._say(line((what, FAULT)), Content(""))

    def _say(self, what: Content, proof: Content) -> None:
        self.query_one("#what", Words).say(what)
        self.query_one("#proof", Words).say(proof)


def _what(detail: EntryDetail, state: State) -> list[Content]:
    standing = state.standing(detail.position, detail.id)
    rows = [_headline(detail, standing), facts(_standing_facts(detail, standing, state))]
    rows += _section("Header", facts(_header_facts(detail)))
    rows += _section("Body" if standing.mark != "fault" else "Body, as it claims", *_body(detail))
    if detail.attachments:
        rows += _section("Attachments", *(_attachments(detail)))
    return rows


def _proof(detail: EntryDetail, state: State, proof: Proved | None) -> list[Content]:
    return [
        *_section("Place in the log", *_place(detail, state, proof)),
        *_section("Signature", line(detail.signature or "none")),
        *_section("Signed bytes", *_wrapped(detail.header_text)),
    ]


def _headline(detail: EntryDetail, standing: Standing) -> Content:
    sign = MARKS[standing.mark][0]
    return line(
        (f"{sign} ", _TONES[standing.mark]),
        (f"{detail.kind or 'unreadable entry'} #{detail.position:,}", "bold"),
    )


def _standing_facts(detail: EntryDetail, standing: Standing, state: State) -> Iterator[tuple[str, Content]]:
    tone = _TONES[standing.mark]
    if standing.mark == "waiting":
        yield "Standing", line(("not verified yet", tone))
    elif standing.mark == "fault":
        yield "Standing", line((f"{standing.code}: not to be believed", tone))
        meaning = CODES[standing.code].meaning if standing.code in CODES else standing.why
        yield "", line((meaning, tone))
    elif standing.mark == "idle":
        yield "Standing", line(("verified, and counts for nothing: see the findings", tone))
    else:
        yield "Standing", line(("verified", tone))
    nobody: Part = (
        ("nobody that a trust document vouches for", GAP) if state.report else ("not yet known", MUTED)
    )
    yield "Writer", line(standing.writer or nobody)
    if detail.time:
        here = local(detail.time)
        yield "Time", line(f"{utc(detail.time)} UTC", (f"{'  ' if here else ''}{here}, as it claims", MUTED))
    for number, subject in enumerate(detail.subjects):
        yield "About" if not number else "", line(subject.name)
        yield "", line((subject.sha256, MUTED))


def _header_facts(detail: EntryDetail) -> Iterator[tuple[str, Content]]:
    yield "Entry id", line(detail.id)
    if not detail.kind:
        return
    last: Part = (", and the last", MUTED) if detail.last else ""
    yield "Chain", line(detail.chain)
    yield "Number", line(f"{detail.seq:,} of its chain", last)
    yield "After", line(detail.prev)
    yield (
        "Key",
        line(_fingerprint(detail.key)) if detail.key else line(("its chain has no genesis here", FAULT)),
    )
    signed = ("✓ by this key over these bytes", GOOD) if detail.signature_ok else ("✗ not this key's", FAULT)
    yield "Signed", line(signed)
    yield "Once", line(detail.once)


def _body(detail: EntryDetail) -> Iterator[Content]:
    if detail.body_state != "present":
        yield line((_BODIES[detail.body_state], FAULT if detail.body_state != "missing" else GAP))
        return
    shown = detail.body_text[:_BODY_SHOWN]
    yield from (Content(plain.shown(text)) for text in safe_lines(shown, _BODY_SHOWN, _BODY_LINES))
    if len(detail.body_text) > len(shown):
        more = len(detail.body_text) - len(shown)
        yield line((f"and {more:,} more characters: custody show prints all of it", MUTED))


def _attachments(detail: EntryDetail) -> Iterator[Content]:
    for one in detail.attachments:
        there = ("✓ there", GOOD) if one.present else ("✗ not there, or other bytes", FAULT)
        yield hanging(line(there, f"  {one.media_type}  {one.size:,} bytes", (f"  {one.sha256}", MUTED)), 2)


def _place(detail: EntryDetail, state: State, proof: Proved | None) -> Iterator[Content]:
    report = state.report
    if report is None:
        yield line(("known when the verification is done", MUTED))
        return
    if detail.position >= report.covered:
        yield line(("No checkpoint of a trusted custodian covers it.", GAP))
        return
    yield line(
        f"Position {detail.position:,} of the {report.covered:,} that the custodian's checkpoint covers."
    )
    if proof is None or proof.position != detail.position:
        yield line(("i proves it", MUTED))
        return
    if proof.holds:
        yield line((f"✓ {len(proof.path)} hashes lead from this entry to the signed root", GOOD))
    else:
        yield line(("✗ the hashes do not lead to the signed root", FAULT))
    yield hanging(line(("root  ", MUTED), proof.root), 6)
    for number, node in enumerate(proof.path, 1):
        yield hanging(line((f"{number:>4}  ", MUTED), node.hex()), 6)


def _section(title: str, *rows: Content) -> list[Content]:
    return [Content(""), line((title, "$text-accent bold")), *rows]


def _wrapped(text: str) -> Iterator[Content]:
    yield line(text, limit=None)


def _fingerprint(key: str) -> str:
    try:
        return PublicKey.from_hex(key).fingerprint
    except SigningKeyError:
        return f"{key} (malformed or weak)"
