"""Which commits a release brings, and which reviewed changes are about each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from custody.kinds.pull_request import PullRequest
from custody.policy.case import COMMIT, TRAIL, Case, Weighed
from custody.policy.facts import ArtifactFact, EvidenceFact
from custody.policy.identities import Identities
from custody.policy.superseding import in_force
from custody.policy.words import entries, quoted, several, short

_FORMATS = {"github-pull-request": "github", "gitlab-merge-request": "gitlab"}
_HOSTS = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "bitbucket.org": "bitbucket",
    "dev.azure.com": "azure",
}


@dataclass(frozen=True, slots=True)
class NewCommits:
    """The commits that a release brings, the oldest first, and what a sentence says of them.

    Where nobody can tell which they are, there are none and `doubt` says why.
    """

    commits: tuple[str, ...]
    note: str
    doubt: Weighed | None = None


def new_commits(case: Case) -> NewCommits:
    """Those after the last approved release, by the ranges that the artifact's records give.

    Its own commit is always among them: that a release before it had the same one says nothing of who saw it. Where
    records give several ranges that reach back to that release, what is in any of them is new.
    """
    return case.once("new commits", lambda: _new_commits(case))


def _new_commits(case: Case) -> NewCommits:
    if case.unread:
        said = f"a record of the artifact cannot be read, and may name other commits: {entries(case.unread)}"
        return NewCommits((), "", Weighed("unknown", said, tuple(case.unread)))
    if not case.commits:
        said = "no record of the artifact names a commit" if case.records else "the artifact is not recorded"
        return NewCommits((), "", Weighed("missing", said, tuple(one.proof for one in case.records)))
    found: dict[str, None] = {}
    notes: dict[str, None] = {}
    recorded: dict[str, list[ArtifactFact]] = {}
    for one in case.readable:
        recorded.setdefault(one.commit, []).append(one)
    for commit in case.commits:
        records = recorded[commit]
        ranges = [(one, _range(one)) for one in records]
        reaching = [part for one, given in ranges if (part := _after_base(case, one, given)) is not None]
        if not reaching:
            return NewCommits((), "", _doubt(case, records))
        for part in reaching:
            found |= dict.fromkeys(part)
        found[commit] = None
        notes[_note(case, any(given for _, given in ranges))] = None
    return NewCommits(tuple(found), several(notes, "; "))


def _range(record: ArtifactFact) -> tuple[str, ...]:
    """The commits that a record says it brings; none where that is not a range up to its commit."""
    source = record.body.source if record.body else None
    given = source.commits if source else ()
    return given if given and given[-1] == record.commit else ()


def _after_base(case: Case, record: ArtifactFact, given: tuple[str, ...]) -> tuple[str, ...] | None:
    """The part of a record's range that the last release had not; None where it does not reach back to that.

    Of a release that nobody approved nothing is taken as seen: what a range says in front of it is new as well.
    """
    base, since = case.base, record.body.source.since if record.body and record.body.source else ""
    if base is None:
        before = case.unapproved
        if before is None or before.commit in given:
            return given
        return given if given and since and since == before.commit else None
    if base.commit in given:
        return given[given.index(base.commit) + 1 :]
    if not base.commit:
        return None
    if record.commit == base.commit:
        return ()
    return given if given and since == base.commit else None


def _note(case: Case, ranged: bool) -> str:
    if case.base is not None:
        return (
            f"since the last approved release, {short(case.base.sha256)} of commit {short(case.base.commit)}"
        )
    if ranged:
        return "all of the range that was recorded, since there is no approved release before it"
    return (
        "no range was recorded and there is no approved release before it, so that nothing earlier is judged"
    )


def _doubt(case: Case, records: Sequence[ArtifactFact]) -> Weighed:
    last = case.base or case.unapproved
    assert last is not None
    what = "last approved release" if case.base else "last release, which nobody approved"
    proofs = (*(one.proof for one in records), last.proof)
    if not last.commit:
        said = f"the {what}, {short(last.sha256)}, names no commit: what is new is not known"
    else:
        said = (
            f"which commits are new since the {what}, of commit {short(last.commit)}, is not "
            f"recorded: record the artifact with --since {short(last.commit)}"
        )
    return Weighed("unknown", said, proofs)


class ChangeFact:
    """A reviewed change as evidence tells of it, and who its people are."""

    __slots__ = ("_identities", "_proven", "change", "fact", "provider")

    def __init__(self, fact: EvidenceFact, change: PullRequest, identities: Identities) -> None:
        self.fact, self.change, self._identities = fact, change, identities
        self.provider = provider_of(fact, change)
        # An address is anybody's to write into a commit: it names somebody where its signature was checked, every time.
        by_signed: dict[bool, set[str]] = {True: set(), False: set()}
        for one in change.changes:
            by_signed[one.verified].update((*one.authors, one.committer))
        self._proven = by_signed[True] - by_signed[False]

    @property
    def words(self) -> str:
        """How a sentence calls it."""
        return f"pull request {quoted(self.change.number)}" if self.change.number else quoted(self.change.url)

    def person(self, name: str) -> str | None:
        """The identity behind a login, or behind an address that a checked signature proves."""
        if "@" in name and name not in self._proven:
            return None
        return self._identities.of(name, self.provider)

    def claimed(self, name: str) -> str | None:
        """The identity that a name claims to be."""
        return self._identities.of(name, self.provider)

    def named(self, name: str) -> str:
        """A name as trust.toml would have to list it."""
        if not name:
            return "somebody who is not named"
        return quoted(name if "@" in name or not self.provider else f"{self.provider}:{name}")

    def covers(self) -> Iterable[str]:
        """The commits that it is about: what it came to and what is in it, once it is merged; before, its head."""
        change = self.change
        if change.state == "merged":
            return {change.merge_commit, *(one.commit for one in change.changes)} - {""}
        return (change.changes[-1].commit,) if change.changes else ()


def changes_about(
    case: Case, control: str | None = None, roles: frozenset[str] = frozenset()
) -> dict[str, list[tuple[ChangeFact, ...]]]:
    """By commit the changes about it: evidence in force on a commit, the artifact or its trail.

    `control` is the name of the evidence (None: any), `roles` those that its writer needs. Of one change that is in
    force on several subjects its latest record counts. Those in one tuple are of one time: the worst of them counts.
    """
    names = frozenset(case.reviews if control is None else {control} & case.reviews)
    return case.once(("changes", names, roles), lambda: _changes_about(case, names, roles))


def _changes_about(
    case: Case, names: frozenset[str], roles: frozenset[str]
) -> dict[str, list[tuple[ChangeFact, ...]]]:
    ties: list[Sequence[EvidenceFact]] = []
    newest: dict[str, list[EvidenceFact]] = {}  # by the change's URL its latest records
    for name in names:
        for subject, found in case.evidence[name].items():
            if not _is_here(case, subject):
                continue
            counting = [one for one in found if case.has_role(one.proof.writer, roles)] if roles else found
            tie = in_force(counting)
            if any(fact.pull_request is not None for fact in tie):
                ties.append(tie)
            for fact in tie:
                if fact.pull_request is not None:
                    known = newest.setdefault(fact.pull_request.url, [])
                    if known and known[0].proof.time < fact.proof.time:
                        known.clear()
                    if not known or known[0].proof.time == fact.proof.time:
                        known.append(fact)
    read: dict[str, ChangeFact] = {}
    about: dict[str, dict[tuple[str, ...], tuple[ChangeFact, ...]]] = {}
    for tie in ties:
        facts = {
            one.proof.entry: one
            for fact in tie
            for one in (newest[fact.pull_request.url] if fact.pull_request else (fact,))
        }
        if not all(fact.proof.entry in facts and fact.pull_request is not None for fact in tie):
            continue  # superseded by a later record of the same change, or one of a time with what is none
        group = []
        for entry, fact in sorted(facts.items()):
            if entry not in read and fact.pull_request is not None:
                read[entry] = ChangeFact(fact, fact.pull_request, case.identities)
            group.append(read[entry])
        for commit in set.intersection(*(set(one.covers()) for one in group)):
            about.setdefault(commit, {})[tuple(sorted(facts))] = tuple(group)
    return {commit: [groups[key] for key in sorted(groups)] for commit, groups in about.items()}


def unmerged(case: Case, control: str) -> dict[str, ChangeFact]:
    """By commit a change that holds it, whether it is about it or not: for a sentence."""

    def find() -> dict[str, ChangeFact]:
        return {
            part.commit: ChangeFact(fact, fact.pull_request, case.identities)
            for subject, found in case.evidence.get(control, {}).items()
            if _is_here(case, subject)
            for fact in found
            if fact.pull_request is not None
            for part in fact.pull_request.changes
        }

    return case.once(("unmerged", control), find)


def _is_here(case: Case, subject: str) -> bool:
    """Whether evidence about a subject can tell of this artifact's commits: that of another artifact cannot."""
    if subject.startswith(TRAIL):
        return int(subject[len(TRAIL) :]) in case.trail_names
    return subject.startswith(COMMIT) or subject == case.sha256


def provider_of(fact: EvidenceFact, change: PullRequest) -> str:
    """The platform whose logins a change has, by its format or its address; "" where that does not tell."""
    known = _FORMATS.get(fact.format)
    if known:
        return known
    try:
        host = urlsplit(change.url).hostname or ""
    except ValueError:
        return ""
    return _HOSTS.get(host.lower(), "")
