"""Approvals: who counts, who is kept apart from what, rejections, age, relays and tags, in each outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from ledgers import signer
from verdicts import (
    API,
    BUILT,
    C0,
    C1,
    C2,
    NOBODY,
    approval,
    at,
    commit,
    deployment,
    facts,
    hidden,
    one,
    policy,
    pull,
    ranged,
    record,
    release,
    review,
    reviewed,
    trust,
    unreadable,
    verdict,
)

from custody.kinds import Author, Change, Source
from custody.policy.document import ApprovalsControl, Duty
from custody.policy.identities import Identities

KEY = {name: signer(name).public.hex for name in ("dev-1", "dev-3", "stranger")}
ADDRESS = "dev-1@acme.example"


def approvals(**demands: Any) -> ApprovalsControl:
    """Approvals that no duty rules out, if the test names none."""
    return ApprovalsControl(name="approved", **{"apart": frozenset[Duty](), **demands})


def apart(*duties: Duty, **demands: Any) -> ApprovalsControl:
    return approvals(apart=frozenset(duties), **demands)


def by(author: str = ADDRESS, committer: str = ADDRESS, *more: str, **fields: Any) -> Any:
    """A record of a commit that claims to be by these addresses."""
    names = tuple(Author("", address) for address in more)
    return record(
        source=Source(author=Author("", author), committer=Author("", committer), co_authors=names), **fields
    )


def test_satisfied() -> None:
    found = one(approvals(), fact := approval())
    assert (found.kind, found.state, found.proofs) == ("approvals", "satisfied", (fact.proof,))
    assert found.sentence == "1 of 1 approval needed for prod: dev-3, 2026-11-19 01:30:00 UTC"


def test_missing() -> None:
    found = one(approvals(count=2, roles=frozenset({"risk-officer", "approver"})), fact := approval())
    assert found.state == "missing" and found.proofs == (fact.proof,)
    assert found.sentence.startswith("1 of 2 approvals needed by approver or risk-officer for prod: dev-3")
    assert one(approvals()).sentence == "0 of 1 approval needed for prod"


@pytest.mark.parametrize("count", [0, -1, 1])
def test_zero_approvers_never_pass(count: int) -> None:
    assert one(approvals(count=count)).state == "missing"
    assert one(ApprovalsControl(name="approved", count=count)).state == "missing"


@pytest.mark.parametrize(
    "fact",
    [
        approval(writer=NOBODY),
        approval(writer="stranger"),
        approval(writer="ci"),
        approval(601),
        approval(environment="staging"),
        approval(environment="PROD"),
    ],
    ids="nobody, unknown, no role to approve, future, another environment, other letters".split(", "),
)
def test_what_is_no_approval(fact: Any) -> None:
    assert one(approvals(), fact).state == "missing"


class TestPeople:
    def test_two_by_one_person_are_one(self) -> None:
        assert one(approvals(count=2), approval(90), approval(91)).state == "missing"
        assert one(approvals(count=2), approval(90), approval(91, "dev-2")).state == "satisfied"

    def test_two_by_one_person_under_two_keys_are_one(self) -> None:
        tag = approval(91, "dev-2", signed_by=KEY["dev-3"])
        assert one(approvals(count=2), approval(90, "dev-3"), tag).state == "missing"

    def test_once_directly_and_once_relayed_is_one(self) -> None:
        given = approval(90, "dev-3"), approval(91, "relay", given_by="github:dev-3-too")
        assert one(approvals(count=2, relayed=True), *given).state == "missing"

    def test_roles(self) -> None:
        demanded = approvals(roles=frozenset({"risk-officer"}))
        found = one(demanded, approval())
        assert found.state == "failed" and "dev-3's, who has no role for it (risk-officer)" in found.sentence
        assert one(demanded, approval(), approval(91, "risk-officer")).state == "satisfied"

    def test_without_roles_any_that_may_approve(self) -> None:
        assert one(approvals(), approval(writer="risk-officer")).state == "satisfied"
        found = one(approvals(), approval(writer="relay"))
        assert found.state == "failed" and "relay's, who has no role" in found.sentence


class TestEnvironments:
    groups: ClassVar = {"prod-all": ("prod", "prod-us")}

    def test_a_group_that_it_belongs_to(self) -> None:
        given = approval(environment="prod-all")
        assert one(approvals(), given, groups=self.groups).state == "satisfied"
        assert one(approvals(), given).state == "missing"
        assert one(approvals(), approval(environment="prod-us"), groups=self.groups).state == "missing"

    def test_a_member_of_the_judged_group_is_not_all_of_it(self) -> None:
        given = approval(environment="prod-us")
        assert one(approvals(), given, environment="prod-all", groups=self.groups).state == "missing"

    def test_those_that_the_control_names(self) -> None:
        demanded = approvals(environments=("stag*",))
        assert one(demanded, approval(environment="staging")).state == "satisfied"
        assert one(demanded, approval()).state == "missing"


class TestRejections:
    def test_failed(self) -> None:
        found = one(approvals(), approval(90, "dev-2"), no := approval(91, "dev-3", "rejected"))
        assert found.state == "failed" and found.proofs == (no.proof,)
        assert found.sentence == "dev-3 rejected it, 2026-11-19 01:31:00 UTC"

    def test_whatever_is_no_yes_is_a_no(self) -> None:
        assert one(approvals(), approval(90, "dev-2"), approval(91, decision="commented")).state == "failed"

    def test_the_latest_word_of_a_person(self) -> None:
        no, yes = approval(90, "dev-3", "rejected"), approval(91, "dev-3")
        assert one(approvals(), no, yes).state == "satisfied"
        assert one(approvals(), replace(no, proof=approval(92).proof), yes).state == "failed"

    def test_of_two_at_one_time_the_rejection(self) -> None:
        assert one(approvals(), approval(90), approval(90, decision="rejected")).state == "failed"

    def test_a_yes_that_is_stale_takes_nothing_back(self) -> None:
        given = approval(61, decision="rejected"), approval(62, commit=C2)
        assert one(approvals(), *given, approval(63, "dev-2")).state == "failed"

    def test_by_somebody_who_may_not_approve(self) -> None:
        demanded = approvals(roles=frozenset({"approver"}))
        assert one(demanded, approval(), approval(91, "risk-officer", "rejected")).state == "satisfied"
        assert one(approvals(), approval(), approval(91, "risk-officer", "rejected")).state == "failed"
        assert one(approvals(), approval(), approval(91, NOBODY, "rejected")).state == "satisfied"

    def test_for_another_environment(self) -> None:
        assert (
            one(approvals(), approval(), approval(91, "dev-2", "rejected", environment="staging")).state
            == "satisfied"
        )

    def test_by_an_author_blocks_as_well(self) -> None:
        given = reviewed(), approval(), approval(91, "dev-1", "rejected")
        assert one(apart("author"), *given).state == "failed"

    def test_a_yes_in_between_does_not_count(self) -> None:
        given = approval(90), approval(91, decision="rejected"), approval(92, commit=C2)
        assert one(approvals(), *given).state == "failed"

    def test_one_before_the_artifact_was_recorded_still_stands(self) -> None:
        assert one(approvals(), approval(50, "dev-2", "rejected"), approval()).state == "failed"

    def test_a_relays_own_is_nobodys(self) -> None:
        relayed = approval(91, "relay", "rejected", given_by="github:dev-2")
        assert one(approvals(), approval(), relayed).state == "satisfied"
        assert one(approvals(relayed=True), approval(), relayed).state == "failed"
        stranger = approval(91, "relay", "rejected", given_by="github:stranger")
        assert one(approvals(relayed=True), approval(), stranger).state == "satisfied"

    def test_whoever_records_anothers_no_says_no(self) -> None:
        for how in (
            {"given_by": "github:stranger"},
            {"signed_by": KEY["stranger"]},
            {"signed_by": KEY["dev-1"]},
        ):
            assert one(approvals(), approval(), approval(91, "dev-2", "rejected", **how)).state == "failed"


class TestStale:
    @pytest.mark.parametrize(("minute", "state"), [(BUILT - 1, "failed"), (BUILT, "satisfied")])
    def test_given_before_the_artifact_was_recorded(self, minute: int, state: str) -> None:
        found = one(approvals(), approval(minute))
        assert found.state == state
        assert ("was given before the artifact was recorded" in found.sentence) is (state == "failed")

    def test_the_earliest_record_counts(self) -> None:
        assert one(approvals(), record(95), record(61), approval(90)).state == "satisfied"
        assert one(approvals(), record(95), record(61, readable=False), approval(90)).state == "satisfied"

    def test_of_an_artifact_that_is_not_recorded(self) -> None:
        found = one(approvals(), approval(), records=False)
        assert found.state == "failed" and "not recorded" in found.sentence

    @pytest.mark.parametrize(
        ("records", "named", "state"),
        [
            ((record(),), C1, "satisfied"),
            ((record(),), C2, "failed"),
            ((record(commit=""),), C1, "failed"),
            ((record(), record(61, commit=C2)), C1, "failed"),
            ((record(), record(61, commit="")), C1, "satisfied"),
        ],
    )
    def test_of_another_commit(self, records: Any, named: str, state: str) -> None:
        found = one(approvals(), *records, approval(commit=named))
        assert found.state == state and ("is of commit" in found.sentence) is (state == "failed")

    def test_of_fewer_commits_than_are_new(self) -> None:
        """A release that it was given after, and that does not count any more."""
        bringing = ranged(C1, C2, since=C0)
        found = one(approvals(), bringing, approval(commit=C2, base=C1), base=release())
        assert (
            found.state == "failed"
            and f"is of the commits after {C1[:12]}, and that one is new" in found.sentence
        )
        for seen in ("", C0, "ee" * 20):
            assert (
                one(approvals(), bringing, approval(commit=C2, base=seen), base=release()).state
                == "satisfied"
            )
        assert one(approvals(), approval(commit=C1, base=C1), base=release(C1)).state == "satisfied", (
            "built again"
        )

    @pytest.mark.parametrize(("minute", "state"), [(150, "satisfied"), (151, "failed")])
    def test_older_than_an_hour(self, minute: int, state: str) -> None:
        found = one(approvals(max_age=timedelta(hours=1)), approval(90), minute=minute)
        assert found.state == state and ("is older than" in found.sentence) is (state == "failed")

    def test_a_good_one_beside_a_stale_one_by_the_same_person(self) -> None:
        for other in (approval(91, commit=C2), approval(50)):
            assert one(approvals(), approval(90), other).state == "satisfied"


class TestRelayed:
    demanded = approvals(relayed=True)

    def test_only_where_the_policy_says_so(self) -> None:
        given = approval(writer="relay", given_by="github:dev-3")
        found = one(approvals(), given)
        assert (
            found.state == "failed"
            and 'what relay recorded for "github:dev-3", since the policy counts no relayed' in found.sentence
        )
        found = one(self.demanded, given)
        assert found.state == "satisfied" and "dev-3, " in found.sentence

    @pytest.mark.parametrize(
        ("given_by", "state"),
        [
            ("slack:dev-3", "satisfied"),
            ("mailto:DEV-3@acme.example", "satisfied"),
            ("dev-3@acme.example", "satisfied"),
            ("github:stranger", "failed"),
            ("dev-3", "failed"),
            ("slack:dev-2", "failed"),
            ("github:acme-ci", "failed"),
            ("github:renovate[bot]", "failed"),
            ("relay", "failed"),
        ],
    )
    def test_whose_word_it_is(self, given_by: str, state: str) -> None:
        assert one(self.demanded, approval(writer="relay", given_by=given_by)).state == state

    def test_a_program_is_nobody_whatever_its_roles(self) -> None:
        people = Identities.from_trust(
            trust(
                {"ci": (["builder"], []), "relay": (["relay"], []), "bot": (["approver"], ["github:x[bot]"])}
            )
        )
        given = approval(writer="relay", given_by="github:x[bot]")
        assert one(self.demanded, given, identities=people).state == "failed"

    def test_only_a_relays(self) -> None:
        found = one(self.demanded, approval(writer="dev-2", given_by="github:dev-3"))
        assert found.state == "failed" and "who is no relay" in found.sentence

    def test_it_was_given_when_it_was_given(self) -> None:
        how: Any = {"writer": "relay", "given_by": "slack:dev-3"}
        hour = approvals(relayed=True, max_age=timedelta(hours=1))
        assert one(hour, approval(140, given_at=at(90), **how), minute=150).state == "satisfied"
        assert one(hour, approval(140, given_at=at(80), **how), minute=150).state == "failed"
        assert one(self.demanded, approval(140, given_at=at(59), **how)).state == "failed", (
            "before the artifact"
        )

    def test_never_later_than_its_entry(self) -> None:
        how: Any = {"writer": "relay", "given_by": "slack:dev-3"}
        hour = approvals(relayed=True, max_age=timedelta(hours=1))
        assert one(hour, approval(90, given_at=at(599), **how)).state == "failed"

    def test_duties_are_the_givers(self) -> None:
        given = approval(writer="relay", given_by="github:dev-1")
        assert one(apart("author", relayed=True), reviewed(), given).state == "failed"


class TestTags:
    def test_the_word_of_whoever_signed_it(self) -> None:
        assert one(approvals(), approval(writer="dev-2", signed_by=KEY["dev-3"])).sentence.count("dev-3") == 1
        assert one(approvals(), approval(writer="relay", signed_by=KEY["dev-3"])).state == "satisfied"

    def test_a_tag_is_as_old_as_it_says_however_late_it_is_recorded(self) -> None:
        hour = approvals(max_age=timedelta(hours=1))
        tag = approval(550, "relay", signed_by=KEY["dev-3"], given_at=at(545))
        assert one(hour, tag).state == "satisfied"
        assert one(hour, replace(tag, given_at=at(100))).state == "failed"
        assert "does not say when" in one(hour, replace(tag, given_at="")).sentence
        assert one(hour, replace(tag, given_at=at(700))).state == "satisfied", (
            "and no younger than its record"
        )
        assert one(approvals(), replace(tag, given_at=at(10))).state == "satisfied", (
            "a tag is made before the build"
        )

    def test_of_a_key_that_is_nobodys(self) -> None:
        found = one(approvals(), approval(writer="dev-2", signed_by=KEY["stranger"]))
        assert found.state == "failed" and "a tag whose key is nobody's" in found.sentence

    def test_an_old_tag_takes_no_later_word_back(self) -> None:
        """Whoever has somebody's tag could record it after they changed their mind."""
        no = approval(91, "dev-3", "rejected")
        assert one(approvals(), no, approval(95, "dev-2", signed_by=KEY["dev-3"])).state == "failed"
        assert one(approvals(), no, approval(95, "dev-3", signed_by=KEY["dev-3"])).state == "satisfied"

    def test_duties_are_the_signers(self) -> None:
        given = approval(writer="dev-2", signed_by=KEY["dev-1"])
        assert one(apart("author"), reviewed(), given).state == "failed"


class TestHidden:
    @pytest.mark.parametrize(
        ("given", "state"),
        [
            ((unreadable(approval(80, "dev-2")), approval()), "unknown"),
            ((unreadable(approval(80, "dev-2")), approval(), approval(91, "dev-2")), "satisfied"),
            ((unreadable(approval(91, "dev-3")), approval(90)), "unknown"),
            ((unreadable(approval(90, "dev-3")), approval(90)), "unknown"),
            ((unreadable(approval(80, "dev-3")), approval(90)), "satisfied"),
            ((unreadable(approval(80, "dev-2")),), "unknown"),
            ((unreadable(approval(80, "dev-2", environment="")), approval()), "unknown"),
            ((unreadable(approval(80, "dev-2", environment="staging")), approval()), "satisfied"),
            ((unreadable(approval(80, NOBODY)), approval()), "satisfied"),
            ((unreadable(approval(80, "ci")), approval()), "satisfied"),
            ((unreadable(approval(601, "dev-2")), approval()), "satisfied"),
            ((unreadable(approval(80, "relay")), approval()), "satisfied"),
        ],
    )
    def test_what_may_be_a_last_no(self, given: Any, state: str) -> None:
        assert one(approvals(), *given).state == state

    def test_a_relays_may_be_anybodys(self) -> None:
        given = unreadable(approval(80, "relay")), approval()
        assert one(approvals(relayed=True), *given).state == "unknown"

    def test_somebody_elses_word_that_they_recorded_does_not_settle_it(self) -> None:
        for whose in ("dev-2", "dev-3"):
            given = unreadable(approval(80, whose)), approval(91, "dev-2", signed_by=KEY["dev-3"])
            assert one(approvals(), *given).state == "unknown"

    def test_a_standing_no_is_a_no_all_the_same(self) -> None:
        given = unreadable(approval(80, "dev-2")), approval(91, decision="rejected")
        assert one(approvals(), *given).state == "failed"


class TestBuilder:
    def test_whoever_recorded_it(self) -> None:
        found = one(apart("builder"), record(writer="dev-1", actor="acme-ci"), approval(writer="dev-1"))
        assert found.state == "failed" and "dev-1's does not, who built it" in found.sentence

    def test_whoever_started_the_run(self) -> None:
        found = one(apart("builder"), approval(writer="dev-1"))
        assert (
            found.state == "failed"
            and "dev-1's does not, who started the run that built it" in found.sentence
        )
        assert one(apart("builder"), approval()).state == "satisfied"

    def test_each_record(self) -> None:
        records = record(), record(61, actor="dev-3")
        assert one(apart("builder"), *records, approval()).state == "failed"

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"actor": "stranger"}, '"github:stranger" started the run that built it'),
            ({"actor": "dev-3", "provider": "jenkins"}, '"jenkins:dev-3" started the run'),
            ({"actor": ""}, 'who started the run on "github"'),
        ],
    )
    def test_somebody_unknown(self, fields: Any, said: str) -> None:
        found = one(apart("builder"), record(**fields), approval())
        assert found.state == "unknown" and said in found.sentence
        assert one(approvals(), record(**fields), approval()).state == "satisfied", "where nobody asks"

    def test_a_run_of_no_ci_system_is_its_writers(self) -> None:
        assert one(apart("builder"), record(actor="", provider=""), approval()).state == "satisfied"

    def test_a_record_that_cannot_be_read(self) -> None:
        lost = record(61, readable=False, actor="", provider="")
        assert one(apart("builder"), record(), lost, approval()).state == "unknown"
        assert (
            one(apart("builder"), record(), replace(lost, actor="dev-3", provider="github"), approval()).state
            == "failed"
        )


class TestDeployer:
    def test_whoever_deployed_it_there(self) -> None:
        people = Identities.from_trust(
            trust({"ci": (["builder"], []), "dev-3": (["approver", "deployer"], [])})
        )
        given = record(provider="", actor=""), approval(), deployment(100, "dev-3")
        assert one(apart("deployer"), *given, identities=people).state == "failed"
        assert one(apart("deployer"), *given, identities=people, minute=99).state == "satisfied"
        elsewhere = deployment(100, "dev-3", environment="staging")
        assert one(apart("deployer"), *given[:2], elsewhere, identities=people).state == "satisfied"

    def test_whoever_started_that_run(self) -> None:
        shipped = deployment(actor="dev-3", provider="github")
        assert one(apart("deployer"), approval(), shipped).state == "failed"
        assert one(apart("deployer"), approval(writer="dev-2"), shipped).state == "satisfied"
        assert one(approvals(), approval(), shipped).state == "satisfied"

    def test_in_a_group_or_a_member_of_it(self) -> None:
        shipped = deployment(actor="dev-3", provider="github", environment="prod-all")
        groups = {"prod-all": ("prod", "prod-us")}
        assert one(apart("deployer"), approval(), shipped, groups=groups).state == "failed"
        within = replace(shipped, environment="prod-us")
        given = approval(environment="prod-all"), within
        assert one(apart("deployer"), *given, environment="prod-all", groups=groups).state == "failed"
        assert one(apart("deployer"), approval(), within, groups=groups).state == "satisfied"

    def test_somebody_unknown(self) -> None:
        for how in ({"actor": "stranger", "provider": "github"}, {"provider": "teamcity"}):
            assert one(apart("deployer"), approval(), deployment(**how)).state == "unknown"

    def test_one_that_cannot_be_read(self) -> None:
        assert one(apart("deployer"), approval(), unreadable(deployment(environment=""))).state == "unknown"
        assert one(apart("deployer"), approval(), unreadable(deployment(writer=NOBODY))).state == "satisfied"


class TestAuthors:
    def test_those_of_the_change(self) -> None:
        assert one(apart("author"), reviewed(), approval()).state == "satisfied"
        found = one(apart("author"), reviewed(pull(commit(C1, "dev-3"), author="dev-1")), approval())
        assert found.state == "failed" and f"dev-3's does not, who wrote commit {C1[:12]}" in found.sentence
        found = one(apart("author"), reviewed(pull(author="dev-3")), approval())
        assert found.state == "failed" and 'who opened pull request "1"' in found.sentence

    def test_under_any_name_of_the_check(self) -> None:
        assert one(apart("author"), reviewed(control="review"), approval()).state == "satisfied"

    def test_an_approval_by_the_author_is_refused(self) -> None:
        found = one(apart("author"), reviewed(), approval(writer="dev-1"))
        assert found.state == "failed" and "0 of 1 approval needed" in found.sentence
        assert one(approvals(), reviewed(), approval(writer="dev-1")).state == "satisfied"

    def test_committers(self) -> None:
        given = reviewed(pull(commit(committer="dev-3"))), approval()
        assert one(apart("committer"), *given).state == "failed"
        assert one(apart("author"), *given).state == "satisfied"
        assert one(apart("committer"), reviewed(pull(author="dev-3")), approval()).state == "satisfied"

    def test_of_every_commit_since_the_last_release(self) -> None:
        given = [reviewed(pull(commit(C1, "dev-3"))), reviewed(pull(commit(C2), number=2)), approval()]
        found = one(apart("author"), ranged(C1, C2, since=C0), *given, base=release())
        assert found.state == "failed" and f"wrote commit {C1[:12]}" in found.sentence
        found = one(apart("author"), ranged(C1, C2, since=C0), *given[1:], base=release())
        assert (
            found.state == "unknown" and f"no pull request tells who wrote commit {C1[:12]}" in found.sentence
        )
        found = one(apart("author"), *given, base=release())
        assert found.state == "unknown" and "--since" in found.sentence

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (
                commit(C1, "stranger"),
                f'"github:stranger" wrote commit {C1[:12]} and is nobody that trust.toml names',
            ),
            (
                commit(C1, ADDRESS),
                f'"{ADDRESS}" wrote commit {C1[:12]} and is an address that no checked signature',
            ),
            (Change(C1, ()), "somebody who is not named"),
        ],
    )
    def test_nobody_is_apart_from_an_unknown_author(self, change: Change, said: str) -> None:
        found = one(apart("author"), reviewed(pull(change, reviews=[review()])), approval())
        assert found.state == "unknown" and said in found.sentence

    def test_an_address_whose_signature_was_checked(self) -> None:
        signed = Change(C1, (ADDRESS,), "", at(10), True)
        assert one(apart("author"), reviewed(pull(signed)), approval()).state == "satisfied"
        assert one(apart("author"), reviewed(pull(signed)), approval(writer="dev-1")).state == "failed"

    def test_a_later_record_of_the_change_that_cannot_be_read(self) -> None:
        assert one(apart("author"), reviewed(), hidden(), approval()).state == "unknown"
        assert one(apart("author"), hidden(50), reviewed(), approval()).state == "satisfied"
        assert one(approvals(), reviewed(), hidden(), approval()).state == "satisfied"

    def test_what_cannot_be_known_does_not_stand_in_for_what_is_missing(self) -> None:
        assert one(apart("author")).state == "missing"
        assert (
            one(apart("author"), approval(writer="dev-1"), reviewed(pull(commit(C1, "stranger")))).state
            == "failed"
        )


class TestClaims:
    """What a commit claims of itself rules people out, and shows nobody to be apart, if the policy does not say so."""

    def test_a_claimed_author_is_always_ruled_out(self) -> None:
        given = by("dev-3@acme.example"), reviewed(), approval()
        found = one(apart("author"), *given)
        assert found.state == "failed" and "claims to have written" in found.sentence
        assert one(apart("author"), by(ADDRESS, ADDRESS, "dev-3@acme.example"), *given[1:]).state == "failed"
        assert one(apart("committer"), by(ADDRESS, "dev-3@acme.example"), *given[1:]).state == "failed"
        assert one(apart("author"), by(ADDRESS, "dev-3@acme.example"), *given[1:]).state == "satisfied"

    def test_it_does_not_show_who_the_author_is(self) -> None:
        assert one(apart("author"), by(), approval()).state == "unknown"

    def test_where_it_is_enough(self) -> None:
        claimed = apart("author", "committer", claimed_authors=True)
        assert one(claimed, by(), approval()).state == "satisfied"
        assert one(claimed, by("dev-3@acme.example"), approval()).state == "failed"
        found = one(claimed, by("stranger@acme.example"), approval())
        assert found.state == "unknown" and '"stranger@acme.example"' in found.sentence
        for unnamed in (by(""), by(ADDRESS, ""), by(ADDRESS, ADDRESS, "")):
            assert one(claimed, unnamed, approval()).state == "unknown"
        assert one(claimed, record(readable=False), approval()).state == "unknown"

    def test_in_a_change_too(self) -> None:
        given = reviewed(pull(commit(C1, ADDRESS))), approval()
        assert one(apart("author", claimed_authors=True), *given).state == "satisfied"
        assert (
            one(apart("author", claimed_authors=True), given[0], approval(writer="dev-1")).state == "failed"
        )

    def test_of_its_own_commit_alone(self) -> None:
        claimed = apart("author", claimed_authors=True)
        assert one(claimed, ranged(C1, C2, since=C0), approval(), base=release()).state == "unknown"
        seen = reviewed(pull(commit(C1)))
        assert one(claimed, ranged(C1, C2, since=C0), seen, approval(), base=release()).state == "satisfied"

    def test_a_claim_that_nobody_knows_does_not_matter_beside_the_platforms_word(self) -> None:
        given = by("stranger@acme.example"), reviewed(), approval()
        assert one(apart("author", "committer"), *given).state == "satisfied"


def test_two_controls_with_different_duties() -> None:
    demanded = policy(
        apart("builder"), replace(apart("deployer"), name="shipped"), replace(approvals(), name="anybody")
    )
    found = verdict(demanded, facts(approval(writer="dev-1")))
    assert [control.state for control in found.controls] == ["failed", "satisfied", "satisfied"]


def test_all_duties_at_once() -> None:
    given = reviewed(), deployment(actor="acme-shipper", provider="github"), approval()
    found = one(ApprovalsControl(name="approved"), *given)
    assert found.state == "satisfied"
    assert one(ApprovalsControl(name="approved"), *given[1:]).state == "unknown"


def test_what_a_sentence_says_of_those_who_do_not_count() -> None:
    given = approval(writer="dev-1"), approval(91, commit=C2), approval(92, "relay", given_by="slack:dev-3")
    found = one(apart("builder"), *given)
    assert found.state == "failed" and len(found.proofs) == 3
    for part in ("dev-1's does not", "is of commit 2b2b2b2b2b2b", "what relay recorded for"):
        assert part in found.sentence


def test_the_fingerprint_is_the_artifacts() -> None:
    assert API.sha256 not in one(approvals(), approval()).sentence
