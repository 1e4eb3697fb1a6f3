"""What waits, what an approver must see, and what they are about to sign, in words and rows. Knows no screen."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from custody.kinds import Word
from custody.policy.approving import Asked
from custody.policy.verdict import ControlVerdict, Verdict
from custody.policy.waiting import Needed, Waiting, WaitingList
from custody.query.approvals import ApprovalLine
from custody.tui.screens.approvals_reading import KeyChoice, Question
from custody.tui.widgets.table import Cell, Column, Row
from custody.tui.widgets.verdicts import SIGNS, outcome_part
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import ACCENT, FAULT, GAP, GOOD, MUTED, Part, facts, hanging, line, lines

WAITING = (
    Column("", 1),
    Column("Recorded (UTC)", 16, clip=True, from_width=80),
    Column("Artifact", 8, flex=2),
    Column("Version", 8, from_width=36),
    Column("For", 6, roomy=8, from_width=30),
    Column("Waits for", 12, flex=3, from_width=50),
    Column("Also in the way", 17, from_width=86),
    Column("Fingerprint", 12, clip=True, from_width=140),
)
GIVEN = (
    Column("", 1),
    Column("Time (UTC)", 16, roomy=19, clip=True, from_width=60),
    Column("Decision", 9),
    Column("Environment", 12, from_width=40),
    Column("Artifact", flex=2),
    Column("Fingerprint", 12, from_width=100, clip=True),
    Column("Reason", flex=3, from_width=100),
    Column("By", 16, roomy=18, from_width=50),
)
KEYS = (
    Column("Key", 20),
    Column("Whose", 16, roomy=18, from_width=40),
    Column("Name", flex=3, from_width=50),
    Column("Fingerprint", 24, flex=2, from_width=80, clip=True),
)
_COMMITS = 100
_ITEMS = 60
_PEOPLE = 20
_LABEL = 13
_SIGN, _DIGITS = 2, 14  # cells in front of what a line says: a sign, the digits of a commit
_LOOKS = {"good": GOOD, "fault": FAULT, "gap": GAP, "muted": MUTED}
_SOURCES = {
    "agent": "in the ssh-agent",
    "variable": "in CUSTODY_KEY",
    "file": "in CUSTODY_KEY_FILE",
    "other": "in another file",
}


# --- lists


def about_waiting(found: WaitingList, shown: int, read_only: str) -> Content:
    """How much waits, and how far somebody looked for it."""
    count = f"{shown:,} wait" if shown == len(found.found) else f"{shown:,} of {len(found.found):,} that wait"
    since = f" of what was recorded since {found.since[:10]}" if found.since else ""
    capped: Part = ""
    if found.looked_at < found.recorded:
        capped = (f"; the newest {found.looked_at:,} of {found.recorded:,} were looked at", GAP)
    return line(
        (count, "bold"), (since, MUTED), capped, ("  w: what was given", MUTED), _locked(read_only), limit=300
    )


def about_given(count: int, most: int, read_only: str) -> Content:
    """How many approvals and rejections are listed."""
    capped = f"the newest {most:,}; ctrl+f finds the others" if count == most else f"{count:,} given"
    return line((capped, "bold"), ("  w: what waits", MUTED), _locked(read_only), limit=300)


def _locked(read_only: str) -> Part:
    return ("  read-only", GAP) if read_only else ""


def waiting_row(one: Waiting) -> Row:
    """Something that waits."""
    state = max((need.verdict.state for need in one.needed), key=("missing", "unknown", "failed").index)
    sign: Cell = {"missing": ("·", "accent"), "unknown": ("?", "gap")}.get(state, ("✗", "fault"))
    names = [other.name for other in one.others]
    line_ = one.artifact
    return (
        sign,
        (utc(line_.proof.time), "muted"),
        (line_.name or "without a name", "strong"),
        line_.version,
        (one.environment, "accent"),
        "; ".join(dict.fromkeys(map(_need, one.needed))),
        (", ".join(names), "gap"),
        (line_.sha256, "muted"),
    )


def _need(need: Needed) -> str:
    who = " or ".join(need.roles) or "approver"
    return f"{need.people} × {who}" if need.people > 1 else who


def finds(one: Waiting, text: str) -> bool:
    """Whether a text finds something that waits."""
    wanted = text.lower()
    told = (
        one.artifact.name,
        one.artifact.version,
        one.artifact.sha256,
        one.environment,
        *map(_need, one.needed),
    )
    return any(wanted in word.lower() for word in told)


def given_row(one: ApprovalLine) -> Row:
    """An approval or rejection that was given."""
    sign: Cell = ("✓", "good") if one.decision == "approved" else ("✗", "fault")
    decision: Cell = one.decision
    if not one.in_force:
        sign, decision = ("○", "muted"), (f"{one.decision}, replaced", "muted")
    return (
        sign,
        (utc(one.proof.time), "muted"),
        decision,
        (one.environment, "strong"),
        one.name,
        (one.sha256, "muted"),
        (one.detail, "muted"),
        one.proof.writer or ("nobody known", "gap"),
    )


def key_row(one: KeyChoice) -> Row:
    """A key to choose."""
    whose: Cell = one.identity or (("nobody's here", "gap") if one.public else "")
    fingerprint = one.public.fingerprint if one.public else ""
    return (_SOURCES[one.source], "strong"), whose, one.comment, (fingerprint, "muted")


# --- what an approver must see


def question(found: Question) -> Content:
    """Everything that bears on the answer, from the artifact to what one's own approval would change."""
    asked = found.asked
    parts = [facts(_artifact(found), _LABEL), facts(_verdict(asked.before), _LABEL)]
    parts.append(facts(_yours(asked), _LABEL))
    parts.append(facts(_people(asked), _LABEL))
    parts += [_section("Commits"), *_commits(asked)]
    parts += [_section("Evidence, and what was said so far"), *_items(found)]
    return lines(parts)


def _artifact(found: Question) -> Iterator[tuple[str, Content]]:
    one, asked = found.line, found.asked
    name: Part = (one.name or "without a name", "bold")
    yield (
        "Artifact",
        line(name, f" {one.version}".rstrip(), (" for ", MUTED), (asked.environment, f"{ACCENT} bold")),
    )
    yield "SHA-256", line(asked.artifact)
    if asked.record is None:
        yield "Recorded", line(("this ledger has no record of it: only its fingerprint is approved", GAP))
        return
    record = asked.record
    by = record.proof.writer or "nobody known"
    yield (
        "Recorded",
        line(f"{utc(record.proof.time)} UTC by {by}", (f"  entry {record.proof.position:,}", MUTED)),
    )
    yield "Repository", line(record.repository or ("not recorded", GAP), limit=400)
    yield "Commit", line(record.commit or ("not recorded", GAP))
    body = record.body
    if body is not None and body.source is not None and body.source.dirty:
        yield "", line(("the work tree may have held something other than the commit", GAP))


def _verdict(verdict: Verdict) -> Iterator[tuple[str, Content]]:
    name: Part = (f"  policy {verdict.policy}", MUTED) if verdict.policy else ""
    yield "Verdict now", line(outcome_part(verdict), name)
    for one in verdict.controls:
        if not _plain(one):
            yield "", _control(one)
    good = [part for one in verdict.controls if _plain(one) for part in _named(one)]
    yield "", line(*good, limit=None)
    if verdict.reason:
        yield "", line((verdict.reason, GAP), limit=400)


def _plain(one: ControlVerdict) -> bool:
    """Whether the name of a control is enough; why it is satisfied stands on the artifact's page."""
    return one.state in ("satisfied", "not-applicable")


def _named(one: ControlVerdict) -> tuple[Part, Part]:
    sign, look = SIGNS[one.state]
    return (sign, _LOOKS.get(look, "")), (f"{one.name}  ", MUTED)  # no space: a line may end there


def _control(one: ControlVerdict) -> Content:
    sign, look = SIGNS[one.state]
    told = line((f"{sign} ", _LOOKS.get(look, "")), one.name, (f": {one.sentence}", MUTED), limit=600)
    return hanging(told, _SIGN)


def _yours(asked: Asked, decision: Word = "approved") -> Iterator[tuple[str, Content]]:
    """What this person's word would change."""
    if not asked.recorder:
        yield "With yours", line(("a and x ask for your key, and tell what your word would change", MUTED))
        return
    if asked.objection and decision == "approved":
        yield "With yours", line(("✗ not counted: ", FAULT), asked.objection, limit=600)
        return
    after = asked.after
    if after is None:
        return
    yield "With yours", line(outcome_part(after), (f"  as {asked.recorder}", MUTED))
    changed = changes(asked.before, after)
    for one in changed:
        yield "", _control(one)
    if not changed and asked.before.policy:
        yield "", line(("it would change nothing: see why above", GAP))


def changes(before: Verdict, after: Verdict) -> list[ControlVerdict]:
    """The controls that are others afterwards."""
    old = {one.name: one for one in before.controls}
    return [
        one
        for one in after.controls
        if one.name not in old or (old[one.name].state, old[one.name].sentence) != (one.state, one.sentence)
    ]


def _people(asked: Asked) -> Iterator[tuple[str, Content]]:
    can = [name for name, why in asked.people.items() if not why]
    cannot = [why for why in asked.people.values() if why]
    more = f" and {len(can) - _PEOPLE:,} more" if len(can) > _PEOPLE else ""
    yield (
        "Can approve",
        line((", ".join(can[:_PEOPLE]) or "nobody whose approval would count") + more, limit=400),
    )
    for number, why in enumerate(cannot[:_PEOPLE]):
        yield "Not counted" if not number else "", line((why, MUTED), limit=400)


def _commits(asked: Asked) -> Iterator[Content]:
    if asked.base is not None:
        base = asked.base.commit[:12] or "which is not recorded"
        yield line((f"since {base}, the last release that was approved for {asked.environment}", MUTED))
    else:
        yield line((f"no earlier release was approved for {asked.environment}", MUTED))
    if not asked.commits:
        yield line(("which commits it brings is not recorded", GAP))
    for one in asked.commits[-_COMMITS:]:
        seen: Part = (
            (f"  reviewed by {', '.join(one.approved_by)}", GOOD) if one.approved_by else ("  no review", GAP)
        )
        who = ", ".join(one.authors)
        author: Part = who or ("author not recorded", GAP)
        told = line((f"{one.commit[:12]}  ", ACCENT), author, seen, (f"  {one.change}", MUTED), limit=300)
        yield hanging(told, _DIGITS)
    if len(asked.commits) > _COMMITS:
        yield line((f"and {len(asked.commits) - _COMMITS:,} earlier ones", MUTED))


def _items(found: Question) -> Iterator[Content]:
    if not found.items:
        yield line(("nothing", MUTED))
    for item in found.items[-_ITEMS:]:
        sign, tone = ("·", MUTED) if item.good is None else ("✓", GOOD) if item.good else ("✗", FAULT)
        title: Part = item.title
        if item.superseded:
            sign, tone, title = "○", MUTED, (f"superseded: {item.title}", MUTED)
        by = item.proof.writer or "nobody known"
        detail = f"  {item.detail}" if item.detail else ""
        told = line(
            (f"{sign} ", tone), (f"{utc(item.proof.time)}  ", MUTED), title, (f"{detail}  {by}", MUTED)
        )
        yield hanging(told, _SIGN)
    if len(found.items) > _ITEMS:
        yield line((f"and {len(found.items) - _ITEMS:,} before", MUTED))


def _section(title: str) -> Content:
    return lines((Content(""), line((title, f"{ACCENT} bold"))))


# --- what is about to be signed


def to_sign(found: Question, decision: Word, reason: str, key: str, objection: str) -> Content:
    """The last word before a signature: what, where, as whom; or why not."""
    asked, one = found.asked, found.line
    verb, tone = ("Approve", GOOD) if decision == "approved" else ("Reject", FAULT)
    rows: list[tuple[str, Content]] = [
        (verb, line((one.name or "without a name", "bold"), f" {one.version}".rstrip())),
        ("SHA-256", line(asked.artifact)),
        ("For", line((asked.environment, f"{ACCENT} bold"))),
        ("As", line((asked.recorder or "nobody", "bold"), (f"  {key}", MUTED))),
        ("Because", line(reason, limit=600)),
    ]
    head = line((f"{verb} this?" if not objection else f"Not to be {decision} with this key", f"{tone} bold"))
    parts = [head, Content(""), facts(rows, _LABEL), Content("")]
    if objection:
        parts.append(hanging(line(("✗ ", FAULT), objection, limit=800), _SIGN))
        parts.append(
            line(("Nothing is recorded. escape goes back; another key may be somebody else's.", MUTED))
        )
        return lines(parts)
    parts.append(facts(_consequence(asked, decision), _LABEL))
    return lines(parts)


def _consequence(asked: Asked, decision: Word) -> Iterator[tuple[str, Content]]:
    bound = asked.range
    if bound is not None:
        since = f" after {bound.base[:12]}" if bound.base else ""
        yield "Bound to", line(f"commits up to {bound.head[:12]}{since}")
    if asked.policy is not None:
        yield "", line(f"policy {asked.policy.name}", (f"  sha256 {asked.policy.sha256[:12]}", MUTED))
    yield "Verdict now", line(outcome_part(asked.before))
    yield from _yours(asked, decision)
    if decision == "rejected":
        yield "", line(("your no stands until you take it back by a later approval", MUTED))
