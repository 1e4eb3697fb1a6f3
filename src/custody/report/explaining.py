"""What a finding means, and what to do about it: of verification, of conduct, and what environments give reason to ask.

`query.explain` computes again what verification found; here is what goes beyond one entry, and the advice on all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from custody.ledger.findings import Finding
from custody.ledger.reader import Snapshot
from custody.policy import conduct
from custody.query.explain import explain


class Explained(NamedTuple):
    """`check` says what the code means, `expected` what should be there; `found` may quote the ledger, and `advice` is
    what to do about it."""

    check: str
    expected: str
    found: str
    advice: str


def explain_finding(snapshot: Snapshot, finding: Finding) -> Explained:
    """A finding of any code, on the bytes as they are now. Raises RefusedError where they cannot be read."""
    advice = ADVICE.get(finding.code, "")
    if finding.code in conduct.CODES:
        return Explained(conduct.CODES[finding.code], _DEMANDED[finding.code], finding.message, advice)
    if finding.code in _REMARKS:
        return Explained(*_REMARKS[finding.code], finding.message, advice)
    return Explained(*explain(snapshot, finding), advice)


# What the policy, or the order of things, asks for.
_DEMANDED: Mapping[str, str] = {
    "deployed-unrecorded": "an artifact entry for it, in effect before it was deployed",
    "deployed-unapproved": "an approval in force when it was deployed, or all that the policy in force demanded",
    "deployed-without-provenance": "the provenance that the policy in force demanded, recorded before it was deployed",
    "deployed-against-verdict": "a yes of the policy in force, by what was known when it was deployed",
    "deployed-against-decision": "a yes as the last decision that was recorded before it was deployed",
    "approved-not-deployed": "a deployment, or a report that shows it, within 30 days of the approval",
    "approved-by-author": "an approval by somebody who neither wrote, committed nor built it",
    "approval-before-code": "an artifact entry for it, in effect before anybody approved it",
    "decision-contradicted": "a yes that stands, and that what is known by now bears out for its moment",
    "late-evidence": "evidence that reaches the ledger within 7 days of the time it claims",
}
_REMARKS: Mapping[str, tuple[str, str]] = {
    "deployment-unseen": (
        "A deployment was declared, and the reports that came while it was in force do not show it.",
        "a report of the environment that shows its artifact",
    ),
    "change-undeclared": (
        "Reports show an artifact that began to run, and nobody declared that it was deployed.",
        "a deployment of it that was in force then",
    ),
    "environment-silent": (
        "Reports of an environment stopped coming.",
        "a report as often as the policy says, or as they used to come",
    ),
    "simultaneous-reports": (
        "Two reports of one environment at one instant contradict each other; the one named here counts.",
        "one report of each part of an environment at an instant",
    ),
}

_OTHER_COPY = "Compare with another copy of the ledger, or with the export that the entry came from."
_TO_CUSTODIAN = "Ask the custodian for the ledger that this is part of, and keep this copy as it is."
_TO_ROOT = "Ask whoever holds the root key; until then believe nothing that depends on it."
_TO_WRITER = "Ask its writer, and have the entry recorded again as it should be."

ADVICE: Mapping[str, str] = {
    # of verification
    "header-malformed": _OTHER_COPY,
    "signature-invalid": _OTHER_COPY,
    "column-differs": _OTHER_COPY,
    "weak-key": "Whoever made this key is not to be trusted: ask where the chain comes from.",
    "body-differs": _OTHER_COPY,
    "body-malformed": _TO_WRITER,
    "attachment-differs": _OTHER_COPY,
    "missing": "Look for the bytes in another copy; to erase them on purpose takes a redaction.",
    "chain-unknown": _OTHER_COPY,
    "chain-gap": _OTHER_COPY,
    "chain-broken": _OTHER_COPY,
    "chain-order": _OTHER_COPY,
    "fork": "Whoever holds the key signed both: keep both, and ask for which of them they stand.",
    "after-last": "Ask whoever holds the key: a chain that was closed went on.",
    "origin-differs": "Keep ledgers of different origins apart; ask how this one came here.",
    "position-gap": _OTHER_COPY,
    "checkpoint-malformed": _TO_CUSTODIAN,
    "checkpoint-differs": _TO_CUSTODIAN,
    "truncated": _TO_CUSTODIAN,
    "split": "It proves that the custodian signed two logs: keep both, and take it to whoever holds the root key.",
    "rollback": _TO_CUSTODIAN,
    "seen-differs": _TO_CUSTODIAN,
    "root-differs": "Find out by another way which root is right, and pin that one: `custody trust pin`.",
    "untrusted-trust": _TO_ROOT,
    "trust-malformed": _TO_ROOT,
    "trust-version": _TO_ROOT,
    "late-after-revocation": "Take the entry for a forgery, until a root names its chain in a new trust document.",
    "redaction-invalid": "Ask the admin who signed it: what it names cannot be erased.",
    "empty": "Ask for the ledger itself: there is nothing in this one.",
    "no-root": "Ask for the root key by another way than this file, and name it with --root, or pin it.",
    "no-trust": "In a CI export that is as it should be: merge it. In a merged ledger, record the trust document.",
    "no-checkpoint": "In a CI export that is as it should be: merge it. Else have the custodian sign one.",
    "uncovered-tail": "Have the custodian sign a new checkpoint: `custody checkpoint`.",
    "open-chain": "Close the chain with `custody seal`, or have the custodian sign a checkpoint over its end.",
    "unknown-writer": "If the key is one of yours, name it in a new trust document; else ask how its chain came here.",
    "role": "If they should have been allowed to, give them the role in a new trust document; else ask why they did.",
    "open-chain-covered": "Nothing, if the run was cut short; a pipeline closes its chain with `custody seal`.",
    "checkpoint-unverified": "Nothing, as long as another checkpoint covers the log.",
    "other-log": "Nothing, if this is an export. If it should be the ledger you know, ask the custodian.",
    "seen-unchecked": "Merge it into the ledger that the writers saw; the merge checks them.",
    "time-regression": "Set the clock of its writer right.",
    "future-time": "Set the clocks of its writers right.",
    "redacted": "Nothing: the redaction says who erased it and why.",
    "disowned": "Nothing: a root said that it does not stand by it.",
    "once-repeated": "Nothing, if a step was run again; look whether both say the same.",
    "orphan": "Nothing: no entry rests on these bytes.",
    # of what answers leave out
    "unreadable": _TO_WRITER,
    "ambiguous-binding": "Record the evidence again with the fingerprint of what was checked.",
    "no-fingerprint": "Deploy images by digest, or let the report name the fingerprint.",
    "unchanged-unknown": "Merge the export that holds the report it repeats, or record a whole report.",
    # of environments
    "deployment-unseen": "Look whether it ran at all; if it did, see that reports of this environment are complete.",
    "change-undeclared": "Ask who put it there, and have deployments recorded where they are made.",
    "environment-silent": "See that whatever reports the environment still runs, and from where.",
    "simultaneous-reports": "Let one reporter tell of each part of an environment, or give each a scope.",
    # of conduct
    "deployed-unrecorded": "Find out where it came from, and have pipelines record artifacts before they deploy them.",
    "deployed-unapproved": "Ask who deployed it on whose word, and let `custody gate` stand in front of deployments.",
    "deployed-without-provenance": "Have the build record its provenance, and ask what this one was built from.",
    "deployed-against-verdict": "Ask who let it through, and let `custody gate` stand in front of deployments.",
    "deployed-against-decision": "Ask who went around the gate, and whether it was put right since.",
    "approved-not-deployed": "Deploy it, or reject it so that the approval cannot be used for it later.",
    "approved-by-author": "Have somebody else look at it; a policy that asks for separate people would have said no.",
    "approval-before-code": "Ask what was looked at: the bytes were not on record when it was approved.",
    "decision-contradicted": "See what came to light since, and judge it again: `custody gate`.",
    "late-evidence": "Ask where it was meanwhile, and whether anybody could have changed it.",
}
"""For every code what to do about it, in one sentence."""
