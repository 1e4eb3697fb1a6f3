"""Controls over evidence: what is in force of a named check must be there, pass, keep to its limits and be recent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from custody.policy.case import COMMIT, TRAIL, Case, Weighed, any_matches
from custody.policy.document import EvidenceControl
from custody.policy.facts import EvidenceFact
from custody.policy.globs import matches
from custody.policy.superseding import hidden_behind, in_force, unclear
from custody.policy.verdict import State
from custody.policy.words import entries, figure, quoted, several, short, when

_WORST_FIRST: tuple[State, ...] = ("failed", "missing", "unknown", "satisfied")


def judge_evidence(control: EvidenceControl, case: Case) -> Weighed:
    """Every subject that the control is about, each by itself; the worst of them decides."""
    strangers: list[str] = []
    oldest = case.since(control.max_age) if control.max_age is not None else ""
    parts = [
        _subject(control, case, subject, words, oldest, strangers)
        for subject, words in _subjects(control, case)
    ]
    if control.about == "any":
        parts = [part for part in parts if part.state != "missing"]
        if not parts:
            said = f"no {control.control} for the artifact, its commit or its trail"
            parts.append(Weighed("missing", said))
    parts += _untold(control, case)
    state = next(state for state in _WORST_FIRST if any(part.state == state for part in parts))
    decisive = [part for part in parts if part.state == state]
    sentence = several((part.sentence for part in decisive), "; ")
    if strangers:
        sentence += (
            f"; not counted, for want of a role ({several(sorted(control.roles))}): {several(strangers)}"
        )
    return Weighed(state, sentence, tuple(dict.fromkeys(proof for part in decisive for proof in part.proofs)))


def _subjects(control: EvidenceControl, case: Case) -> Iterator[tuple[str, str]]:
    """What there must be evidence about, and how a sentence calls it."""
    if control.about in ("artifact", "any"):
        yield case.sha256, "the artifact"
    if control.about in ("commit", "any"):
        for commit in case.commits:
            yield f"{COMMIT}{commit}", f"commit {short(commit)}"
    if control.about in ("trail", "any"):
        for trail, name in case.trail_names.items():
            yield f"{TRAIL}{trail}", f"trail {quoted(name)}" if name else "its trail"


def _untold(control: EvidenceControl, case: Case) -> list[Weighed]:
    """What no record of the artifact tells: which commits and trails there must be evidence about."""
    if control.about == "artifact":
        return []
    if case.unread and control.about != "trail":
        said = f"a record of the artifact cannot be read, and may name another commit: {entries(case.unread)}"
        return [Weighed("unknown", said, tuple(case.unread))]
    if control.about == "commit" and not case.commits:
        said = "no record of the artifact names a commit" if case.records else "the artifact is not recorded"
        return [Weighed("missing", said, tuple(one.proof for one in case.records))]
    if control.about == "trail" and not case.trail_names:
        return [Weighed("missing", "the artifact is not recorded, and so no trail of it is known")]
    return []


def _subject(
    control: EvidenceControl, case: Case, subject: str, words: str, oldest: str, strangers: list[str]
) -> Weighed:
    found: Sequence[EvidenceFact] = case.evidence.get(control.control, {}).get(subject, ())
    if control.roles and found:
        strangers += (one.proof.writer for one in found if not case.has_role(one.proof.writer, control.roles))
        found = [one for one in found if case.has_role(one.proof.writer, control.roles)]
    if case.hidden:
        hidden = hidden_behind(case, control.control, subject, found, control.roles)
        if hidden:
            proofs = tuple(one.proof for one in hidden)
            said = (
                f"{unclear(hidden)} may be the last word of {control.control} on {words}: {entries(proofs)}"
            )
            return Weighed("unknown", said, proofs)
    if not found:
        return Weighed("missing", f"no {control.control} for {words}")
    now = in_force(found)
    refused = [(fact, list(_complaints(control, fact, oldest))) for fact in now]
    worst, why = max(refused, key=lambda one: (len(one[1]), one[0].proof.entry))
    source = f"{worst.proof.writer}, {when(worst.proof.time)}"
    proofs = tuple(fact.proof for fact, complaints in refused if bool(complaints) == bool(why))
    if why:
        said = f"{control.control} does not pass for {words}: {several(why, '; ')} ({source})"
        return Weighed("failed", said, proofs)
    kept = several(_kept(control, worst))
    said = f"{control.control} passed for {words}{f', with {kept}' if kept else ''} ({source})"
    return Weighed("satisfied", said, proofs)


def _kept(control: EvidenceControl, fact: EvidenceFact) -> Iterator[str]:
    for name, most in control.limits.items():
        yield f"{name} {figure(name, fact.summary[name])} of at most {figure(name, most)}"
    for name, least in control.floors.items():
        yield f"{name} {figure(name, fact.summary[name])} of at least {figure(name, least)}"
    if control.conditions:
        yield f"its {len(control.conditions)} conditions met"


def _complaints(control: EvidenceControl, fact: EvidenceFact, oldest: str) -> Iterator[str]:
    """Why evidence is not what the control demands; a figure that is not there is never within a bound."""
    if control.type and fact.type != control.type:
        yield f"it is of type {fact.type}, and {control.type} is demanded"
    if fact.result != "pass" and (control.own_result or not (control.limits or control.floors)):
        yield "its own result is fail"
    summary = fact.summary
    for name, most in control.limits.items():
        if name not in summary:
            yield f"it does not say how many {name}"
        elif summary[name] > most:
            yield f"{name} is {figure(name, summary[name])}, and at most {figure(name, most)} is allowed"
    for name, least in control.floors.items():
        if name not in summary:
            yield f"it does not say how many {name}"
        elif summary[name] < least:
            yield f"{name} is {figure(name, summary[name])}, and at least {figure(name, least)} is demanded"
    for condition in control.conditions:
        if condition not in fact.conditions:
            yield f"it was not held to the condition {quoted(condition)}"
    if control.denied_licences or control.allowed_licences:
        yield from _licences(control, fact.licences, summary)
    if oldest and fact.proof.time < oldest:
        yield f"it is older than {when(oldest)}"


def _licences(
    control: EvidenceControl, licences: Mapping[str, int], summary: Mapping[str, int]
) -> Iterator[str]:
    """A bill that does not name every licence could hide any."""
    if not licences and "licences" not in summary:
        yield "it says nothing of licences"
    left_out = summary.get("licencesLeftOut", 0) or max(0, summary.get("licences", 0) - len(licences))
    if left_out:
        yield f"{left_out} of its licences are left out, and may be any"
    denied = {one for one in licences if any(matches(glob, one) for glob in control.denied_licences)}
    if denied:
        yield f"it has licences that are denied: {several(map(quoted, sorted(denied)))}"
    strange = [
        one for one in licences if one not in denied and not any_matches(control.allowed_licences, one)
    ]
    if strange:
        yield f"it has licences that are not among those allowed: {several(map(quoted, sorted(strange)))}"
