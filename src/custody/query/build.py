"""Building the index from a stream of judged entries.

Entries that do not count leave nothing behind, but for the chain that a genesis begins. What depends on other
entries (which evidence is in force, what a name means in its trail, an environment's states) is settled in `finish`,
so that it does not depend on the order of the log.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from custody.kinds import Approval, Artifact, Deployment, Evidence, Genesis, Snapshot
from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject, MalformedError, decode_object
from custody.ledger.entry import MAX_BODY, Subject
from custody.query.fold import Item
from custody.query.index import Index
from custody.query.states import fold_environments, write_items, write_scope

if TYPE_CHECKING:
    from custody.trust.judge import Judged

MAX_NOTICES = 1000
_MAX_FAILED_SHOWN = 3
_SALT_TAIL = re.compile(rb'"salt":"[0-9a-f]{32}"\}')
_SALT_TAIL_SIZE = 42
_MAX_CONTENTS = 256
_TIMED = ("chain", "artifact", "evidence", "approval", "deployment", "snapshot")

# Everything is taken to be in force, and to be the newest, until something else is found to be; that is rare, so
# only what there are several of is put in order. Of evidence, the last of each chain comes first; then the latest;
# of two at the same time the worse, then any one, but always the same: by entry id, which no merge changes.
_SUPERSEDED_EVIDENCE = """
    UPDATE evidence SET in_force = 0 WHERE position IN (
        SELECT position FROM (
            SELECT position, row_number() OVER (
                PARTITION BY subject, control
                ORDER BY place_in_chain > 1, time DESC, result = 'fail' DESC, entry) AS place
            FROM (
                SELECT position, subject, control, time, result, entry, row_number() OVER (
                    PARTITION BY subject, control, chain ORDER BY seq DESC) AS place_in_chain
                FROM evidence WHERE (subject, control) IN (
                    SELECT subject, control FROM evidence GROUP BY subject, control HAVING count(*) > 1)))
        WHERE place > 1)
"""
_SUPERSEDED_APPROVALS = """
    UPDATE approval SET in_force = 0 WHERE position IN (
        SELECT position FROM (
            SELECT position, row_number() OVER (
                PARTITION BY sha256, environment ORDER BY time DESC, decision = 'rejected' DESC, entry) AS place
            FROM approval WHERE (sha256, environment) IN (
                SELECT sha256, environment FROM approval GROUP BY sha256, environment HAVING count(*) > 1))
        WHERE place > 1)
"""
_OLDER_ARTIFACTS = """
    UPDATE artifact SET newest = 0 WHERE position IN (
        SELECT position FROM (
            SELECT position, row_number() OVER (PARTITION BY sha256 ORDER BY time DESC, position DESC) AS place
            FROM artifact WHERE sha256 IN (SELECT sha256 FROM artifact GROUP BY sha256 HAVING count(*) > 1))
        WHERE place > 1)
"""
_BIND = """
    UPDATE evidence SET subject = (
        SELECT max(sha256) FROM artifact WHERE artifact.trail = evidence.trail AND artifact.name = evidence.name
        HAVING count(DISTINCT sha256) = 1)
    WHERE subject IS NULL
"""
# A snapshot that says "as before" names the entry that says what. Which content that is does not depend on where either
# stands in the log; and it is that of an entry that says it outright, never of one that says "as before" itself.
_RENEW = """
    UPDATE snapshot SET content = found.content
    FROM (
        SELECT renewal.position, base.environment, base.content
        FROM renewal JOIN snapshot AS base ON base.entry = renewal.base WHERE base.content > 0) AS found
    WHERE snapshot.position = found.position AND snapshot.environment = found.environment
"""


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
        self._contents: dict[bytes, tuple[str, int, str]] = {}
        self._content_count = 0
        self._notices: Counter[str] = Counter()
        self._without_fingerprint: set[tuple[str, str, str]] = set()
        self._latest = ""  # the latest time claimed since the last merge
        self._covered = 0  # that merge's position
        self._rows: dict[str, list[tuple[object, ...]]] = {
            table: [] for table in (*_TIMED, "content", "renewal")
        }
        self._makers: dict[str, Callable[[Judged, JsonObject], None]] = {
            "artifact": self._artifact,
            "evidence": self._evidence,
            "approval": self._approval,
            "deployment": self._deployment,
            "snapshot": self._snapshot,
        }

    def add(self, entries: Sequence[Judged]) -> None:
        """Take in the next entries, in the log's order."""
        makers = self._makers
        for entry in entries:
            kind = entry.header.kind
            if kind == "genesis":
                self._genesis(entry)
            elif entry.counts and kind in makers and entry.body is not None:
                if kind == "snapshot" and self._seen_before(entry, entry.body):
                    continue
                try:
                    makers[kind](entry, decode_object(entry.body, MAX_BODY))
                except MalformedError as error:
                    self._note("unreadable", entry.position, entry.id, str(error))
            if entry.counts and entry.effective > self._latest:
                self._latest = entry.effective
            if kind == "merge" and entry.counts:
                self._cover(entry)
        self._flush()

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                self._index.insert(table, rows)
                rows.clear()

    def _cover(self, merge: Judged) -> None:
        """What a merge covers took effect no later than it, whatever it claims."""
        if self._latest > merge.effective:
            self._flush()
            for table in _TIMED:
                self._index.execute(
                    f"UPDATE {table} SET time = ? WHERE position >= ? AND position < ? AND time > ?",
                    merge.effective, self._covered, merge.position, merge.effective,
                )  # fmt: skip
        self._latest = ""
        self._covered = merge.position

    def finish(self) -> None:
        """Settle what depends on several entries, and mark the index complete."""
        index = self._index
        index.add_indexes("artifact", "approval")
        index.execute(_BIND)
        message = "its artifact's name does not stand for exactly one fingerprint in its trail; it counts for nothing"
        for position, entry, name in index.rows(
            "SELECT position, entry, name FROM evidence WHERE subject IS NULL ORDER BY position LIMIT ?",
            MAX_NOTICES,
        ):
            self._note("ambiguous-binding", position, entry, f"{name}: {message}")
        index.execute("DELETE FROM evidence WHERE subject IS NULL")
        index.add_indexes("evidence")
        index.execute(_SUPERSEDED_EVIDENCE)
        index.execute(_SUPERSEDED_APPROVALS)
        index.execute(_OLDER_ARTIFACTS)
        self._renew()
        fold_environments(index)
        index.add_indexes("deployment", "state", "span")
        index.complete()

    def _note(self, code: str, position: int, entry: str, message: str) -> None:
        self._notices[code] += 1
        if self._notices[code] <= MAX_NOTICES:
            self._index.insert("notice", [(code, position, entry, message)])

    def _chain(self, entry: Judged) -> _Chain:
        # An entry that counts has its genesis in front of it; a chain without one would share nothing.
        return self._chains.get(entry.header.chain) or _Chain(entry.position, entry.position, "", "")

    def _genesis(self, entry: Judged) -> None:
        body = Genesis()
        if entry.body is not None:
            try:
                body = Genesis.read(Fields(decode_object(entry.body, MAX_BODY), "genesis"))
            except MalformedError as error:
                self._note("unreadable", entry.position, entry.id, str(error))
        # Without a trail's name, a chain is a trail of its own.
        trail = (
            self._trails.setdefault((body.flow, body.trail), entry.position) if body.trail else entry.position
        )
        self._chains[entry.id] = _Chain(entry.position, trail, body.repository, body.commit)
        self._rows["chain"].append(
            (entry.position, entry.id, entry.key, entry.effective, entry.writer, body.flow, body.trail,
             body.job, body.repository, body.commit, body.branch, body.run.url)
        )  # fmt: skip

    def _artifact(self, entry: Judged, value: JsonObject) -> None:
        body = Artifact.read(Fields(value, "artifact"))
        _check_subject(entry, body.subject)
        chain = self._chain(entry)
        self._rows["artifact"].append(
            (entry.position, entry.id, entry.effective, entry.writer, chain.position, chain.trail, body.subject.name,
             body.subject.sha256, body.size, body.type, body.version, body.repository or chain.repository,
             body.commit or chain.commit, 1)
        )  # fmt: skip

    def _evidence(self, entry: Judged, value: JsonObject) -> None:
        body = Evidence.read(Fields(value, "evidence"))
        chain = self._chain(entry)
        subject: str | None
        if body.artifact is not None:
            _check_subject(entry, body.artifact)
            subject = body.artifact.sha256
        elif body.artifact_name:
            subject = None
        elif body.commit:
            subject = f"commit:{body.commit}"
        else:
            subject = f"trail:{chain.trail}"
        self._rows["evidence"].append(
            (entry.position, entry.id, entry.effective, entry.writer, chain.position, entry.header.seq, chain.trail,
             subject, body.artifact_name, body.control, body.type, body.result, _details(body), 1)
        )  # fmt: skip

    def _approval(self, entry: Judged, value: JsonObject) -> None:
        body = Approval.read(Fields(value, "approval"))
        _check_subject(entry, body.artifact)
        given = f"given by {body.given_by}" if body.given_by else ""
        detail = " · ".join(part for part in (body.reason, given) if part)
        self._rows["approval"].append(
            (entry.position, entry.id, entry.effective, entry.writer, body.artifact.name, body.artifact.sha256,
             body.environment, body.decision, detail, 1)
        )  # fmt: skip

    def _deployment(self, entry: Judged, value: JsonObject) -> None:
        body = Deployment.read(Fields(value, "deployment"))
        _check_subject(entry, body.artifact)
        self._rows["deployment"].append(
            (entry.position, entry.id, entry.effective, entry.writer, body.artifact.name, body.artifact.sha256,
             body.environment, body.service, body.reason)
        )  # fmt: skip

    def _snapshot(self, entry: Judged, value: JsonObject) -> None:
        body = Snapshot.read(Fields(value, "snapshot"))
        content = 0
        if not body.unchanged:
            self._content_count = content = self._content_count + 1
            running = [Item(one.service, *one.artifact, one.count, one.version) for one in body.running]
            self._rows["content"].append((content, write_items(running), write_scope(body.scope)))
            self._note_unknown(entry, body)
        if len(self._contents) >= _MAX_CONTENTS:
            self._contents.clear()
        if entry.body is not None and _ends_in_salt(entry.body):
            self._contents[_without_salt(entry.body)] = body.environment, content, body.unchanged
        self._add_snapshot(entry, body.environment, content, body.unchanged)

    def _seen_before(self, entry: Judged, data: bytes) -> bool:
        """Most snapshots repeat an earlier one but for the salt, which canonical JSON puts last: those are not
        decoded again. What has the same bytes in front of a well-formed salt has the same meaning."""
        known = self._contents.get(_without_salt(data))
        if known is None or not _ends_in_salt(data):
            return False
        self._add_snapshot(entry, *known)
        return True

    def _add_snapshot(self, entry: Judged, environment: str, content: int, unchanged: str) -> None:
        if unchanged:
            self._rows["renewal"].append((entry.position, unchanged))
        self._rows["snapshot"].append(
            (entry.position, entry.id, entry.effective, entry.writer, environment, content)
        )

    def _note_unknown(self, entry: Judged, body: Snapshot) -> None:
        """Say, once for each, what runs whose bytes the ledger cannot know."""
        for one in body.running:
            key = body.environment, one.service, one.artifact.sha256
            if one.basis == "fingerprint" or key in self._without_fingerprint:
                continue
            if len(self._without_fingerprint) < MAX_NOTICES:
                self._without_fingerprint.add(key)
                known_by = (
                    f"the image id {one.artifact.sha256[:12]}" if one.basis == "image-id" else one.reference
                )
                message = (
                    f"{one.service} in {body.environment} runs what is known by {known_by} and no fingerprint"
                )
                self._note("no-fingerprint", entry.position, entry.id, message)

    def _renew(self) -> None:
        """Find what each snapshot repeats that says "as before"; what is not there is not known, and counts for
        nothing."""
        index = self._index
        if index.row("SELECT 1 FROM renewal LIMIT 1") is None:
            return
        index.execute(_RENEW)
        for position, entry, environment, base in index.rows(
            "SELECT snapshot.position, entry, environment, base FROM snapshot JOIN renewal USING (position) "
            "WHERE content = 0 ORDER BY position LIMIT ?",
            MAX_NOTICES,
        ):
            message = f"{environment} is said to be as entry {base[:12]} has it, which is no report of it that counts"
            self._note("unchanged-unknown", position, entry, f"{message}; it counts for nothing")
        index.execute("DELETE FROM snapshot WHERE content = 0")


def _ends_in_salt(body: bytes) -> bool:
    return _SALT_TAIL.fullmatch(body, max(0, len(body) - _SALT_TAIL_SIZE)) is not None


def _without_salt(body: bytes) -> bytes:
    return sha256(body[:-_SALT_TAIL_SIZE]).digest()


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
