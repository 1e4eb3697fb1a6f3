"""Who did what: the people behind a release, so that none of them approves it.

What is not known is said, because nobody can be shown to be apart from somebody unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from custody.policy.case import Case
from custody.policy.changes import ChangeFact, changes_about, new_commits
from custody.policy.document import Duty
from custody.policy.facts import ArtifactFact, DeploymentFact
from custody.policy.superseding import later
from custody.policy.words import MAX_NAMED, entries, quoted, several, short


class Duties:
    """`people` is what each identity did; `unknown` says whom nobody can be shown to be apart from."""

    __slots__ = ("people", "unknown")

    def __init__(self) -> None:
        self.people: dict[str, str] = {}
        self.unknown: dict[str, None] = {}

    def did(self, identity: str, what: str) -> None:
        self.people.setdefault(identity, what)


def duties(case: Case, apart: Iterable[Duty], claimed_authors: bool = False) -> Duties:
    """Everybody who had one of these duties."""
    wanted = frozenset(apart)
    return case.once(("duties", wanted, claimed_authors), lambda: _duties(case, wanted, claimed_authors))


def _duties(case: Case, wanted: frozenset[Duty], claimed_authors: bool) -> Duties:
    found = Duties()
    if "builder" in wanted:
        _builders(case, found)
    if "deployer" in wanted:
        _deployers(case, found)
    if wanted & {"author", "committer"}:
        _writers(case, found, wanted, claimed_authors)
    return found


def _builders(case: Case, found: Duties) -> None:
    if not case.records:
        found.unknown["who built it is not recorded"] = None
    for record in case.records:
        found.did(record.proof.writer, "built it")
        _actor(case, found, record, record.body is not None, "built it")


def _deployers(case: Case, found: Duties) -> None:
    for fact in case.deployments:
        if not fact.readable or case.is_within(fact.environment):
            found.did(fact.proof.writer, "deployed it")
            _actor(case, found, fact, fact.readable, "deployed it")


def _actor(case: Case, found: Duties, fact: ArtifactFact | DeploymentFact, readable: bool, what: str) -> None:
    """The one who started the run. A run of no CI system is its writer's alone."""
    if not fact.actor:
        if fact.provider or not readable:
            where = f" on {quoted(fact.provider)}" if fact.provider else ""
            found.unknown[f"who started the run{where} that {what} is not recorded"] = None
        return
    person = case.identities.of(fact.actor, fact.provider)
    if person:
        found.did(person, f"started the run that {what}")
    else:
        name = quoted(f"{fact.provider}:{fact.actor}" if fact.provider else fact.actor)
        found.unknown[f"{name} started the run that {what} and is nobody that trust.toml names"] = None


def _writers(case: Case, found: Duties, wanted: frozenset[Duty], claimed: bool) -> None:
    """Who wrote the new commits, by the platform's word; what the commits themselves claim rules out as well."""
    for record in case.readable:
        for name, what in _claims(record, wanted):
            person = case.identities.of(name)
            if person:
                found.did(person, what)
    new = new_commits(case)
    if new.doubt is not None:
        found.unknown[new.doubt.sentence] = None
        return
    about = changes_about(case)
    for commit in new.commits:
        changes = {one.fact.proof.entry: one for group in about.get(commit, ()) for one in group}
        for one in changes.values():
            _of_change(found, one, wanted, claimed)
        if not changes:
            _uncovered(case, found, commit, wanted, claimed)
        for one in changes.values() if case.hidden else ():
            proofs = [
                hidden.proof
                for hidden in islice(later(case.hidden_of(one.fact.control), [one.fact]), MAX_NAMED)
            ]
            if proofs:
                found.unknown[f"what cannot be read may tell of others who wrote it: {entries(proofs)}"] = (
                    None
                )


def _of_change(found: Duties, one: ChangeFact, wanted: frozenset[Duty], claimed: bool) -> None:
    change = one.change
    names: list[tuple[str, str]] = []
    if "author" in wanted:
        names.append((change.author, f"opened {one.words}"))
        for part in change.changes:
            names += [(name, f"wrote commit {short(part.commit)}") for name in part.authors or ("",)]
    if "committer" in wanted:
        names += [
            (part.committer, f"committed {short(part.commit)}") for part in change.changes if part.committer
        ]
    for name, what in names:
        claim = one.claimed(name)
        if claim:
            found.did(claim, what)
        if not (claim if claimed else one.person(name)):
            why = "an address that no checked signature proves" if claim else "nobody that trust.toml names"
            found.unknown[f"{one.named(name)} {what} and is {why}"] = None


def _uncovered(case: Case, found: Duties, commit: str, wanted: frozenset[Duty], claimed: bool) -> None:
    """A commit that no reviewed change is about: only what it claims itself can tell, where that is enough."""
    claims = [
        list(_claims(one, wanted))
        for one in case.readable
        if one.commit == commit and one.body and one.body.source
    ]
    if not claimed or not claims:
        found.unknown[f"no pull request tells who wrote commit {short(commit)}"] = None
        return
    strangers = [name for one in claims for name, _ in one if case.identities.of(name) is None]
    if strangers or not all(claims):
        names = several(quoted(name) if name else "somebody without an address" for name in strangers)
        found.unknown[
            f"commit {short(commit)} claims to be by {names}, who is nobody that trust.toml names"
        ] = None


def _claims(record: ArtifactFact, wanted: frozenset[Duty]) -> list[tuple[str, str]]:
    """The addresses of those whom the record's commit names ("" for one without), and what each is to have done."""
    source = record.body.source if record.body else None
    if source is None:
        return []
    claims: list[tuple[str, str]] = []
    if "author" in wanted:
        what = f"claims to have written commit {short(record.commit)}"
        claims += [(one.email, what) for one in (source.author, *source.co_authors)]
    if "committer" in wanted:
        claims.append((source.committer.email, f"claims to have committed {short(record.commit)}"))
    return claims
