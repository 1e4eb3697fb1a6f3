"""Entries as they are stored, hashed and verified again at the moment somebody looks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Literal, NamedTuple

from custody.errors import CustodyError, UsageError
from custody.keys.ed25519 import PublicKey
from custody.ledger import dsse
from custody.ledger.canonical import JsonObject, MalformedError, decode_object
from custody.ledger.entry import MAX_BODY, Header, Subject, entry_id, parse_header
from custody.ledger.reader import RawRow, Row, Snapshot
from custody.query.proofs import inclusions
from custody.query.titles import title

BodyState = Literal["present", "missing", "differs", "malformed"]
_STATE_TITLES = {"missing": "body not there", "differs": "body is other bytes", "malformed": "body malformed"}


class StoredAttachment(NamedTuple):
    """What a header commits to; `present` says that exactly those bytes are there."""

    sha256: str
    size: int
    media_type: str
    present: bool


class EntryDetail(NamedTuple):
    """One entry, whole. Of a malformed header only position, id, header_text and signature mean anything."""

    position: int
    id: str
    kind: str
    time: str
    chain: str
    seq: int
    prev: str
    key: str  # of its chain, by the genesis; "" where there is none
    header_text: str  # the signed bytes
    body_text: str  # indented JSON; "" unless present
    body_state: BodyState
    attachments: tuple[StoredAttachment, ...]
    signature: str
    subjects: tuple[Subject, ...]
    last: bool
    once: str
    signature_ok: bool


class EntryLine(NamedTuple):
    """One entry in a table. `kind` is "" where the header is malformed."""

    position: int
    id: str
    time: str
    kind: str
    seq: int
    chain: str
    subjects: tuple[str, ...]  # names
    title: str
    last: bool = False  # whether it closes its chain


class ChainPlace(NamedTuple):
    """A place in a chain, and the positions of what is filed there: more than one are a fork."""

    seq: int
    positions: tuple[int, ...]


def page(snapshot: Snapshot, start: int, count: int) -> list[EntryLine]:
    """The entries at `count` positions from `start`, as far as there are any."""
    start = max(start, 0)
    lines: list[EntryLine] = []
    for rows in snapshot.rows(start, start + max(count, 0)):
        lines += _lines(snapshot, rows)
    return lines


def _lines(snapshot: Snapshot, rows: list[RawRow]) -> list[EntryLine]:
    headers = [header_of(row[2]) for row in rows]
    bodies = BodyReader(snapshot, [header.body for header in headers if header is not None])
    lines = []
    for (position, _, data, *_), header in zip(rows, headers, strict=True):
        identity = entry_id(data)
        if header is None:
            lines.append(EntryLine(position, identity, "", "", 0, "", (), "header malformed"))
            continue
        value, state = bodies.read(header)
        words = title(header.kind, value) if value is not None else _STATE_TITLES[state]
        names = tuple(subject.name for subject in header.subjects)
        chain = header.chain or identity
        lines.append(
            EntryLine(
                position, identity, header.time, header.kind, header.seq, chain, names, words, header.last
            )
        )
    return lines


def chain_places(snapshot: Snapshot, chain: str, first: int, count: int) -> list[ChainPlace]:
    """What is filed at `count` places of a chain, from seq `first`; nothing of it verified."""
    found: dict[int, tuple[int, ...]] = {}
    for seq, position in snapshot.places(chain, max(first, 0), first + count - 1, 4 * count):
        found[seq] = (*found.get(seq, ()), position)
    return [ChainPlace(seq, positions) for seq, positions in found.items()]


def entry_detail(snapshot: Snapshot, position: int) -> EntryDetail:
    """Everything about the entry at a position. Raises UsageError "no-entry" where there is none."""
    row = snapshot.row(position)
    if row is None:
        last = snapshot.count - 1
        known = f"positions go from 0 to {last}" if last >= 0 else "the ledger is empty"
        raise UsageError(f"there is no entry at position {position}: {known}", code="no-entry")
    header = header_of(row.header)
    identity = entry_id(row.header)
    text = row.header.decode("utf-8", "backslashreplace")
    if header is None:
        return EntryDetail(
            position, identity, "", "", "", 0, "", "", text, "", "missing", (), row.signature.hex(), (), False, "",
            False,
        )  # fmt: skip
    value, state = BodyReader(snapshot, [header.body]).read(header)
    key = header.key or _chain_key(snapshot, header.chain)
    return EntryDetail(
        position,
        identity,
        header.kind,
        header.time,
        header.chain or identity,
        header.seq,
        header.prev,
        key,
        text,
        "" if value is None else json.dumps(value, indent=2, ensure_ascii=False),
        state,
        _attachments(snapshot, header),
        row.signature.hex(),
        header.subjects,
        header.last,
        header.once,
        _is_signed(row, key),
    )


def inclusion(snapshot: Snapshot, position: int, size: int) -> list[bytes]:
    """RFC 6962 §2.1.1: the audit path of an entry in the tree of the first `size` entries, its sibling first.

    Raises UsageError out of range, and where positions do not count without a gap.
    """
    return inclusions(snapshot, [position], size)[position]


class BodyReader:
    """Some entries' bodies, fetched at once; each is hashed when it is read."""

    def __init__(self, snapshot: Snapshot, digests: Sequence[str]) -> None:
        self._snapshot = snapshot
        self._stored = snapshot.bodies(digests)

    def read(self, header: Header) -> tuple[JsonObject | None, BodyState]:
        stored = self._stored.get(bytes.fromhex(header.body))
        if stored is None:
            # Bytes too long to be a body are left where they are.
            return None, "missing" if self._snapshot.measure_blob(header.body) is None else "differs"
        data = stored[1]
        if len(data) != header.body_size or hashlib.sha256(data).hexdigest() != header.body:
            return None, "differs"
        try:
            return decode_object(data, MAX_BODY), "present"
        except MalformedError:
            return None, "malformed"


def header_of(data: bytes) -> Header | None:
    """An entry's header; None where it is malformed."""
    try:
        return parse_header(data)
    except MalformedError:
        return None


def _chain_key(snapshot: Snapshot, chain: str) -> str:
    """The key that a chain's genesis names; the genesis is found by its bytes and not by what a column says."""
    for position in snapshot.find(chain):
        row = snapshot.row(position)
        header = header_of(row.header) if row and entry_id(row.header) == chain else None
        if header is not None and header.kind == "genesis":
            return header.key
    return ""


def _is_signed(row: Row, key: str) -> bool:
    try:
        return PublicKey.from_hex(key).verify(dsse.pae(row.header), row.signature)
    except CustodyError:
        return False  # no genesis, or a key that is no sound key


def _attachments(snapshot: Snapshot, header: Header) -> tuple[StoredAttachment, ...]:
    found = []
    for attachment in header.attachments:
        measured = snapshot.measure_blob(attachment.sha256)
        present = measured is not None and measured[1:] == (attachment.sha256, attachment.size)
        found.append(StoredAttachment(*attachment, present))
    return tuple(found)
