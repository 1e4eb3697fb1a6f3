"""What the vectors are made with: a small world of writers whose keys, clock and chance are fixed.

The keys here are public and are used for nothing else. Everything that is made here is the same every time, but for
the version number of SQLite that SQLite itself stamps into a file at offset 96.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from custody.keys.ed25519 import SeedSigner
from custody.kinds import Note, Trust
from custody.ledger import dsse
from custody.ledger.canonical import JsonObject
from custody.ledger.checkpoint import sign_checkpoint
from custody.ledger.entry import Header, Seen, entry_id
from custody.ledger.heads import Head
from custody.ledger.merkle import leaf_hash, root_of
from custody.ledger.store import Store, create_ledger
from custody.ledger.writer import ChainWriter, Draft, Signed, insert

ORIGIN = "acme.example/payments"

IDENTITIES: dict[str, tuple[str, ...]] = {
    "builder": ("builder",),
    "deployer": ("deployer", "reporter"),
    "risk-officer": ("approver",),
    "keeper": ("custodian", "admin"),
}
"""Who writes in this world, and in which roles. The name of an identity is the name of its key as well."""


def signer(name: str) -> SeedSigner:
    """The key of that name: the same in every world."""
    return SeedSigner(hashlib.sha256(b"custody vectors\0" + name.encode()).digest())


class World:
    """A clock that goes a second further each time it is read, and chance that is a stream of hashes."""

    def __init__(self, seed: str = "", start: int = 0) -> None:
        self._seed = seed.encode()
        self._ticks = start
        self._drawn = 0

    def now(self) -> str:
        self._ticks += 1
        hours, rest = divmod(self._ticks, 3600)
        return f"2026-03-02T{8 + hours:02d}:{rest // 60:02d}:{rest % 60:02d}.000Z"

    def chance(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.sha256(self._seed + b"\0%d" % self._drawn).digest()[:size]

    def chain(self, who: str, clock: Callable[[], str] | None = None) -> ChainWriter:
        """A writer of this world that has not begun yet; `clock` is for one that lies about the time."""
        return ChainWriter(signer(who), clock=clock or self.now, entropy=self.chance)

    def run(
        self,
        who: str,
        *drafts: Draft,
        context: JsonObject | None = None,
        seal: bool = True,
        origin: str = ORIGIN,
        seen: Seen | None = None,
    ) -> list[Signed]:
        """One whole chain: a genesis, the drafts, a seal."""
        chain = self.chain(who)
        entries = [chain.begin(origin, context or {}, seen)]
        entries += [chain.sign(draft) for draft in drafts]
        if seal:
            entries.append(chain.sign(Draft("seal", {}, last=True)))
        return entries

    def note(self, text: str = "a note", who: str = "builder", *, seal: bool = True) -> list[Signed]:
        return self.run(who, Draft("note", Note(text).write()), seal=seal)

    def trust(self, text: str, who: str = "root", *, origin: str = ORIGIN) -> list[Signed]:
        """A trust document as a person records it: a genesis, and an entry that is the last."""
        return self.run(who, Draft("trust", Trust(text).write(), last=True), seal=False, origin=origin)

    def start(self, text: str | None = None) -> list[Signed]:
        """How every log of this world begins: with its first trust document."""
        return self.trust(document() if text is None else text)

    def sign_raw(self, who: str, data: bytes, like: Signed, blobs: dict[str, bytes] | None = None) -> Signed:
        """Sign any bytes as a header, to stand where `like` would."""
        signature = signer(who).sign(dsse.pae(data))
        return Signed(entry_id(data), like.header, data, signature, like.blobs if blobs is None else blobs)


def document(
    version: int = 1,
    previous: str | None = None,
    *,
    roots: Iterable[str] = ("root",),
    identities: dict[str, tuple[str, ...]] | None = None,
    revoked: Iterable[tuple[str, Sequence[str]]] = (),
    disowned: Iterable[tuple[Sequence[str], Sequence[str]]] = (),
    origin: str = ORIGIN,
) -> str:
    """A trust.toml. `previous` is the text of the document before, `revoked` are (name, spared chains) and
    `disowned` (entries, chains)."""
    lines = [f'origin = "{origin}"', f"version = {version}"]
    if previous is not None:
        lines.append(f'previous = "{hashlib.sha256(previous.encode()).hexdigest()}"')
    lines.append("roots = " + json.dumps([signer(name).public.openssh() for name in roots]))
    for name, roles in (IDENTITIES if identities is None else identities).items():
        lines += [
            f"[identities.{name}]",
            "keys = " + json.dumps([signer(name).public.openssh()]),
            "roles = " + json.dumps(list(roles)),
        ]
    for name, spared in revoked:
        lines += ["[[revoked]]", f'key = "{signer(name).public.fingerprint}"', 'reason = "the key was lost"']
        lines += ["chains = " + json.dumps(list(spared))] if spared else []
    for entries, chains in disowned:
        lines += ["[[disowned]]", 'reason = "written by mistake"']
        lines += ["entries = " + json.dumps(list(entries))] if entries else []
        lines += ["chains = " + json.dumps(list(chains))] if chains else []
    return "\n".join(lines) + "\n"


def root_at(entries: Sequence[Signed], size: int) -> bytes:
    return root_of([leaf_hash(entry.data, entry.signature) for entry in entries[:size]])


def checkpoint(
    entries: Sequence[Signed],
    size: int | None = None,
    *,
    who: str = "keeper",
    root: bytes | None = None,
    origin: str = ORIGIN,
) -> tuple[int, str]:
    """A row of the checkpoint table: the log of these entries, signed for."""
    size = len(entries) if size is None else size
    return size, sign_checkpoint(origin, size, root_at(entries, size) if root is None else root, signer(who))


def put(
    path: Path,
    entries: Sequence[Signed],
    checkpoints: Iterable[tuple[int, str]] = (),
    *,
    without: Iterable[str] = (),
    blobs: Iterable[bytes] = (),
) -> Path:
    """A ledger file of just these entries, whatever they are; `without` names blobs to leave out."""
    create_ledger(path, exist_ok=False)
    with Store(path) as store, store.transaction() as transaction:
        for entry in entries:
            insert(transaction, entry)
        for data in blobs:
            transaction.add_blob(hashlib.sha256(data).hexdigest(), data)
        for digest in without:
            transaction.remove_blob(digest)
        for size, note in checkpoints:
            transaction.add_checkpoint(size, note)
    return path


def edit(path: Path, change: Callable[[sqlite3.Connection], object]) -> Path:
    """Change a ledger as an attacker would, with SQLite and no rules at all."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("BEGIN")
        change(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()
    return path


def sql(statement: str, *parameters: object) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute(statement, parameters)


def patch(path: Path, offset: int, data: bytes) -> Path:
    """Overwrite bytes of a file."""
    content = bytearray(path.read_bytes())
    content[offset : offset + len(data)] = data
    path.write_bytes(content)
    return path


def back_to(chain: ChainWriter, entry: Signed) -> ChainWriter:
    """Let a writer go on from one of its earlier entries, which is how forks are made."""
    chain.head = Head(entry.chain, entry.id, entry.header.seq)
    return chain


def with_field(header: Header, **fields: object) -> bytes:
    """A header's bytes with some fields changed."""
    return header._replace(**fields).encode()  # type: ignore[arg-type]


def shrink(path: Path) -> None:
    """The same content in pages of 512 bytes: a quarter of the size, and any page size is allowed."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA page_size=512")
    connection.execute("VACUUM")
    connection.close()


def covered(path: Path, entries: Sequence[Signed], **how: object) -> Path:
    """A ledger of just these entries, with the custodian's checkpoint of all of them."""
    return put(path, entries, [checkpoint(entries)], **how)  # type: ignore[arg-type]
