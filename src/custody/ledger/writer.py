"""Appending: a writer's run becomes a chain of signed entries at the end of a ledger.

A run continues its chain only while this machine's own record says that it wrote exactly that head (`heads`);
otherwise it begins a new one, so that copies and parallel jobs never fork a chain by accident.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from custody.errors import UsageError
from custody.keys.ed25519 import Signer
from custody.ledger import canonical, dsse, timestamps
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import (
    MAX_ATTACHMENT,
    MAX_BODY,
    Attachment,
    Header,
    Seen,
    Subject,
    entry_id,
    once_digest,
    parse_header,
)
from custody.ledger.heads import Head, HeadStore
from custody.ledger.signing import signatures
from custody.ledger.store import DEFAULT_WAIT, Store, Transaction

SALT_SIZE = 16


Witness = Callable[[str, str], Seen | None]
"""Given a log's origin and the id of its first entry ("" while it has none), a checkpoint of it that is known."""


class Draft(NamedTuple):
    """What is to be recorded: a kind's body (without its salt) and what it is about.

    `attachments` are (bytes, media type); `once` is the --once key; `last` closes the chain.
    """

    kind: str
    body: JsonObject
    subjects: tuple[Subject, ...] = ()
    attachments: tuple[tuple[bytes, str], ...] = ()
    once: str | None = None
    last: bool = False


class Unsigned(NamedTuple):
    """An entry but for its signature."""

    id: str
    header: Header
    data: bytes
    blobs: dict[str, bytes]


class Signed(NamedTuple):
    """An entry ready for a ledger: its header's bytes, signature, and the blobs it commits to, by digest."""

    id: str
    header: Header
    data: bytes
    signature: bytes
    blobs: dict[str, bytes]

    @property
    def chain(self) -> str:
        return self.header.chain or self.id


class Receipt(NamedTuple):
    """Proof for the caller that an entry is durable. `repeated` says that --once found it recorded already."""

    position: int
    id: str
    chain: str
    seq: int
    kind: str
    repeated: bool = False


class ChainWriter:
    """Writes one run's entries, one after the other, and signs them. Does no I/O.

    What it prepared is the chain's head, signed or not: whatever comes next follows it.
    """

    def __init__(
        self,
        signer: Signer,
        *,
        clock: Callable[[], str] = timestamps.now,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.signer = signer
        self.head: Head | None = None
        self._clock = clock
        self._entropy = entropy

    def begin(self, origin: str, context: JsonObject, seen: Seen | None = None) -> Signed:
        """The genesis of a new chain: `context` is what all of the run's entries share."""
        return self._sign(self.prepare_genesis(origin, context, seen))

    def sign(self, draft: Draft) -> Signed:
        """The chain's next entry. The chain must have begun and not be closed."""
        return self._sign(self.prepare(draft))

    def prepare_genesis(self, origin: str, context: JsonObject, seen: Seen | None = None) -> Unsigned:
        """As `begin`, but for the signature."""
        body, blobs = self._body(context)
        header = Header(
            "genesis",
            0,
            self._clock(),
            body,
            len(blobs[body]),
            origin=origin,
            key=self.signer.public.hex,
            nonce=self._entropy(16).hex(),
            seen=seen,
        )
        return self._prepared(header, blobs)

    def prepare(self, draft: Draft) -> Unsigned:
        """As `sign`, but for the signature."""
        if self.head is None:
            raise ValueError("the chain has not begun")
        body, blobs = self._body(draft.body)
        attachments = []
        for data, media_type in draft.attachments:
            if len(data) > MAX_ATTACHMENT:
                raise UsageError(
                    f"an attachment of {len(data)} bytes: at most {MAX_ATTACHMENT} can be recorded"
                )
            digest = hashlib.sha256(data).hexdigest()
            attachments.append(Attachment(digest, len(data), media_type))
            blobs[digest] = data
        header = Header(
            draft.kind,
            self.head.seq + 1,
            self._clock(),
            body,
            len(blobs[body]),
            draft.subjects,
            tuple(attachments),
            self.head.chain,
            self.head.id,
            once_digest(draft.once) if draft.once else "",
            draft.last,
        )
        return self._prepared(header, blobs)

    def _body(self, value: JsonObject) -> tuple[str, dict[str, bytes]]:
        data = canonical.encode({**value, "salt": self._entropy(SALT_SIZE).hex()})
        if len(data) > MAX_BODY:
            raise UsageError(
                f"a body of {len(data)} bytes: at most {MAX_BODY}; put the rest in an attachment"
            )
        digest = hashlib.sha256(data).hexdigest()
        return digest, {digest: data}

    def _prepared(self, header: Header, blobs: dict[str, bytes]) -> Unsigned:
        data = header.encode()
        entry = Unsigned(entry_id(data), header, data, blobs)
        self.head = Head(header.chain or entry.id, entry.id, header.seq)
        return entry

    def _sign(self, entry: Unsigned) -> Signed:
        entry_id, header, data, blobs = entry
        return Signed(entry_id, header, data, self.signer.sign(dsse.pae(data)), blobs)


class Writer:
    """Appends to one ledger as one run. Use as a context manager, so that its head is remembered.

    An `origin` of None is that of the ledger's first entry. `run` says which of this machine's open chains may be
    continued (by default that of the same `context`); one whose genesis contradicts `context` never is.
    """

    def __init__(
        self,
        path: Path,
        chain: ChainWriter,
        origin: str | None,
        context: JsonObject,
        *,
        heads: HeadStore | None = None,
        run: JsonObject | None = None,
        seen: Witness | None = None,
        wait: float = DEFAULT_WAIT,
    ) -> None:
        self._store = Store(path, wait)
        self._chain = chain
        self._origin = origin
        self._context = context
        self._seen = seen
        self._slot = heads.slot(self._store.path, chain.signer.public.hex, run or context) if heads else None
        self._started = False
        self._closed = False
        self._prepared: Head | None = None  # the head, if it is of the open transaction

    def append(self, drafts: Sequence[Draft], *, redact: Sequence[str] = ()) -> list[Receipt]:
        """Record all of the drafts in one durable transaction, or none; erase the blobs `redact` names with it."""
        if not self._started and self._slot is not None:
            self._chain.head = self._slot.claim()
        head = self._chain.head
        self._prepared = None
        try:
            with self._store.transaction() as transaction:
                batch = _Batch(transaction, self._chain.signer)
                receipts = [self._append_one(transaction, batch, draft) for draft in drafts]
                batch.insert()
                for digest in redact:
                    transaction.remove_blob(digest)
        except BaseException:
            # What was signed may be on disk all the same: to sign another successor of its prev would be a fork.
            if self._chain.head is not head:
                self._chain.head = None
            raise
        self._started = True
        return receipts

    def seal(self, body: JsonObject) -> Receipt:
        """Close this run's open chain. Raises UsageError if this machine has none open in this ledger."""
        if not self._started and self._slot is not None:
            self._chain.head = self._slot.claim()
        self._started = True
        self._prepared = None
        with self._store.transaction() as transaction:
            if not self._continues(transaction):
                message = (
                    "this run has no open chain in this ledger: seal with the flags that it appended with"
                )
                raise UsageError(message, code="no-chain")
            receipt = insert(transaction, self._chain.sign(Draft("seal", body, last=True)))
        self._closed = True
        return receipt

    def close(self) -> None:
        """Remember the head that was written, for this run's next append, and let the file go."""
        if self._slot is not None and self._chain.head is not None and not self._closed:
            self._slot.release(self._chain.head)
        self._store.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append_one(self, transaction: Transaction, batch: _Batch, draft: Draft) -> Receipt:
        if draft.once:
            batch.insert()  # this key may be used in it
            if found := self._recorded(transaction, draft):
                return found
        if self._closed:
            self._chain.head = None
        if not self._continues(transaction):
            batch.insert()  # the ledger's first entry may be in it
            origin = self._checked_origin(transaction)
            self._closed = False
            seen = self._seen(origin, transaction.first) if self._seen is not None else None
            batch.add(self._chain.prepare_genesis(origin, self._context, seen))
        receipt = batch.add(self._chain.prepare(draft))
        self._closed = draft.last
        self._prepared = self._chain.head
        return receipt

    def _continues(self, transaction: Transaction) -> bool:
        """Whether the ledger's furthest entry of this chain is exactly the head we wrote, alone and not the last."""
        head = self._chain.head
        if head is None:
            return False
        if head is self._prepared:
            return True  # by this transaction, which holds the lock
        found = transaction.one(
            "SELECT id, seq, header FROM entry WHERE chain = ? ORDER BY seq DESC LIMIT 1",
            (bytes.fromhex(head.chain),),
        )
        if found is None or found[0].hex() != head.id or found[1] != head.seq:
            return False
        return not parse_header(found[2]).last and (self._started or self._agrees(transaction, head.chain))

    def _agrees(self, transaction: Transaction, chain: str) -> bool:
        """Whether what a chain's genesis says of its run is what this writer would say, where both say something."""
        genesis = transaction.one("SELECT header FROM entry WHERE id = ?", (bytes.fromhex(chain),))
        if genesis is None:
            return False
        digest = bytes.fromhex(parse_header(genesis[0]).body)
        body = transaction.one("SELECT data FROM blob WHERE sha256 = ?", (digest,))
        if body is None:
            return False
        said = canonical.decode_object(body[0], MAX_BODY)
        return all(said.get(key, value) == value for key, value in self._context.items())

    def _checked_origin(self, transaction: Transaction) -> str:
        first = transaction.one("SELECT header FROM entry WHERE position = 0")
        origin = parse_header(first[0]).origin if first is not None else None
        if origin is None and self._origin is None:
            raise UsageError(
                f"{self._store.path} has no entries yet, so its first needs an origin", code="origin"
            )
        if origin is not None and self._origin not in (None, origin):
            raise UsageError(f"this is a ledger of origin {origin}, not of {self._origin}", code="origin")
        return origin or self._origin or ""

    def _recorded(self, transaction: Transaction, draft: Draft) -> Receipt | None:
        """The entry that this key recorded under this --once key before, if any."""
        digest = once_digest(draft.once or "")
        rows = transaction.each(
            "SELECT e.position, e.id, e.header, g.header FROM entry e JOIN entry g ON g.id = e.chain "
            "WHERE instr(e.header, ?) > 0 ORDER BY e.position",
            (b'"once":"%b"' % digest.encode("ascii"),),
        )
        for position, stored_id, data, genesis in rows:
            header = parse_header(data)
            if header.once != digest or parse_header(genesis).key != self._chain.signer.public.hex:
                continue
            if (header.kind, header.subjects) != (draft.kind, draft.subjects):
                message = (
                    f"--once {draft.once} was used for another entry (position {position}): take another key"
                )
                raise UsageError(message, code="once-taken")
            return Receipt(position, stored_id.hex(), header.chain, header.seq, header.kind, repeated=True)
        return None


class _Batch:
    """Entries that will stand at the end of the log, and are yet to be signed."""

    def __init__(self, transaction: Transaction, signer: Signer) -> None:
        self._transaction = transaction
        self._signer = signer
        self._entries: list[Unsigned] = []

    def add(self, entry: Unsigned) -> Receipt:
        """What will be the receipt of an entry once it is inserted."""
        position = self._transaction.size + len(self._entries)
        self._entries.append(entry)
        header = entry.header
        return Receipt(position, entry.id, header.chain or entry.id, header.seq, header.kind)

    def insert(self) -> None:
        """Sign what was added, and put it into the ledger."""
        entries, self._entries = self._entries, []
        if not entries:
            return
        with signatures(self._signer, [entry.data for entry in entries]) as signed:
            self._transaction.add_blobs(blob for entry in entries for blob in entry.blobs.items())
            self._transaction.add_entries(
                (entry.id, entry.data, signature, entry.header.chain or entry.id, entry.header.seq)
                for entry, signature in zip(entries, signed, strict=True)
            )


def insert(transaction: Transaction, signed: Signed) -> Receipt:
    """Put a signed entry and its blobs at the end of the log."""
    position, header = transaction.size, signed.header
    transaction.add_blobs(signed.blobs.items())
    transaction.add_entries([(signed.id, signed.data, signed.signature, signed.chain, header.seq)])
    return Receipt(position, signed.id, signed.chain, header.seq, header.kind)
