"""Controls over provenance: one record of the artifact must say where it comes from, and no other may contradict it.

A record that says less than another (no commit, say) is weaker and does no harm; what several records say is never put
together, because nobody signed the sum. Two repositories or two commits for one fingerprint are a contradiction: at
most one of them is true, and nothing here can tell which.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.policy.case import Case, Weighed, any_matches
from custody.policy.document import ProvenanceControl
from custody.policy.facts import ArtifactFact, EvidenceFact
from custody.policy.superseding import hidden_behind, in_force
from custody.policy.verdict import State
from custody.policy.words import entries, quoted, several, short, when
from custody.query.types import Proof

Complaint = tuple[State, str]


def judge_provenance(control: ProvenanceControl, case: Case) -> Weighed:
    records = [one for one in case.readable if case.has_role(one.proof.writer, control.roles)]
    unread = tuple(
        one.proof
        for one in case.records
        if one.body is None and case.has_role(one.proof.writer, control.roles)
    )
    strangers = {
        one.proof.writer for one in case.records if not case.has_role(one.proof.writer, control.roles)
    }
    but = ""
    if strangers:
        but = f"; not counted, for want of a role ({several(sorted(control.roles))}): {several(sorted(strangers))}"
    everything = tuple(one.proof for one in records)
    for what, values in (
        ("repositories", {one.repository: None for one in records if one.repository}),
        ("commits", {one.commit: None for one in records if one.commit}),
    ):
        if len(values) > 1:
            said = f"its records disagree: {len(values)} {what} for one fingerprint, {several(map(quoted, values))}"
            return Weighed("failed", said + but, everything)
    if unread:
        said = f"a record of the artifact cannot be read, and may contradict another: {entries(unread)}"
        return Weighed("unknown", said + but, unread)
    if not records:
        return Weighed("missing", f"the artifact is not recorded{but}")
    found = [(list(_complaints(control, one)), one) for one in records]
    why, best = min(found, key=lambda one: (any(state == "failed" for state, _ in one[0]), len(one[0])))
    source = f"{best.proof.writer}, {when(best.proof.time)}"
    if why:
        state: State = "failed" if any(state == "failed" for state, _ in why) else "missing"
        return Weighed(state, f"{several((said for _, said in why), '; ')} ({source}){but}", (best.proof,))
    said = f"built from commit {short(best.commit)} of {quoted(best.repository)} ({source})"
    if not control.statement:
        return Weighed("satisfied", said + but, (best.proof,))
    signed = _statement(control, case)
    return Weighed(signed.state, f"{said}; {signed.sentence}{but}", (best.proof, *signed.proofs))


def _complaints(control: ProvenanceControl, fact: ArtifactFact) -> Iterator[Complaint]:
    """What a record says wrong ("failed") or does not say ("missing")."""
    body = fact.body
    build = body.build if body else None
    source = body.source if body else None
    if not fact.repository:
        yield "missing", "its record names no repository"
    elif not any_matches(control.repositories, fact.repository):
        yield "failed", f"repository {quoted(fact.repository)} is none that the policy allows"
    if not fact.commit:
        yield "missing", "its record names no commit"
    if build is None:
        yield "missing", "its record says nothing of its build"
    if control.branches and not any_matches(control.branches, fact.branch):
        yield (
            ("failed", f"branch {quoted(fact.branch)} is none that the policy allows")
            if fact.branch
            else (
                "missing",
                "its record names no branch",
            )
        )
    builder = build.builder if build else ""
    if control.builders and not any_matches(control.builders, builder):
        yield (
            ("failed", f"builder {quoted(builder)} is none that the policy allows")
            if builder
            else (
                "missing",
                "its record names no builder",
            )
        )
    if not any_matches(control.writers, fact.proof.writer):
        yield "failed", f"{fact.proof.writer} recorded it, and is nobody that the policy allows"
    if control.clean and source is None:
        yield "missing", "its record does not say whether the work tree was clean"
    if control.clean and source is not None and source.dirty:
        yield "failed", "its work tree held something else than the commit"
    if control.materials and not (build and build.materials):
        yield "missing", "its record does not say what went into the build"


def _statement(control: ProvenanceControl, case: Case) -> Weighed:
    """Provenance that its builder signed: evidence about this fingerprint, in force, its signature checked."""
    kinds = {
        name: [one for one in found.get(case.sha256, ()) if case.has_role(one.proof.writer, control.roles)]
        for name, found in case.evidence.items()
        if case.sha256 in found
    }
    refused: list[tuple[EvidenceFact, str]] = []
    hidden: tuple[Proof, ...] = ()
    for name, found in kinds.items():
        now = in_force(found)
        bad = [(one, why) for one in now if (why := _unsigned(control, case, one))]
        stated = [one for one in now if one.type == "provenance"]
        if stated and not bad:
            after = hidden_behind(case, name, case.sha256, found, control.roles)
            if not after:
                proofs = tuple(one.proof for one in stated)
                return Weighed("satisfied", f"signed by {quoted(_signer(stated[0]))}", proofs)
            hidden += tuple(one.proof for one in after)
        elif stated:
            refused += bad
    if not hidden:
        hidden = tuple(one.proof for one in hidden_behind(case, "", case.sha256, (), control.roles))
    if hidden:
        hidden = tuple(dict.fromkeys(hidden))
        said = f"what cannot be read may be the last word on its signed provenance: {entries(hidden)}"
        return Weighed("unknown", said, hidden)
    if refused:
        proofs = tuple(one.proof for one, _ in refused)
        return Weighed("failed", several((why for _, why in refused), "; "), proofs)
    return Weighed("missing", "there is no signed provenance about it")


def _signer(fact: EvidenceFact) -> str:
    return fact.statement.key if fact.statement else ""


def _unsigned(control: ProvenanceControl, case: Case, fact: EvidenceFact) -> str:
    """Why evidence is no provenance that was signed for this artifact; "" where it is."""
    statement = fact.statement
    if fact.type != "provenance" or statement is None:
        return f"{fact.control} is no signed provenance any more"
    if fact.result != "pass":
        return f"{fact.control} does not pass"
    if statement.signature != "verified":
        return "the signature of its provenance was not checked"
    if all(one.sha256 != case.sha256 for one in statement.subjects):
        return "its signed provenance is about something else"
    if control.builders and not any_matches(control.builders, statement.builder):
        return f"its signed provenance names the builder {quoted(statement.builder)}, which the policy does not allow"
    return ""
