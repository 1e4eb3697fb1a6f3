"""A reviewed change, as the platform that hosts the repository tells it: what four eyes is judged by."""

from __future__ import annotations

from typing import NamedTuple

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject

STATES = frozenset({"open", "merged", "closed"})
REVIEWS = frozenset({"approved", "changes-requested", "commented", "dismissed"})
MAX_CHANGES = 1000
MAX_REVIEWS = 1000


class Change(NamedTuple):
    """A commit of the change: the logins (else e-mail addresses) of all who wrote it, its committer's, its time.

    `verified` says that the platform checked the commit's signature.
    """

    commit: str
    authors: tuple[str, ...]
    committer: str = ""
    time: str = ""
    verified: bool = False

    @classmethod
    def read(cls, fields: Fields) -> Change:
        return cls(
            fields.commit("commit"),
            fields.texts("authors", limit=100),
            fields.optional_text("committer", 500),
            fields.optional_instant("time"),
            fields.flag("verified") if fields.has("verified") else False,
        )

    def write(self) -> JsonObject:
        return present(
            commit=self.commit, authors=list(self.authors), committer=self.committer, time=self.time
        ) | ({"verified": True} if self.verified else {})


class Review(NamedTuple):
    """Somebody's word on the change. `commit` is the one that the reviewer had before them, where it is known."""

    by: str
    state: str
    time: str = ""
    commit: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Review:
        return cls(
            fields.text("by", 500),
            fields.one_of("state", REVIEWS),
            fields.optional_instant("time"),
            fields.optional_commit("commit"),
        )

    def write(self) -> JsonObject:
        return present(by=self.by, state=self.state, time=self.time, commit=self.commit)


class PullRequest(NamedTuple):
    """A change and its reviews. `number` and `url` are the platform's; logins are its own too."""

    url: str
    state: str
    author: str
    changes: tuple[Change, ...]
    reviews: tuple[Review, ...]
    number: str = ""
    merge_commit: str = ""
    merged_by: str = ""
    merged: str = ""
    base: str = ""
    head: str = ""

    @classmethod
    def read(cls, fields: Fields) -> PullRequest:
        return cls(
            fields.text("url", 2000),
            fields.one_of("state", STATES),
            fields.text("author", 500),
            fields.records("changes", Change.read, MAX_CHANGES),
            fields.records("reviews", Review.read, MAX_REVIEWS),
            fields.optional_text("number", 100),
            fields.optional_commit("mergeCommit"),
            fields.optional_text("mergedBy", 500),
            fields.optional_instant("merged"),
            fields.optional_text("base", 500),
            fields.optional_text("head", 500),
        )

    def write(self) -> JsonObject:
        return present(
            url=self.url,
            state=self.state,
            author=self.author,
            changes=[change.write() for change in self.changes],
            reviews=[review.write() for review in self.reviews],
            number=self.number,
            mergeCommit=self.merge_commit,
            mergedBy=self.merged_by,
            merged=self.merged,
            base=self.base,
            head=self.head,
        )
