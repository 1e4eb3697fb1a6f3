"""What somebody must see before they approve: the artifact, its commits, and what the policy would say afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from custody.kinds import Approval, CommitRange, PolicySeen, Word
from custody.ledger.entry import Subject
from custody.policy.facts import ArtifactFact, Facts, Release
from custody.policy.hearing import approval_by, newest_record, objections, role_objection, with_approval

if TYPE_CHECKING:
    from custody.policy.judgement import Judgement
    from custody.policy.verdict import Verdict


NOBODY = "the key is nobody's in the trust document"
MOST_PEOPLE = 200
"""Of how many people it is found out whether their approval would count."""


@dataclass(frozen=True, slots=True)
class CommitAsked:
    """A commit that the release brings: who wrote it, and which reviewed change it came by, as far as is recorded."""

    commit: str
    authors: tuple[str, ...] = ()
    change: str = ""  # the pull request's URL
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What an approval of an artifact for an environment is about.

    `record` is the newest readable entry that recorded it; None where this ledger knows nothing of it. `commits` are
    those after `base`, the last approved release, the oldest first. `before` is the verdict as it stands, `after`
    what it would be with this person's approval: None where the key is nobody's in the trust document. `people` are
    those whose role lets them record approvals, each with the reason why theirs would not count ("" where it would).
    """

    artifact: str
    environment: str
    approver: str
    record: ArtifactFact | None
    base: Release | None
    commits: tuple[CommitAsked, ...]
    before: Verdict
    after: Verdict | None
    people: Mapping[str, str] = field(default_factory=dict)
    objection: str = ""  # why this person's approval would not count
    role_objection: str = ""  # why not even their rejection would

    @property
    def range(self) -> CommitRange | None:
        """The commits that an approval binds, where the ledger knows the artifact's."""
        if self.record is None or not self.record.commit:
            return None
        base = self.base.commit if self.base is not None else ""
        return CommitRange(self.record.commit, base if base != self.record.commit else "")

    @property
    def policy(self) -> PolicySeen | None:
        if not self.before.policy:
            return None
        return PolicySeen(self.before.policy, self.before.policy_sha256)

    def word(self, subject: Subject, decision: Word, reason: str) -> Approval:
        """What a person says of it, bound to the commits and the policy that were before them."""
        return Approval(subject, self.environment, decision, reason, commits=self.range, policy=self.policy)


def ask(judgement: Judgement, sha256: str, environment: str, *, moment: str, approver: str) -> Asked:
    """Put together what an approver (an identity, or "") must see, as of `moment` (UTC text)."""
    facts = judgement.facts(sha256, environment, moment=moment)
    before = judgement.judge(facts, moment)
    given = approval_by(approver, facts, moment, policy_sha256=before.policy_sha256)
    after = judgement.judge(with_approval(facts, given), moment) if approver else None
    may = [one for one in judgement.identities.names if judgement.identities.may_write("approval", one)]
    people = objections(judgement, facts, moment, may[:MOST_PEOPLE])
    role = role_objection(judgement, approver) if approver else NOBODY
    objection = role or objections(judgement, facts, moment, [approver])[approver]
    record = newest_record(facts, moment)
    return Asked(
        sha256,
        environment,
        approver,
        record,
        facts.base,
        _commits(facts, record),
        before,
        after,
        people,
        objection,
        role,
    )


def _commits(facts: Facts, record: ArtifactFact | None) -> tuple[CommitAsked, ...]:
    """The commits since the last approved release, each with the change that it came by."""
    if record is None or not record.commit:
        return ()
    source = record.body.source if record.body is not None else None
    line = source.commits if source is not None and source.commits else (record.commit,)
    if facts.base is not None and facts.base.commit in line:
        line = line[line.index(facts.base.commit) + 1 :]
    changes: dict[str, CommitAsked] = {}
    for fact in facts.evidence:
        pull = fact.pull_request
        if pull is None:
            continue
        authors = tuple(dict.fromkeys(name for change in pull.changes for name in change.authors))
        approvers = tuple(dict.fromkeys(one.by for one in pull.reviews if one.state == "approved"))
        for commit in (pull.merge_commit, *(change.commit for change in pull.changes)):
            if commit:
                changes[commit] = CommitAsked(commit, authors or (pull.author,), pull.url, approvers)
    known = {line[-1]: _claimed(record)} if line else {}
    return tuple(changes.get(commit) or known.get(commit) or CommitAsked(commit) for commit in line)


def _claimed(record: ArtifactFact) -> CommitAsked:
    """The artifact's own commit, by whoever it claims to be."""
    source = record.body.source if record.body is not None else None
    people = (source.author, *source.co_authors) if source is not None else ()
    authors = tuple(dict.fromkeys(one.email or one.name for one in people if one.email or one.name))
    return CommitAsked(record.commit, authors)
