"""Entries are hashed and verified again when somebody looks at them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from facts import SALT, about, digest

from custody.errors import UsageError
from custody.keys.ed25519 import SeedSigner
from custody.ledger.entry import Subject, once_digest
from custody.ledger.merkle import inclusion_proof, leaf_hash, root_of, verify_inclusion
from custody.ledger.reader import Snapshot, open_ledger
from custody.ledger.store import create_ledger
from custody.ledger.writer import ChainWriter, Draft, Writer
from custody.query.entries import entry_detail, inclusion, page
from custody.query.titles import title

TIME = "2026-11-19T02:30:11.123Z"
SUBJECT = (Subject("api", digest("api")),)
SCAN = {"control": "scan", "type": "generic", "result": "fail"}
TO_PROD = {"artifact": about("api"), "environment": "prod"}
DRAFTS = [
    Draft("artifact", {**about("api"), "size": 3, "type": "file", "version": "1.0"}, SUBJECT, once="build 7"),
    Draft("evidence", {"control": "unit-tests", "type": "junit", "result": "pass", "artifact": about("api")}, SUBJECT,
          ((b"<testsuite/>", "application/xml"), (b"log", "text/plain"))),
    Draft("note", {"text": "grün [bold]\x1b"}, last=True),
]  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "one.ledger"
    create_ledger(path, exist_ok=False)
    chain = ChainWriter(SeedSigner(b"\1" * 32), clock=lambda: TIME)
    with Writer(path, chain, "acme.example/payments", {"flow": "release", "trail": "7"}) as writer:
        writer.append(DRAFTS)
    return path


def changed(path: Path, sql: str, *parameters: object) -> Snapshot:
    """The ledger after somebody edited it."""
    connection = sqlite3.connect(path)
    connection.execute(sql, parameters)
    connection.commit()
    connection.close()
    return open_ledger(path)


def test_an_entry_whole(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        genesis, first, second = (entry_detail(snapshot, position) for position in (0, 1, 2))
        assert (second.position, second.kind, second.time, second.seq) == (2, "evidence", TIME, 2)
        assert (second.chain, second.prev, second.key) == (genesis.id, first.id, genesis.key)
        assert second.key == SeedSigner(b"\1" * 32).public.hex
        assert genesis.chain == genesis.id and genesis.prev == ""
        row = snapshot.row(2)
        assert row is not None
        assert second.header_text.encode() == row.header
        assert second.signature == row.signature.hex()
        assert '\n  "control": "unit-tests"' in second.body_text
        assert (second.body_state, second.subjects) == ("present", SUBJECT)
        assert [(one.size, one.media_type, one.present) for one in second.attachments] == [
            (12, "application/xml", True), (3, "text/plain", True),
        ]  # fmt: skip
        assert first.once == once_digest("build 7")
        assert all(entry_detail(snapshot, position).signature_ok for position in range(4))
        assert [entry_detail(snapshot, position).last for position in range(4)] == [False, False, False, True]


def body_digest(path: Path, position: int) -> bytes:
    with open_ledger(path) as snapshot:
        row = snapshot.row(position)
        assert row is not None
        return bytes.fromhex(row.header.split(b'"body":{"sha256":"')[1][:64].decode())


@pytest.mark.parametrize(
    ("edit", "state", "words"),
    [
        (lambda old: old.replace(b"pass", b"fail"), "differs", "body is other bytes"),
        (lambda old: old + b" ", "differs", "body is other bytes"),
        (lambda old: b" " * (1024 * 1024 + 1), "differs", "body is other bytes"),
        (None, "missing", "body not there"),
    ],
    ids=["edited", "longer", "too long for a body", "removed"],
)
def test_a_body_that_is_not_what_was_signed_is_never_shown(
    ledger: Path, edit: Callable[[bytes], bytes] | None, state: str, words: str
) -> None:
    key = body_digest(ledger, 2)
    if edit is None:
        snapshot = changed(ledger, "DELETE FROM blob WHERE sha256 = ?", key)
    else:
        with open_ledger(ledger) as before:
            old = before.blob(key.hex())
        assert old is not None
        snapshot = changed(ledger, "UPDATE blob SET data = ? WHERE sha256 = ?", edit(old), key)
    with snapshot:
        detail = entry_detail(snapshot, 2)
        assert (detail.body_state, detail.body_text, detail.signature_ok) == (state, "", True)
        assert page(snapshot, 2, 1)[0].title == words


def test_a_signed_body_that_is_no_strict_json_is_malformed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custody.ledger.canonical.encode", lambda value: b'{"a":1,"a":1}')
    path = tmp_path / "odd.ledger"
    create_ledger(path, exist_ok=False)
    with Writer(path, ChainWriter(SeedSigner(b"\1" * 32)), "acme.example/payments", {}) as writer:
        writer.append([Draft("note", {})])
    with open_ledger(path) as snapshot:
        detail = entry_detail(snapshot, 1)
        assert (detail.body_state, detail.body_text, detail.signature_ok) == ("malformed", "", True)
        assert page(snapshot, 1, 1)[0].title == "body malformed"


def test_a_header_that_was_edited_has_another_id_and_no_signature(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        honest = entry_detail(snapshot, 2)
    with changed(ledger, "UPDATE entry SET header = CAST(replace(header, ?, ?) AS BLOB) WHERE position = 2",
                 "02:30:11", "02:30:12") as snapshot:  # fmt: skip
        detail = entry_detail(snapshot, 2)
        assert detail.id != honest.id
        assert detail.time == "2026-11-19T02:30:12.123Z"
        assert not detail.signature_ok
        assert page(snapshot, 2, 1)[0].id == detail.id


def test_columns_are_not_believed(ledger: Path) -> None:
    """Neither the id, nor which entry is the chain's genesis."""
    with open_ledger(ledger) as snapshot:
        honest = entry_detail(snapshot, 2)
    genesis = bytes.fromhex(honest.chain)
    changed(ledger, "UPDATE entry SET id = ? WHERE position = 0", b"\0" * 32).close()
    with changed(ledger, "UPDATE entry SET id = ? WHERE position = 3", genesis) as snapshot:
        detail = entry_detail(snapshot, 2)
        assert (detail.id, detail.key, detail.signature_ok) == (honest.id, "", False)
        assert page(snapshot, 0, 1)[0].id == honest.chain


def test_the_genesis_is_known_by_its_bytes(ledger: Path) -> None:
    """Not by the id that a column gives to another chain's, of another key."""
    with Writer(ledger, ChainWriter(SeedSigner(b"\2" * 32)), "acme.example/payments", {}) as writer:
        writer.append([Draft("note", {"text": "other"})])
    with open_ledger(ledger) as snapshot:
        honest = entry_detail(snapshot, 2)
        assert entry_detail(snapshot, 4).kind == "genesis"
    changed(ledger, "UPDATE entry SET id = ? WHERE position = 0", b"\0" * 32).close()
    with changed(
        ledger, "UPDATE entry SET id = ? WHERE position = 4", bytes.fromhex(honest.chain)
    ) as snapshot:
        assert entry_detail(snapshot, 2).key == ""


def test_another_signature_is_not_ok(ledger: Path) -> None:
    with changed(ledger, "UPDATE entry SET signature = ? WHERE position = 1", b"\1" * 64) as snapshot:
        assert not entry_detail(snapshot, 1).signature_ok


def test_a_malformed_header_is_shown_for_what_it_is(ledger: Path) -> None:
    with changed(ledger, "UPDATE entry SET header = ? WHERE position = 1", b'{"x":"\xff"}') as snapshot:
        detail = entry_detail(snapshot, 1)
        assert (detail.kind, detail.header_text, detail.signature_ok) == ("", '{"x":"\\xff"}', False)
        assert [line.title for line in page(snapshot, 0, 3)][1] == "header malformed"


def test_an_attachment_that_is_gone_or_other_bytes_is_not_present(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        one, other = (attachment.sha256 for attachment in entry_detail(snapshot, 2).attachments)
    changed(ledger, "DELETE FROM blob WHERE sha256 = ?", bytes.fromhex(one)).close()
    with changed(
        ledger, "UPDATE blob SET data = ? WHERE sha256 = ?", b"LOG", bytes.fromhex(other)
    ) as snapshot:
        assert [attachment.present for attachment in entry_detail(snapshot, 2).attachments] == [False, False]


@pytest.mark.parametrize("position", [-1, 4, 10**6])
def test_where_there_is_no_entry(ledger: Path, position: int) -> None:
    with open_ledger(ledger) as snapshot, pytest.raises(UsageError, match="positions go from 0 to 3"):
        entry_detail(snapshot, position)


def test_a_page_of_a_table(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        lines = page(snapshot, 0, 10)
        assert [(line.position, line.kind, line.seq, line.subjects, line.title) for line in lines] == [
            (0, "genesis", 0, (), "release 7"),
            (1, "artifact", 1, ("api",), f"api 1.0 · {digest('api')[:12]}"),
            (2, "evidence", 2, ("api",), "unit-tests pass · api"),
            (3, "note", 3, (), "grün [bold]\x1b"),
        ]
        assert {line.chain for line in lines} == {lines[0].id}
        assert page(snapshot, 1, 2) == lines[1:3]
        assert page(snapshot, 3, 100) == lines[3:]
        assert page(snapshot, -5, 1) == lines[:1]
        assert page(snapshot, 0, 0) == page(snapshot, 4, 10) == []


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("genesis", {}, ""),
        ("evidence", SCAN, "scan fail"),
        ("evidence", {**SCAN, "artifact": {"name": "api"}}, "scan fail · api"),
        ("approval", {**TO_PROD, "decision": "rejected"}, "rejected for prod · api"),
        ("deployment", {**TO_PROD, "service": "web"}, "web to prod · api"),
        ("snapshot", {"environment": "prod", "running": []}, "prod · 0 services"),
        ("policy", {"name": "main", "document": "x"}, "policy main"),
        ("trust", {"document": "x"}, "trust document"),
        ("note", {"text": "x" * 100}, "x" * 100),
        ("note", {"text": "x" * 101}, "x" * 100 + "…"),
        (
            "redaction",
            {"entry": "a" * 64, "blobs": [], "reason": "asked"},
            "erased from aaaaaaaaaaaa · asked",
        ),
        ("seal", {}, "end of the chain"),
        (
            "allow",
            {"name": "api-*", "environment": "prod", "until": TIME, "reason": "night"},
            "exception in prod until 2026-11-19T02:30Z · api-*",
        ),
        (
            "decision",
            {
                **TO_PROD,
                "verificationResult": "FAILED",
                "verifier": {"id": "v"},
                "timeVerified": TIME,
                "log": {"size": 1, "root": "a" * 64},
            },
            "FAILED for prod · api",
        ),
        ("note", {}, "unreadable: note.text is missing: it must be text of 1 to 10000 characters"),
    ],
)
def test_titles(kind: str, body: dict[str, object], expected: str) -> None:
    assert title(kind, {**body, "salt": SALT}) == expected  # type: ignore[dict-item]


def test_an_inclusion_proof_is_that_of_the_tree(tmp_path: Path) -> None:
    path = tmp_path / "one.ledger"
    create_ledger(path, exist_ok=False)
    with Writer(path, ChainWriter(SeedSigner(b"\1" * 32)), "acme.example/payments", {}) as writer:
        writer.append([Draft("note", {"text": f"{number}"}) for number in range(12)])
    with open_ledger(path) as snapshot:
        leaves = [leaf_hash(row[2], row[3]) for rows in snapshot.rows() for row in rows]
        assert len(leaves) == 13
        for size in range(1, len(leaves) + 1):
            for position in range(size):
                proof = inclusion(snapshot, position, size)
                assert proof == inclusion_proof(leaves[:size], position)
                assert verify_inclusion(leaves[position], position, size, proof, root_of(leaves[:size]))
        for position, size in ((0, 0), (1, 1), (-1, 3), (0, 14)):
            with pytest.raises(UsageError, match="no proof of position"):
                inclusion(snapshot, position, size)


def test_there_is_no_proof_over_a_gap(ledger: Path) -> None:
    with (
        changed(ledger, "DELETE FROM entry WHERE position = 1") as snapshot,
        pytest.raises(UsageError, match="no entry at position 1"),
    ):
        inclusion(snapshot, 0, 4)
