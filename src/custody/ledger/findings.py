"""Everything verification can say: one table of codes, each with its severity and what it means.

`spec/ledger.md` holds the same table and a test compares the two.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from custody.errors import EXIT_GAP, EXIT_NOT_VERIFIED, EXIT_OK

Severity = Literal["fault", "gap", "note"]
EXITS: dict[Severity, int] = {"fault": EXIT_NOT_VERIFIED, "gap": EXIT_GAP, "note": EXIT_OK}


class Code(NamedTuple):
    """A code's severity and, in one sentence, when it is found."""

    severity: Severity
    meaning: str


class Finding(NamedTuple):
    """Something verification has to say. `position` is -1 where it concerns the whole log."""

    code: str
    message: str
    position: int = -1
    entry: str = ""

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    @property
    def exit(self) -> int:
        return EXITS[self.severity]


CODES: dict[str, Code] = {
    # an entry by itself
    "header-malformed": Code("fault", "The header's bytes are not a header in canonical form."),
    "signature-invalid": Code("fault", "The signature is not the chain's key's over this header."),
    "column-differs": Code("fault", "A convenience column (id, chain, seq) differs from the signed header."),
    "weak-key": Code("fault", "The genesis names a key that is malformed or of small order."),
    "body-differs": Code("fault", "The stored body is not the bytes that the header commits to."),
    "body-malformed": Code(
        "fault",
        "The body is not a strict JSON object with a salt and, where verification "
        "reads it, of its kind's form.",
    ),
    "attachment-differs": Code("fault", "A stored attachment is not the bytes that the header commits to."),
    "missing": Code("fault", "A body or attachment is not there, and no redaction accounts for it."),
    # chains
    "chain-unknown": Code("fault", "The entry's chain has no genesis in front of it."),
    "chain-gap": Code("fault", "The entry in front of this one in its chain is not in the ledger."),
    "chain-broken": Code("fault", "The entry's prev is not the entry in front of it in its chain."),
    "chain-order": Code("fault", "The entry stands in front of its own predecessor in the log."),
    "fork": Code("fault", "Two different signed entries stand at the same place of one chain."),
    "after-last": Code("fault", "The entry follows one that closed its chain."),
    "origin-differs": Code(
        "fault", "A genesis, checkpoint or trust document names another origin than the log's."
    ),
    # the log
    "position-gap": Code("fault", "Positions in the log do not count from 0 without a gap."),
    "checkpoint-malformed": Code("fault", "A stored checkpoint is not a signed note of this log's form."),
    "checkpoint-differs": Code("fault", "The custodian's signed checkpoint has another root than the log."),
    "truncated": Code("fault", "A signed checkpoint covers more entries than the log holds."),
    "split": Code("fault", "The custodian signed two different roots for one size."),
    "rollback": Code(
        "fault", "The log is shorter than, or not a continuation of, a checkpoint remembered or given."
    ),
    "seen-differs": Code("fault", "A writer saw a checkpoint that this log does not continue."),
    # trust
    "root-differs": Code("fault", "The root given and the root pinned for this origin are not the same."),
    "untrusted-trust": Code("fault", "A trust document is not signed by a root key that may sign it."),
    "trust-malformed": Code("fault", "A trust document cannot be read."),
    "trust-version": Code(
        "fault", "Two different trust documents have one version, or a version was passed over."
    ),
    "late-after-revocation": Code(
        "fault", "A revoked key signed an entry behind the document that revoked it."
    ),
    "redaction-invalid": Code("fault", "A redaction names what cannot be redacted."),
    # gaps
    "empty": Code("gap", "The ledger has no entries."),
    "no-root": Code("gap", "No root key was given or pinned, so nobody is vouched for."),
    "no-trust": Code("gap", "The ledger holds no trust document of the pinned root."),
    "no-checkpoint": Code("gap", "No checkpoint of a trusted custodian covers any part of the log."),
    "uncovered-tail": Code("gap", "Entries behind the last checkpoint are not covered by it."),
    "open-chain": Code("gap", "A chain was not sealed, and no checkpoint covers its end."),
    "unknown-writer": Code("gap", "A chain's key belongs to no identity of the trust document."),
    "role": Code(
        "gap", "A writer recorded a kind of entry that its roles do not allow; it counts for nothing."
    ),
    # notes
    "open-chain-covered": Code("note", "A chain was not sealed; a checkpoint covers what there is of it."),
    "checkpoint-unverified": Code(
        "note", "A stored checkpoint is not signed by a trusted custodian; it proves nothing."
    ),
    "other-log": Code("note", "This is another log of an origin of which a checkpoint is remembered."),
    "seen-unchecked": Code("note", "Writers saw checkpoints of another log; only a merge can check them."),
    "time-regression": Code("note", "An entry claims a time in front of the one before it in its chain."),
    "future-time": Code(
        "note",
        "Entries claim times behind the merge that covers them, and take effect there; the latest is named.",
    ),
    "redacted": Code("note", "A body or attachment was redacted, and the redaction is on record."),
    "disowned": Code("note", "A root disowned this entry or chain; it counts for nothing."),
    "once-repeated": Code(
        "note", "One writer recorded the like of an entry twice under one --once key, in two files."
    ),
    "orphan": Code("note", "Stored bytes that no entry commits to; they are never shown."),
}


def worst_exit(findings: list[Finding]) -> int:
    """The exit status of a verification with these findings: a fault wins over a gap, a gap over none."""
    exits = {finding.exit for finding in findings}
    return next((status for status in (EXIT_NOT_VERIFIED, EXIT_GAP) if status in exits), EXIT_OK)
