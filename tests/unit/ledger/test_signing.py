"""Many entries in one transaction: signed on all cores, in order, all or none."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from ledgers import ORIGIN, World, findings, signer

from custody import system
from custody.errors import SigningKeyError, UsageError
from custody.keys.ed25519 import PublicKey, SeedSigner
from custody.kinds import Note
from custody.ledger import dsse, store
from custody.ledger.reader import open_ledger
from custody.ledger.signing import signatures
from custody.ledger.store import create_ledger
from custody.ledger.writer import ChainWriter, Draft, Writer

MANY = 300
HEADERS = [f"header {number}".encode() for number in range(MANY)]


class Other:
    """A signer that is no key of this process, such as an agent; it refuses from its `limit`th signature on."""

    def __init__(self, limit: int = 2 * MANY) -> None:
        self._inner = signer("builder")
        self.public: PublicKey = self._inner.public
        self.threads: set[int] = set()
        self.asked: list[bytes] = []
        self._limit = limit

    def sign(self, message: bytes) -> bytes:
        self.threads.add(threading.get_ident())
        self.asked.append(message)
        if len(self.asked) >= self._limit:
            raise SigningKeyError("the agent refused", code="agent")
        return self._inner.sign(message)


def draft(number: int) -> Draft:
    return Draft("note", Note(f"note {number}").write(), attachments=((b"%d" % number, "text/plain"),))


def appended(path: Path, chain: ChainWriter, drafts: list[Draft]) -> list[int]:
    create_ledger(path, exist_ok=True)
    with Writer(path, chain, ORIGIN, {}) as writer:
        return [receipt.position for receipt in writer.append(drafts)]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, MANY])
@pytest.mark.parametrize("one", [signer("builder"), Other()], ids=["key", "other"])
def test_signatures_come_in_order(count: int, one: SeedSigner | Other) -> None:
    with signatures(one, HEADERS[:count]) as made:
        found = list(made)
    assert found == [signer("builder").sign(dsse.pae(header)) for header in HEADERS[:count]]


def test_a_key_elsewhere_is_asked_for_one_signature_after_the_other() -> None:
    other = Other()
    with signatures(other, HEADERS) as made:
        list(made)
    assert other.threads == {threading.get_ident()}


def test_whoever_takes_no_more_leaves_no_thread_behind() -> None:
    def take_one() -> None:
        with signatures(signer("builder"), HEADERS) as made:
            next(made)
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        take_one()
    assert threading.active_count() == before


def test_the_threads_are_as_many_as_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the signatures are still in order: each chunk is some thread's."""
    monkeypatch.setattr(system, "available_cores", lambda: 5)
    with signatures(signer("builder"), HEADERS) as made:
        assert list(made) == [signer("builder").sign(dsse.pae(header)) for header in HEADERS]


def test_a_batch_verifies_and_is_what_one_after_the_other_would_be(tmp_path: Path) -> None:
    """With a clock and chance that are the same, a batch and single appends give the same rows."""
    drafts = [draft(number) for number in range(MANY)]
    assert appended(tmp_path / "batch.ledger", World("same").chain("builder"), drafts) == [
        *range(1, MANY + 1)
    ]
    create_ledger(tmp_path / "single.ledger", exist_ok=False)
    with Writer(tmp_path / "single.ledger", World("same").chain("builder"), ORIGIN, {}) as writer:
        for one in drafts:
            writer.append([one])
    rows, blobs = [], []
    for name in ("batch", "single"):
        with open_ledger(tmp_path / f"{name}.ledger") as snapshot:
            rows.append([row for some in snapshot.rows() for row in some])
            blobs.append({digest: snapshot.blob(digest) for _, digest in snapshot.blob_rowids()})
    assert rows[0] == rows[1]
    assert blobs[0] == blobs[1]
    assert len(blobs[0]) == 2 * MANY + 1
    assert findings(tmp_path / "batch.ledger", roots=[]) == {
        "no-root": 1,
        "no-checkpoint": 1,
        "open-chain": 1,
    }


def test_one_once_key_twice_in_a_batch_is_one_entry(tmp_path: Path) -> None:
    path = tmp_path / "job.ledger"
    create_ledger(path, exist_ok=False)
    twice = Draft("note", Note("once").write(), once="key")
    with Writer(path, World("once").chain("builder"), ORIGIN, {}) as writer:
        first, second, third = writer.append([twice, twice, draft(1)])
    assert second == first._replace(repeated=True)
    assert third.position == 2
    with (
        pytest.raises(UsageError, match="--once key was used"),
        Writer(path, World("again").chain("builder"), ORIGIN, {}) as writer,
    ):
        writer.append([draft(1), Draft("seal", {}, once="key")])


def test_chains_begun_in_one_batch_follow_the_ledger_s_origin(tmp_path: Path) -> None:
    """The first entry of the ledger is in the batch that asks for it."""
    path = tmp_path / "job.ledger"
    create_ledger(path, exist_ok=False)
    asked: list[str] = []

    def witness(origin: str, first: str) -> None:
        asked.append(first)

    last = Draft("note", Note("an act").write(), last=True)
    with Writer(path, World("acts").chain("builder"), ORIGIN, {}, seen=witness) as writer:
        writer.append([last, last])
    with open_ledger(path) as snapshot:
        first = snapshot.row(0)
    assert first is not None
    assert asked == ["", first.id.hex()]


@pytest.mark.parametrize("limit", [1, 2, 150, MANY])
def test_what_could_not_all_be_signed_is_not_recorded_and_its_chain_is_left(
    tmp_path: Path, limit: int
) -> None:
    """Some of it was signed: to sign another successor of its prev would be a fork."""
    path = tmp_path / "job.ledger"
    create_ledger(path, exist_ok=False)
    chain = ChainWriter(signer("builder"))
    with Writer(path, chain, ORIGIN, {}) as writer:
        before = writer.append([draft(0)])[0]
        chain.signer = Other(limit)
        with pytest.raises(SigningKeyError):
            writer.append([draft(number) for number in range(MANY)])
        chain.signer = signer("builder")
        after = writer.append([draft(1)])[0]
    assert after.position == before.position + 2
    assert after.chain != before.chain
    assert "fork" not in findings(path, roots=[])


def test_large_blobs_are_put_in_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_ROWS_SIZE", 1000)
    drafts = [
        Draft("note", Note("large").write(), attachments=((bytes([number]) * 900, "text/plain"),))
        for number in range(20)
    ]
    appended(tmp_path / "job.ledger", World("large").chain("builder"), drafts)
    with open_ledger(tmp_path / "job.ledger") as snapshot:
        assert snapshot.blob_count == 41
    assert findings(tmp_path / "job.ledger", roots=[]).keys() == {"no-root", "no-checkpoint", "open-chain"}
