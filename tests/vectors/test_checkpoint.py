"""Signed notes, against the specifications' own examples."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ledgers import VECTORS, signer

from custody.keys.ed25519 import verify_signature
from custody.ledger.canonical import MalformedError
from custody.ledger.checkpoint import key_id, parse_checkpoint

NOTES: dict[str, Any] = json.loads((VECTORS / "checkpoint.json").read_text("ascii"))


def test_the_c2sp_example_note_under_its_published_key() -> None:
    example = NOTES["example"]
    name, identifier, encoded = example["verifier"].split("+", 2)
    key = base64.b64decode(encoded)
    assert key[:1] == b"\1"
    assert key_id(name, key[1:]).hex() == identifier
    text, _, line = example["note"].rpartition("\n\n")
    data = base64.b64decode(line.split(" ")[2])
    assert data[:4].hex() == identifier
    assert verify_signature(key[1:], text.encode() + b"\n", data[4:])
    with pytest.raises(MalformedError, match="fewer than three lines"):
        parse_checkpoint(example["note"])


@pytest.mark.parametrize("which", ["behind_the_sofa", "ours"])
def test_a_checkpoint_is_read(which: str) -> None:
    expected = NOTES[which]
    found = parse_checkpoint(expected["note"])
    assert (found.origin, found.size, found.root) == (expected["origin"], expected["size"], expected["root"])
    assert found.note == expected["note"]


def test_ours_is_signed_by_the_custodian_and_by_nobody_else() -> None:
    found = parse_checkpoint(NOTES["ours"]["note"])
    key = bytes.fromhex(NOTES["ours"]["key"])
    assert found.signatures[0].key_id.hex() == NOTES["ours"]["key_id"]
    assert found.signed_by(key)
    assert not found.signed_by(signer("builder").public.raw)
    moved = parse_checkpoint(found.note.replace(found.origin, "acme.example/other"))
    assert not moved.signed_by(key)


def test_the_custodian_s_line_stands_under_the_origin_and_no_other_name() -> None:
    note = NOTES["ours"]["note"]
    text, _, line = note.rpartition("\n\n")
    renamed = parse_checkpoint(f"{text}\n\n{line.replace('acme.example/payments', 'witness.example/w1')}")
    assert renamed.signatures[0].key_id.hex() == NOTES["ours"]["key_id"]
    assert not renamed.signed_by(bytes.fromhex(NOTES["ours"]["key"]))


def test_a_witness_line_and_an_extension_line_are_kept_and_the_text_that_is_signed_is_all_of_it() -> None:
    found = parse_checkpoint(NOTES["witnessed"]["note"])
    assert [line.name for line in found.signatures] == ["witness.example/w1", found.origin]
    assert found.text.endswith("\nan extension line\n")
    assert found.signed_by(bytes.fromhex(NOTES["ours"]["key"])) is NOTES["witnessed"]["signed_by_custodian"]


def test_a_witness_line_beside_the_custodian_s_changes_nothing() -> None:
    ours, witness = NOTES["ours"]["note"], parse_checkpoint(NOTES["witnessed"]["note"]).note.split("\n")[5]
    found = parse_checkpoint(ours + witness + "\n")
    assert len(found.signatures) == 2
    assert found.signed_by(bytes.fromhex(NOTES["ours"]["key"]))


@pytest.mark.parametrize("note", [pytest.param(one["note"], id=one["name"]) for one in NOTES["refused"]])
def test_case_27_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(MalformedError):
        parse_checkpoint(note)
