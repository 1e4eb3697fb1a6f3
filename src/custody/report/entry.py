"""The report on one entry: the signed bytes, what they commit to, whose word it is, and the proof that it is there."""

from __future__ import annotations

from custody.keys.ed25519 import PublicKey
from custody.ledger.checkpoint import format_proof
from custody.query.entries import EntryDetail, entry_detail, inclusion
from custody.query.opening import Answers
from custody.query.proofs import signed_entries
from custody.report.asked import Asked
from custody.report.document import (
    Block,
    Code,
    Digest,
    Document,
    EntryRef,
    Instant,
    Mark,
    Paragraph,
    Section,
    facts,
    table,
)
from custody.report.head import SEVERITIES, compose, refuses
from custody.report.resting import COVERED


def entry_report(answers: Answers, asked: Asked, position: int) -> Document:
    """Everything about the entry at a position. Raises UsageError "no-entry" where there is none."""
    if refuses(answers):
        return compose(answers, asked, "entry", "", ())
    detail = entry_detail(answers.snapshot, position)
    sections = [_entry(answers, detail), _signed(detail), _body(answers, detail), _proof(answers, detail)]
    return compose(answers, asked, "entry", f"Entry {position}: {detail.kind}", sections)


def _entry(answers: Answers, detail: EntryDetail) -> Section:
    trust = answers.trust
    notes = [one for one in answers.report.findings if one.position == detail.position]
    (signed,) = signed_entries(answers.snapshot, [detail.position])
    told = facts(
        ("at", "Entry", EntryRef(detail.position, detail.id)),
        ("entry", "Its id, the SHA-256 of its header", Digest(detail.id)),
        ("kind", "Kind", detail.kind),
        ("time", "Time, as claimed", Instant(detail.time)),
        ("chain", "Chain", Digest(detail.chain)),
        ("genesis", "Which begins with", EntryRef(signed.genesis, detail.chain)),
        ("seq", "Place in the chain", detail.seq),
        ("prev", "Entry before it there", Digest(detail.prev) if detail.prev else None),
        ("last", "Closes the chain", detail.last),
        ("writer", "Writer", trust.name_of(detail.key) if trust is not None else ""),
        ("key", "Key", Digest(PublicKey.from_hex(detail.key).fingerprint)),
        ("keyHex", "Key, in hex", Digest(detail.key)),
        ("checkpoint", "By the checkpoint", COVERED[detail.position < answers.report.covered]),
    )
    subjects = table("subjects", ("name", "Subject"), ("sha256", "SHA-256"), empty="It names no artifact.")
    found = table(
        "findings",
        ("severity", "Severity"),
        ("code", "Code"),
        ("message", "What"),
        empty="Nothing is said against it.",
    )
    return Section(
        "entry",
        "The entry",
        (
            told,
            subjects((one.name, Digest(one.sha256)) for one in detail.subjects),
            found((SEVERITIES[one.severity], one.code, one.message) for one in notes),
        ),
    )


def _signed(detail: EntryDetail) -> Section:
    holds = Mark("holds", "good") if detail.signature_ok else Mark("DOES NOT HOLD", "bad")
    return Section(
        "signed",
        "What was signed",
        (
            Code("header", "Header, byte for byte", detail.header_text),
            facts(
                ("signature", "Ed25519 signature", Digest(detail.signature)),
                ("signatureHolds", "Checked again for this report", holds),
            ),
        ),
    )


def _body(answers: Answers, detail: EntryDetail) -> Section:
    redacted = detail.body_state != "present" and any(
        one.code == "redacted" and one.position == detail.position for one in answers.report.findings
    )
    state = "redacted" if redacted else detail.body_state
    body: Block = (
        Code("body", "Body", detail.body_text)
        if detail.body_text
        else Paragraph(f"The body cannot be shown: it is {state}.", "warn")
    )
    attachments = table(
        "attachments",
        ("sha256", "SHA-256"),
        ("size", "Bytes"),
        ("mediaType", "Type"),
        ("present", "In the ledger"),
        empty="It has no attachments.",
    )
    return Section(
        "content",
        "What it commits to",
        (
            facts(("bodyState", "Body", Mark(state, "none" if state == "present" else "warn"))),
            body,
            attachments(
                (Digest(one.sha256), one.size, one.media_type, one.present) for one in detail.attachments
            ),
        ),
    )


def _proof(answers: Answers, detail: EntryDetail) -> Section:
    covered = answers.report.covered
    if detail.position >= covered:
        said = f"No trusted checkpoint covers it: the newest covers {covered} entries, so there is no proof."
        return Section("proof", "The proof that it is in the log", (Paragraph(said, "warn"),))
    path = inclusion(answers.snapshot, detail.position, covered)
    text = format_proof(detail.position, path, answers.report.checkpoint)
    return Section("proof", "The proof that it is in the log", (Code("tlogProof", "C2SP tlog-proof", text),))
