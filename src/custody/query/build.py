"""Building the index from a stream of judged entries.

Entries that do not count leave nothing behind, but for the chain that a genesis begins. What depends on other
entries (which evidence is in force, what a name means in its trail, an environment's states) is settled in `finish`,
so that it does not depend on the order of the log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from custody.kinds import (
    Allow,
    Approval,
    Artifact,
    Decision,
    Deployment,
    Evidence,
    Genesis,
    Merge,
    Policy,
    Seal,
)
from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject, MalformedError, decode_again
from custody.ledger.entry import Subject
from custody.query.clocks import own_acts
from custody.query.index import Index
from custody.query.settling import bind_names, supersede
from custody.query.snapshots import Snapshots, tie_of
from custody.query.states import fold_environments
from custody.trust.merges import Stretch, covered

if TYPE_CHECKING:
    from custody.trust.judge import Judged

MAX_NOTICES = 1000
_MAX_FAILED_SHOWN = 3
_BARE_SEAL = len('{"salt":""}') + 32  # bytes of a seal's body that lists nothing
_TIMED = (
    "chain", "artifact", "evidence", "approval", "deployment", "snapshot", "allow", "decision", "policy", "closing",
    "listing", "blank", "merge",
)  # fmt: skip
_UNTIMED = ("content", "renewal", "source", "lineage", "pull_request", "change")


class _Chain(NamedTuple):
    """What the entries of a chain inherit: its genesis' position, that of its trail, and the source."""

    position: int
    trail: int
    repository: str
    commit: str


class IndexBuilder:
    """Fills one empty index: `add` each step of verification, then `finish`."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._chains: dict[str, _Chain] = {}
        self._trails: dict[tuple[str, str], int] = {}
        self._notices: Counter[str] = Counter()
        self._latest = ""  # the latest time claimed since the last merge
        self._stretches: list[Stretch] = []  # between merges
        self._discounted: list[tuple[int, int]] = []
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in (*_TIMED, *_UNTIMED)}
        self._snapshots = Snapshots(self._rows, self._note)
        self._makers: dict[str, Callable[[Judged, JsonObject], None]] = {
            "artifact": self._artifact,
            "evidence": self._evidence,
            "approval": self._approval,
            "deployment": self._deployment,
            "snapshot": self._snapshots.add,
            "allow": self._allow,
            "decision": self._decision,
            "policy": self._policy,
            "merge": self._merge,
        }

    def add(self, entries: Sequence[Judged]) -> None:
        """Take in the next entries, in the log's order."""
        makers = self._makers
        for entry in entries:
            kind = entry.header.kind
            if kind == "genesis":
                self._genesis(entry)
            elif entry.counts and kind in makers:
                data = entry.body if kind == "snapshot" else None
                if data is None or not self._snapshots.add_known(entry, data):
                    self._make(entry, makers[kind])
            elif entry.counts and kind == "seal" and entry.header.body_size > _BARE_SEAL:
                self._make(entry, self._listing)
            if entry.header.last and entry.counts:
                self._rows["closing"].append(
                    (entry.position, entry.id, entry.effective, entry.writer, self._chain(entry).position)
                )
            if not entry.counts:
                self._discount(entry.position)
            elif kind == "merge":
                self._stretches.append(Stretch(entry.position, self._latest, -1, ""))
                self._latest = entry.effective
            elif entry.effective > self._latest:
                self._latest = entry.effective
        self._flush()

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                self._index.insert(table, rows)
                rows.clear()

    def _discount(self, position: int) -> None:
        first, last = self._discounted.pop() if self._discounted else (position, position - 1)
        if last + 1 == position:
            self._discounted.append((first, position))
        else:
            self._discounted += [(first, last), (position, position)]

    def _settle_times(self) -> None:
        """What a merge covers took effect no later than it, whatever it claims. Which merges do, the last one tells."""
        index, latest = self._index, self._latest
        for first, act, stretch in covered(own_acts(index), self._stretches):
            latest = max(latest, act.time)
            if stretch.time > act.time:
                for table in _TIMED:
                    index.execute(
                        f"UPDATE {table} SET time = ? WHERE position >= ? AND position < ? AND time > ?",
                        act.time, first, act.position, act.time,
                    )  # fmt: skip
        index.insert("log", [(latest,)])

    def finish(self) -> None:
        """Settle what depends on several entries, and mark the index complete."""
        index = self._index
        self._settle_times()
        index.insert("discounted", self._discounted)
        index.add_indexes("artifact", "approval", "blank")
        message = "its artifact's name does not stand for exactly one fingerprint in its trail; it counts for nothing"
        for position, entry, name in bind_names(index, MAX_NOTICES):
            self._note("ambiguous-binding", position, entry, f"{name}: {message}")
        index.add_indexes("evidence")
        supersede(index)
        self._snapshots.settle(index)
        index.add_indexes("snapshot", "renewal")  # by which the reports are read in order
        self._snapshots.settle_parts(index)
        fold_environments(index)
        index.add_indexes("deployment", "state", "span", "source", "lineage", "pull_request", "change")
        index.add_indexes("chain", "allow", "decision", "closing", "listing", "unbound")
        index.complete()

    def _note(self, code: str, position: int, entry: str, message: str) -> None:
        self._notices[code] += 1
        if self._notices[code] <= MAX_NOTICES:
            self._index.insert("notice", [(code, position, entry, message)])

    def _make(self, entry: Judged, make: Callable[[Judged, JsonObject], None]) -> None:
        """The fact that an entry is, or a blank where its body is not there or cannot be read."""
        if entry.body is not None:
            try:
                return make(entry, decode_again(entry.body))
            except MalformedError as error:
                self._note("unreadable", entry.position, entry.id, str(error))
        self._blank(entry, self._chain(entry))

    def _blank(self, entry: Judged, chain: _Chain) -> None:
        header = entry.header
        self._rows["blank"] += (
            (entry.position, entry.id, entry.effective, entry.writer, chain.position, header.seq, chain.trail,
             header.kind, *subject)
            for subject in dict.fromkeys(header.subjects) or [("", "")]
        )  # fmt: skip

    def _chain(self, entry: Judged) -> _Chain:
        # An entry that counts has its genesis in front of it; a chain without one would share nothing.
        return self._chains.get(entry.header.chain) or _Chain(entry.position, entry.position, "", "")

    def _genesis(self, entry: Judged) -> None:
        body, readable = Genesis(), entry.body is not None
        if entry.body is not None:
            try:
                body = Genesis.read(Fields(decode_again(entry.body), "genesis"))
            except MalformedError as error:
                readable = False
                self._note("unreadable", entry.position, entry.id, str(error))
        # Without a trail's name, a chain is a trail of its own.
        trail = (
            self._trails.setdefault((body.flow, body.trail), entry.position) if body.trail else entry.position
        )
        chain = self._chains[entry.id] = _Chain(entry.position, trail, body.repository, body.commit)
        if entry.counts and not readable:
            self._blank(entry, chain)
        self._rows["chain"].append(
            (entry.position, entry.id, entry.key, entry.effective, entry.writer, body.flow, body.trail,
             body.job, body.repository, body.commit, body.branch, body.run.url, body.run.actor, body.run.provider,
             trail, int(entry.counts))
        )  # fmt: skip

    def _artifact(self, entry: Judged, value: JsonObject) -> None:
        body = Artifact.read(Fields(value, "artifact"))
        _check_subject(entry, body.subject)
        chain = self._chain(entry)
        self._rows["artifact"].append(
            (entry.position, entry.id, entry.effective, entry.writer, chain.position, chain.trail, body.subject.name,
             body.subject.sha256, body.size, body.type, body.version, body.repository or chain.repository,
             body.commit or chain.commit, 1, entry.header.body, tie_of(entry))
        )  # fmt: skip
        if body.source is not None:
            source = body.source
            author = source.author.name or source.author.email
            self._rows["source"].append(
                (entry.position, body.commit or chain.commit, " ".join(source.parents), source.committer.time,
                 author)
            )  # fmt: skip
            # Each commit of the recorded range is the first parent of the next.
            for parent, commit in pairwise((source.since, *source.commits)):
                self._rows["lineage"].append((entry.position, commit, parent))

    def _evidence(self, entry: Judged, value: JsonObject) -> None:
        body = Evidence.read(Fields(value, "evidence"))
        chain = self._chain(entry)
        subject: str | None
        if body.artifact is not None:
            _check_subject(entry, body.artifact)
            subject = body.artifact.sha256
        elif entry.header.subjects:
            raise MalformedError("the header names an artifact's bytes and the body does not", code="body")
        elif body.artifact_name:
            subject = None
        elif body.commit:
            subject = f"commit:{body.commit}"
        else:
            subject = f"trail:{chain.trail}"
        self._rows["evidence"].append(
            (entry.position, entry.id, entry.effective, entry.writer, chain.position, entry.header.seq, chain.trail,
             subject, body.artifact_name, body.control, body.type, body.result, _details(body), 1,
             entry.header.body)
        )  # fmt: skip
        change = body.pull_request
        if change is not None:
            self._rows["pull_request"].append(
                (entry.position, change.url, change.number, change.author, change.merge_commit, change.head)
            )
            self._rows["change"] += [
                (entry.position, one.commit, one.time, ", ".join(one.authors)) for one in change.changes
            ]

    def _approval(self, entry: Judged, value: JsonObject) -> None:
        body = Approval.read(Fields(value, "approval"))
        _check_subject(entry, body.artifact)
        given = f"given by {body.given_by}" if body.given_by else ""
        detail = " · ".join(part for part in (body.reason, given) if part)
        self._rows["approval"].append(
            (entry.position, entry.id, entry.effective, entry.writer, body.artifact.name, body.artifact.sha256,
             body.environment, body.decision, detail, 1, entry.header.body)
        )  # fmt: skip

    def _deployment(self, entry: Judged, value: JsonObject) -> None:
        body = Deployment.read(Fields(value, "deployment"))
        _check_subject(entry, body.artifact)
        links = body.extras.links
        self._rows["deployment"].append(
            (entry.position, entry.id, entry.effective, entry.writer, self._chain(entry).position,
             body.artifact.name, body.artifact.sha256, body.environment, body.service, body.reason,
             links[0].url if links else "", tie_of(entry))
        )  # fmt: skip

    def _allow(self, entry: Judged, value: JsonObject) -> None:
        body = Allow.read(Fields(value, "allow"))
        if body.artifact is not None:
            _check_subject(entry, body.artifact)
        name, digest = body.artifact or (body.name, "")
        self._rows["allow"].append(
            (entry.position, entry.id, entry.effective, entry.writer, name, digest, body.environment, body.until,
             body.reason, json.dumps(body.controls))
        )  # fmt: skip

    def _decision(self, entry: Judged, value: JsonObject) -> None:
        body = Decision.read(Fields(value, "decision"))
        _check_subject(entry, body.artifact)
        self._rows["decision"].append(
            (entry.position, entry.id, entry.effective, entry.writer, *body.artifact, body.environment, body.result,
             body.policy.sha256 if body.policy is not None else "")
        )  # fmt: skip

    def _policy(self, entry: Judged, value: JsonObject) -> None:
        body = Policy.read(Fields(value, "policy"))
        self._rows["policy"].append(
            (entry.position, entry.id, entry.effective, entry.writer, self._chain(entry).position, entry.header.seq,
             body.name, entry.header.body)
        )  # fmt: skip

    def _listing(self, entry: Judged, value: JsonObject) -> None:
        body = Seal.read(Fields(value, "seal"))
        self._rows["listing"].append(
            (entry.position, entry.id, entry.effective, entry.writer, self._chain(entry).position,
             json.dumps(body.chains))
        )  # fmt: skip

    def _merge(self, entry: Judged, value: JsonObject) -> None:
        body = Merge.read(Fields(value, "merge"))
        taken = sum(source.taken for source in body.sources)
        # Whoever merges can count no further than the log reaches; a larger number would not fit a column.
        self._rows["merge"].append(
            (entry.position, entry.id, entry.effective, entry.writer, self._chain(entry).position,
             min(taken, entry.position))
        )  # fmt: skip


def _details(body: Evidence) -> str:
    """What a result says beyond pass or fail, in one line."""
    parts = []
    if body.description:
        parts.append(body.description)
    if body.summary:
        # What there was none of says little, unless there was nothing at all.
        some = {word: count for word, count in body.summary.items() if count}
        parts.append(", ".join(f"{count} {word}" for word, count in (some or body.summary).items()))
    if body.failed:
        more = len(body.failed) - _MAX_FAILED_SHOWN
        shown = ", ".join(body.failed[:_MAX_FAILED_SHOWN])
        parts.append(f"failed: {shown}, and {more} more" if more > 0 else f"failed: {shown}")
    return " · ".join(parts)


def _check_subject(entry: Judged, artifact: Subject) -> None:
    """Tools that read only the header, and people who read only the body, must see the same artifact."""
    if artifact not in entry.header.subjects:
        raise MalformedError("the body is about another artifact than the header", code="body")
