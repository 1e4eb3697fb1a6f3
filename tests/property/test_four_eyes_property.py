"""Four eyes, whatever a platform tells: what always holds, and an independent statement of the rule."""

from __future__ import annotations

from hypothesis import event, given
from hypothesis import strategies as st

from custody.kinds import Change, PullRequest, Review
from custody.record.four_eyes import by_login, four_eyes

COMMITS = ["1a" * 20, "2b" * 20, "3c" * 20]
logins = st.sampled_from(["a", "A", "b", "c", "d", "e", "ghost", "", "a@acme.example", "x[bot]"])
authors = st.sampled_from(["a", "b"]) | logins
committers = st.sampled_from(["", "a"]) | logins
times = st.integers(0, 9).map(lambda minute: f"2026-11-19T02:0{minute}:00.000Z") | st.just("")
changes = st.builds(
    Change, st.just(""), st.lists(authors, min_size=1, max_size=2).map(tuple), committers, times
)
reviews = st.builds(
    Review,
    logins,
    st.sampled_from(["approved", "approved", "approved", "changes-requested", "commented", "dismissed"]),
    times,
    st.sampled_from(["", COMMITS[0], *COMMITS]),
)


@st.composite
def pull_requests(draw: st.DrawFn) -> PullRequest:
    found = [
        one._replace(commit=commit)
        for one, commit in zip(
            draw(st.just([]) | st.lists(changes, min_size=1, max_size=3)), COMMITS, strict=False
        )
    ]
    return PullRequest(
        "https://git.example/1",
        "open",
        draw(authors),
        tuple(found),
        tuple(draw(st.lists(reviews, max_size=6))),
    )


def says_yes(it: PullRequest, approval: Review) -> bool:
    """Whether one review by itself is an approval of the end of the change, by somebody with no hand in it."""
    person = by_login(approval.by)
    hands = [it.author] + [name for one in it.changes for name in (*one.authors, one.committer)]
    if (
        approval.state != "approved"
        or person is None
        or person in map(by_login, hands)
        or "[bot]" in approval.by
    ):
        return False
    words = [one for one in it.reviews if by_login(one.by) == person and one.state != "commented"]
    if not all(one.time for one in words):
        if any(one.state != "approved" for one in words):
            return False
    elif any(
        one.time > approval.time or (one.time == approval.time and one.state != "approved") for one in words
    ):
        return False
    last = it.changes[-1]
    if approval.commit:
        return approval.commit == last.commit and not (approval.time and approval.time < last.time)
    return bool(approval.time) and all(one.time and one.time < approval.time for one in it.changes)


def known(it: PullRequest) -> bool:
    names = [it.author]
    for one in it.changes:
        names += one.authors or [""]
        names += [one.committer] if one.committer else []
    return all(by_login(name) for name in names)


@given(pull_requests())
def test_it_passes_only_by_the_rule(it: PullRequest) -> None:
    found = four_eyes(it)
    event(f"ok: {found.ok}")
    yes = bool(it.changes) and known(it) and any(says_yes(it, review) for review in it.reviews)
    assert found.ok == yes
    if found.ok:
        assert found.approvers and not found.reasons
        assert not set(found.approvers) & set(found.authors)
    else:
        assert found.reasons


@given(pull_requests(), logins)
def test_a_push_makes_every_approval_stale(it: PullRequest, by: str) -> None:
    pushed = Change("ff" * 20, (by,), "", "2026-11-19T03:00:00.000Z")
    assert not four_eyes(it._replace(changes=(*it.changes, pushed))).ok


@given(pull_requests())
def test_without_an_approval_it_never_passes(it: PullRequest) -> None:
    rest = tuple(review for review in it.reviews if review.state != "approved")
    assert not four_eyes(it._replace(reviews=rest)).ok


@given(pull_requests())
def test_an_approver_who_turns_out_to_have_written_some_of_it_is_none(it: PullRequest) -> None:
    found = four_eyes(it)
    wrote = tuple(one._replace(authors=(*one.authors, *found.approvers)) for one in it.changes)
    assert not four_eyes(it._replace(changes=wrote)).ok


@given(pull_requests())
def test_if_all_are_one_person_it_never_passes(it: PullRequest) -> None:
    assert not four_eyes(it, lambda _: "one").ok
    assert not four_eyes(it, lambda _: None).ok


@given(pull_requests(), st.permutations(range(6)))
def test_the_order_in_which_reviews_are_listed_does_not_matter_where_all_have_times(
    it: PullRequest, order: list[int]
) -> None:
    timed = [review for review in it.reviews if review.time]
    mixed = [timed[index] for index in order if index < len(timed)]
    one, other = (four_eyes(it._replace(reviews=tuple(given))) for given in (timed, mixed))
    assert (one.ok, set(one.approvers), one.stale) == (other.ok, set(other.approvers), other.stale)


@given(pull_requests(), logins, times)
def test_a_comment_changes_nothing(it: PullRequest, by: str, time: str) -> None:
    more = it._replace(reviews=(*it.reviews, Review(by, "commented", time)))
    assert four_eyes(more) == four_eyes(it)
