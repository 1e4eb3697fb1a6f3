"""What somebody must see before they approve: the artifact, its commits, and what the policy would say afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from custody.kinds import Approval, CommitRange, PolicySeen, Word
from custody.ledger.entry import Subject
from custody.policy.facts import ApprovalFact, ArtifactFact, Facts, Release
from custody.policy.hearing import newest_record, objections, role_objection, with_approval
from custody.query.types import Proof

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
    what it would be with this word. `recorder` is whoever records it, `person` whose word it is; "" is nobody that the
    trust document knows. Of a recorder who may not record approvals there is no `after`: it would count for nothing.
    `people` are those whose role lets them record approvals, each with the reason why their own would not count (""
    where it would), `objection` that reason for the recorder, and `role_objection` what speaks against any word of
    theirs.
    """

    artifact: str
    environment: str
    recorder: str
    person: str
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


def ask(
    judgement: Judgement,
    sha256: str,
    environment: str,
    *,
    moment: str,
    recorder: str,
    decision: Word = "approved",
    given_by: str = "",
    given_at: str = "",
    signed_by: str = "",
) -> Asked:
    """Put together what an approver must see, as of `moment` (UTC text).

    `recorder` is an identity or "". The word is their own, unless they relay that of `given_by`, or it is that of a
    tag which the key `signed_by` (hex) signed.
    """
    identities = judgement.identities
    facts = judgement.facts(sha256, environment, moment=moment)
    before = judgement.judge(facts, moment)
    record = newest_record(facts, moment)
    person: str | None = recorder
    if signed_by:
        person = identities.of_key(signed_by)
    elif given_by:
        person = identities.of_claim(given_by)
    after = None
    if identities.may_write("approval", recorder):
        given = ApprovalFact(
            Proof(-1, "", moment, recorder),
            environment,
            decision,
            given_by,
            given_at,
            signed_by,
            record.commit if record else "",
            facts.base.commit if facts.base else "",
            before.policy_sha256,
        )
        after = judgement.judge(with_approval(facts, given), moment)
    may = [one for one in identities.names if identities.may_write("approval", one)]
    role = role_objection(judgement, recorder) if recorder else NOBODY
    return Asked(
        sha256,
        environment,
        recorder,
        person or "",
        record,
        facts.base,
        _commits(facts, record),
        before,
        after,
        objections(judgement, facts, moment, may[:MOST_PEOPLE]),
        role or objections(judgement, facts, moment, [recorder])[recorder],
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
