"""Four eyes: whether somebody who wrote nothing of a change said yes to the whole of it. No I/O.

What counts as one person is the caller's to say: a recorder knows only the platform's logins (`by_login`), a policy
has the identities of the trust document. Nothing that a commit's message claims is asked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from custody.kinds.pull_request import PullRequest, Review

Identify = Callable[[str], str | None]
"""A person by a login or an e-mail address, as the platform gave it; None where nobody is known by that."""

NO_COMMIT = "0" * 40
"""In a review: the commit that it was of is not part of the change any more."""
NOBODY = "ghost"
"""What GitHub and GitLab call the account of somebody who is gone: it may have been anybody's."""

_PROGRAM = re.compile(r".*\[bot\]|app/.*|(?:project|group)_[0-9]+_bot.*", re.DOTALL)


class FourEyes(NamedTuple):
    """Whether the change was seen by four eyes, and if not, why not: each reason a sentence.

    `approvers` are the identities whose approval counts, and at least one of them is needed. `stale` approvals are of
    something other than what the change came to in the end. `objections` are people whose last word is a request for
    changes: they do not undo another's approval here, but a policy may mind. `unknown` are those with a hand in it who
    are nobody known, as the platform names them ("" where it does not): with one of them it is never ok.
    """

    ok: bool
    reasons: tuple[str, ...]
    approvers: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    stale: int = 0
    objections: int = 0
    unknown: tuple[str, ...] = ()


def by_login(name: str) -> str | None:
    """A person as the platform alone knows them. Platforms do not distinguish case in logins, and an e-mail address
    is anybody's to write into a commit."""
    if not name or "@" in name or any(char.isspace() for char in name) or name.casefold() == NOBODY:
        return None
    return name.casefold()


def is_program(login: str) -> bool:
    """Whether a login is of a kind that GitHub or GitLab give to programs only, whose approval is nobody's."""
    return _PROGRAM.fullmatch(login.casefold()) is not None


def four_eyes(change: PullRequest, identify: Identify = by_login) -> FourEyes:
    """Judge a change by what its platform tells of it.

    Every author, co-author and committer of every commit, and whoever opened it, must be known, and none of them is
    an approver. An approval is its giver's last word; of two at one time, or where one has no time, the no is the
    last. It is of the last commit: it names that commit, or, where it names none, it was given after every commit;
    where it names that commit and both times are known, it was not given before it.
    """
    reasons: list[str] = []
    if not change.changes:
        reasons.append("there is no commit in it, and so nothing that anybody could have approved")
    writers: dict[str, None] = {}
    unknown: dict[str, None] = {}
    strangers: dict[str, None] = {}
    for named, where in _writers(change):
        person = identify(named)
        if person:
            writers[person] = None
        else:
            unknown[f"{where} by {_shown(named)}, who is nobody known"] = None
            strangers[named] = None
    reasons += unknown
    words: dict[str, list[Review]] = {}
    refused: list[str] = []
    for review in change.reviews:
        person = identify(review.by)
        if person:
            words.setdefault(person, []).append(review)
        elif review.state == "approved":
            refused.append(f"an approval by {_shown(review.by)}, who is nobody known")
    approvers: list[str] = []
    stale = objections = 0
    for person, said in words.items():
        last = _last_words(said)
        objections += any(review.state == "changes-requested" for review in last)
        if any(review.state != "approved" for review in last):
            if any(review.state == "approved" for review in said):
                refused.append(f"the approval by {_shown(said[0].by)} was taken back or dismissed")
        elif last:
            by = _shown(last[0].by)
            why = [_stale(change, review) for review in last]
            if person in writers:
                refused.append(f"an approval by {by}, who wrote some of it or opened it")
            elif any(is_program(review.by) for review in last):
                refused.append(f"an approval by {by}, which is a program")
            elif all(why):
                stale += 1
                refused.append(f"the approval by {by} {why[0]}")
            else:
                approvers.append(person)
    if not approvers:
        reasons.append("no approval that counts by anybody who wrote none of it")
        reasons += refused
    return FourEyes(
        bool(approvers) and not unknown and bool(change.changes),
        tuple(reasons),
        tuple(approvers),
        tuple(writers),
        stale,
        objections,
        tuple(strangers),
    )


def _writers(change: PullRequest) -> list[tuple[str, str]]:
    """Everybody with a hand in it, as the platform names them, and in what."""
    found = [(change.author, "opened")]
    for one in change.changes:
        place = f"commit {one.commit[:12]}"
        found += [(author, place) for author in one.authors or ("",)]
        if one.committer:
            found.append((one.committer, place))
    return found


def _last_words(said: list[Review]) -> list[Review]:
    """What a person said last that is a yes or a no: several reviews where they are of one time, or of none."""
    verdicts = [review for review in said if review.state != "commented"]
    if all(review.time for review in verdicts):
        latest = max((review.time for review in verdicts), default="")
        return [review for review in verdicts if review.time == latest]
    return verdicts


def _stale(change: PullRequest, approval: Review) -> str:
    """Why an approval is not of what the change came to; "" if it is."""
    head = change.changes[-1] if change.changes else None
    if head is None:
        return "is of nothing"
    if approval.commit and approval.commit != head.commit:
        return "is of an earlier commit than the last"
    if approval.commit:
        return "was given before the last commit" if approval.time and approval.time < head.time else ""
    if not approval.time or not all(one.time for one in change.changes):
        return "says neither of which commit it is, nor when it was given after which"
    return (
        "" if all(approval.time > one.time for one in change.changes) else "was given before the last commit"
    )


def _shown(name: str) -> str:
    return name[:100] or "(nobody named)"
