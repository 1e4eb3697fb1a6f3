"""The entries that an answer rests on, each with whose word it is: the last section of a report."""

from __future__ import annotations

from collections.abc import Iterable

from custody.keys.ed25519 import PublicKey
from custody.query.opening import Answers
from custody.query.proofs import signed_entries
from custody.query.types import Proof
from custody.report.document import Digest, EntryRef, Instant, Mark, Section, named_entries, table

COVERED = {True: Mark("covered", "good"), False: Mark("not covered", "warn")}


def ref(proof: Proof) -> EntryRef:
    """The entry that a fact rests on."""
    return EntryRef(proof.position, proof.entry)


def with_entries(answers: Answers, sections: Iterable[Section]) -> list[Section]:
    """The sections, and behind them one that lists every entry they name."""
    sections = list(sections)
    make = table(
        "entries",
        ("position", "Position"),
        ("entry", "Entry"),
        ("kind", "Kind"),
        ("time", "Time, as claimed"),
        ("writer", "Writer"),
        ("key", "Key"),
        ("checkpoint", "By the checkpoint"),
        empty="It names no entry.",
    )
    trust, covered = answers.trust, answers.report.covered
    rows = make(
        (
            signed.row.position,
            Digest(signed.id),
            signed.header.kind,
            Instant(signed.header.time),
            trust.name_of(signed.key) if trust is not None else "",
            Digest(PublicKey.from_hex(signed.key).fingerprint),
            COVERED[signed.row.position < covered],
        )
        for signed in signed_entries(answers.snapshot, [one.position for one in named_entries(sections)])
    )
    return [*sections, Section("proof", "The entries that this rests on", (rows,))]
