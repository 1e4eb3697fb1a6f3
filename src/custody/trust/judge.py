"""Judging each verified entry: who wrote it, whether they might, and so whether it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from custody.errors import SigningKeyError
from custody.keys.ed25519 import PublicKey
from custody.kinds import Merge
from custody.kinds.fields import Fields
from custody.ledger.canonical import MalformedError, decode_again
from custody.ledger.entry import Header
from custody.ledger.findings import Finding
from custody.ledger.verify import Verified
from custody.trust.anchors import Governing
from custody.trust.document import Identity
from custody.trust.merges import MergeEntry, Stretch, covered, own_merges
from custody.trust.roles import may_write, needed_role

NEVER = 2**63
CONDUCT = frozenset({"fork", "after-last", "late-after-revocation", "unknown-writer", "role"})
"""What a disowning answers for; it never excuses bytes that are not what was signed."""


class Judged(NamedTuple):
    """One verified entry and whose word it is.

    `writer` is the identity that the trust document gives its key ("" for none), `effective` its time in effect,
    `counts` whether answers may rest on it, `body` the stored body's bytes where there are any.
    """

    position: int
    id: str
    header: Header
    key: str
    effective: str
    writer: str
    counts: bool
    body: bytes | None


class _Writer(NamedTuple):
    """What the governing document says of a key."""

    name: str
    identity: Identity | None
    is_root: bool
    revoked_from: int  # the position of the document that revoked it
    spared: frozenset[str]  # chains that count in spite of the revocation


class Judge:
    """Judges entries in log order. Without a governing document nobody is known and what is sound counts."""

    def __init__(self, governing: Governing) -> None:
        self._line = governing.line
        self._document = governing.current
        self._writers: dict[str, _Writer] = {}
        self._always_allowed: set[tuple[str, str]] = set()  # key and kind, wherever in the log
        self._unknown_chains: set[str] = set()
        self._latest = ("", -1, "")  # the latest time claimed since the last merge, where, and by which entry
        self._merges: list[tuple[str, MergeEntry]] = []  # those that count, with their chain
        self._stretches: list[Stretch] = []
        self._once: set[tuple[object, ...]] = set()
        self._disowned_entries: dict[str, str] = {}
        self._disowned_chains: dict[str, str] = {}
        if self._document is not None:
            for one in self._document.disowned:
                self._disowned_entries.update(dict.fromkeys(one.entries, one.reason))
                self._disowned_chains.update(dict.fromkeys(one.chains, one.reason))

    def judge(self, entries: Sequence[Verified], findings: list[Finding]) -> list[Judged]:
        """The entries judged; what there is to say is added to `findings`."""
        return [self._judge(entry, findings) for entry in entries]

    def is_disowned(self, entry_id: str, chain: str) -> str | None:
        """The reason why an entry was disowned, if it was."""
        return self._disowned_entries.get(entry_id) or self._disowned_chains.get(chain)

    def writer_of(self, key: str) -> str:
        """The identity that a key (hex) belongs to, or ""."""
        return self._writer(key).name

    def allows(self, key: str, kind: str) -> bool:
        """Whether a key's roles (hex) let it record a kind. Without a document everybody may record everything."""
        writer = self._writer(key)
        roles = writer.identity.roles if writer.identity is not None else frozenset()
        return self._document is None or may_write(kind, roles, writer.is_root)

    def revoked_from(self, key: str) -> int:
        """The position of the document that revoked a key; beyond every log for one that was not."""
        return self._writer(key).revoked_from

    def _judge(self, entry: Verified, findings: list[Finding]) -> Judged:
        position, entry_id, header, key, effective, counts, body = entry
        writer = self._writers.get(key) or self._writer(key)
        chain = header.chain or entry_id
        if self._disowned_entries or self._disowned_chains:
            reason = self.is_disowned(entry_id, chain)
            if reason is not None:
                findings.append(Finding("disowned", f"disowned: {reason}", position, entry_id))
                return Judged(position, entry_id, header, key, effective, writer.name, False, body)
        if self._document is not None and (key, header.kind) not in self._always_allowed:
            if not self._allowed(entry, writer, chain, findings):
                counts = False
            elif writer.revoked_from == NEVER:
                self._always_allowed.add((key, header.kind))
        if header.once and counts:
            act = (key, header.once, header.kind, header.subjects)
            if act in self._once:
                message = "this writer recorded the like of it under the same --once key before"
                findings.append(Finding("once-repeated", message, position, entry_id))
            self._once.add(act)
        if header.kind == "merge" and counts:
            taken = _taken(body)
            if taken is not None:
                self._merges.append((chain, MergeEntry(-1, position, taken, effective)))
            self._stretches.append(Stretch(position, *self._latest))
            self._latest = (effective, position, entry_id)
        elif effective > self._latest[0]:
            self._latest = (effective, position, entry_id)
        return Judged(position, entry_id, header, key, effective, writer.name, counts, body)

    def covered_times(self, begins: Mapping[str, int]) -> Iterator[Finding]:
        """At the end: nothing that a merge into this ledger covers happened after it, whatever it claims (spec: which
        counts). `begins` is by chain the position of its genesis."""
        acts = own_merges(one._replace(chain=begins[chain]) for chain, one in self._merges)
        for _, act, latest in covered(acts, self._stretches):
            if latest.time > act.time:
                merge = f"the merge at position {act.position} that covers it"
                message = f"claims {latest.time}, behind {merge}: it takes effect {act.time}"
                yield Finding("future-time", message, latest.position, latest.entry)

    def _allowed(self, entry: Verified, writer: _Writer, chain: str, findings: list[Finding]) -> bool:
        kind = entry.header.kind
        if writer.identity is None and not writer.is_root:
            if chain not in self._unknown_chains:
                self._unknown_chains.add(chain)
                message = f"key {_fingerprint(entry.key)} belongs to nobody in the trust document"
                findings.append(Finding("unknown-writer", message, entry.position, entry.id))
            return False
        if entry.position > writer.revoked_from and chain not in writer.spared:
            message = f"{writer.name}'s key was revoked at position {writer.revoked_from}"
            findings.append(Finding("late-after-revocation", message, entry.position, entry.id))
            return False
        roles = writer.identity.roles if writer.identity is not None else frozenset()
        if kind == "trust":
            return True  # its signer was judged when the governing document was found
        if not may_write(kind, roles, writer.is_root):
            message = f"{writer.name} recorded {kind}, which needs the role {needed_role(kind)}"
            findings.append(Finding("role", message, entry.position, entry.id))
            return False
        return True

    def _writer(self, key: str) -> _Writer:
        if key not in self._writers:
            self._writers[key] = self._look_up(key)
        return self._writers[key]

    def _look_up(self, key: str) -> _Writer:
        if self._document is None or not key:
            return _Writer("", None, False, NEVER, frozenset())
        identity = self._document.by_key.get(key)
        is_root = any(recorded.document.has_root(key) for recorded in self._line)
        name = identity.name if identity is not None else "root" if is_root else ""
        fingerprint = _fingerprint(key)
        spared: frozenset[str] = frozenset()
        for revoked in self._document.revoked:
            if revoked.fingerprint == fingerprint:
                spared |= revoked.chains
        return _Writer(name, identity, is_root, self._revoked_position(fingerprint), spared)

    def _revoked_position(self, fingerprint: str) -> int:
        """Where the current revocation of a key began: revoked in this document and in all after it."""
        position = NEVER
        for recorded in reversed(self._line):
            if all(revoked.fingerprint != fingerprint for revoked in recorded.document.revoked):
                break
            position = recorded.position
        return position


def _taken(body: bytes | None) -> int | None:
    """How many entries a merge took, as it says; None where it cannot be read."""
    try:
        return (
            sum(one.taken for one in Merge.read(Fields(decode_again(body), "merge")).sources)
            if body
            else None
        )
    except MalformedError:
        return None


def _fingerprint(key: str) -> str:
    """Of a chain's key, which in a hostile log need not be one."""
    try:
        return PublicKey.from_hex(key).fingerprint
    except SigningKeyError:
        return "(none)"
