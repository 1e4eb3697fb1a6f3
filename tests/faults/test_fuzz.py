"""Parsers of what comes out of a ledger: whatever the bytes, either a value or an error of custody's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from harness import world
from hypothesis import example, given
from hypothesis import strategies as st

from custody.errors import CustodyError
from custody.keys.ed25519 import PublicKey
from custody.keys.environment import parse_key_text
from custody.keys.files import parse_private
from custody.kinds import BODIES, read_body
from custody.ledger import canonical
from custody.ledger.checkpoint import parse_checkpoint, sign_checkpoint
from custody.ledger.dsse import pae
from custody.ledger.entry import parse_header
from custody.ledger.writer import Draft
from custody.record.snapshot import parse_snapshot
from custody.record.strict_json import strict_json
from custody.trust.document import parse_trust

pytestmark = pytest.mark.faults

LIMIT = 1024 * 1024


def _header(kind: str = "note") -> bytes:
    fixed = world.Fixed("fuzz")
    chain = fixed.chain("ci")
    begun = chain.begin(world.ORIGIN, {"flow": "payments"})
    if kind == "genesis":
        return begun.data
    draft = Draft(kind, {"text": "a"}, (world.API,), ((b"x", "text/plain"),), once="a", last=True)
    return chain.sign(draft).data


HEADERS = [_header(), _header("genesis"), _header("evidence")]
NOTE = sign_checkpoint(world.ORIGIN, 7, bytes(32), world.signer("keeper"))
TRUST = world.trust_document()


@st.composite
def edited(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """A real one with some of its bytes changed, removed, doubled or added: that gets further in than noise does."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        way = draw(st.sampled_from("change insert remove double move".split()))
        if way == "remove":
            del data[at : at + size]
        elif way == "double":
            data[at:at] = data[at : at + size]
        elif way == "move":
            part = data[at : at + size]
            del data[at : at + size]
            to = draw(st.integers(0, len(data)))
            data[to:to] = part
        else:
            new = draw(st.binary(max_size=12) | st.sampled_from(TOKENS))
            data[at : at + (len(new) if way == "change" else 0)] = new
    return bytes(data)


TOKENS = [
    b'"', b"\\", b"{", b"[", b"}", b"]", b",", b":", b"\\u0000", b"\\ud800", b"1e400", b"NaN", b"-0", b"1.0", b"null",
    b"true", b"9007199254740992", b"\xff", b"\xed\xa0\x80", b"\0", b"\xef\xbb\xbf", b"\n", b"\r\n", b"\xe2\x80\x94 ",
    b"9" * 5000, b"[" * 2000, b'{"a":' * 2000, b"2026-03-02T24:00:00.000Z", b"-----BEGIN OPENSSH PRIVATE KEY-----",
]  # fmt: skip

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs"])),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=6)
    ),
    max_leaves=20,
)


def only_ours(parse: Callable[..., object], *arguments: Any) -> object:
    """What a parser gives; None where it refuses, in one printable line. Any other error is a failure."""
    try:
        return parse(*arguments)
    except CustodyError as error:
        said = error
    assert "\n" not in str(said)
    assert said.exit in (1, 2, 3)
    return None


@given(st.binary(max_size=300) | edited(HEADERS))
@example(b"")
@example(b"[" * 100_000)
@example(b'"' + b"\\ud800" + b'"')
@example(b"9" * 10_000)
def test_canonical(data: bytes) -> None:
    value = only_ours(canonical.decode, data, LIMIT)
    if value is not None:
        assert canonical.encode(value) == data  # type: ignore[arg-type]


@given(JSON)
def test_canonical_of_any_value(value: Any) -> None:
    data = only_ours(canonical.encode, value)
    if data is not None:
        assert canonical.decode(data, LIMIT) == value  # type: ignore[arg-type]


@given(st.binary(max_size=300) | edited(HEADERS))
def test_header(data: bytes) -> None:
    header = only_ours(parse_header, data)
    if header is not None:
        assert header.encode() == data  # type: ignore[attr-defined]
        assert pae(data)


@given(
    st.text(max_size=300) | edited([NOTE.encode()]).map(lambda data: data.decode("utf-8", "surrogateescape"))
)
def test_checkpoint(note: str) -> None:
    checkpoint = only_ours(parse_checkpoint, note)
    if checkpoint is not None:
        assert checkpoint.size >= 0  # type: ignore[attr-defined]
        checkpoint.signed_by(world.signer("keeper").public.raw)  # type: ignore[attr-defined]


@given(
    st.text(max_size=300) | edited([TRUST.encode()]).map(lambda data: data.decode("utf-8", "surrogateescape"))
)
@example("a = " + "[" * 5000)
@example("a." * 5000 + "b = 1")
@example("a = " + "9" * 10_000)
@example("a = 1979-05-27T07:32:60Z")
@example("a = 9999-12-31T23:59:59-23:59\n")
def test_trust_document(text: str) -> None:
    only_ours(parse_trust, text)


def _written() -> list[bytes]:
    """Bodies as they are written, of every kind that a small ledger has."""
    path_bodies = [
        {"text": "a"},
        {
            "control": "unit",
            "type": "junit",
            "result": "pass",
            "artifact": {"name": "a", "sha256": "00" * 32},
        },
        {"name": "a", "sha256": "00" * 32, "size": 1, "type": "file", "annotations": {"a": "b"}},
        {
            "environment": "prod",
            "running": [{"service": "a", "artifact": {"name": "a", "sha256": "00" * 32}, "count": 1}],
        },
        {
            "sources": [
                {
                    "file": "a",
                    "sha256": "00" * 32,
                    "size": 1,
                    "taken": 1,
                    "order": "00" * 32,
                    "detail": "00" * 32,
                }
            ]
        },
        {"entry": "00" * 32, "blobs": ["00" * 32], "reason": "a"},
    ]
    return [json.dumps(body).encode() for body in path_bodies]


BODY_TEXTS = _written()


@given(st.sampled_from([*BODIES, "unheard-of"]), JSON | edited(BODY_TEXTS))
def test_bodies(kind: str, value: Any) -> None:
    if isinstance(value, bytes):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, dict):
        only_ours(read_body, kind, value)


@given(
    st.binary(max_size=300)
    | edited([b'{"services": [{"name": "a", "artifacts": [{"name": "a", "sha256": "00"}]}]}'])
)
@example(b"\xff\xfe[\x00]\x00")
def test_documents_of_people(data: bytes) -> None:
    only_ours(strict_json, data)
    only_ours(parse_snapshot, data)


@given(st.binary(max_size=300) | edited([text.encode() for text in world.key_forms("ci").values()]))
def test_keys(data: bytes) -> None:
    text = data.decode("latin-1")
    for parse, argument in ((parse_private, data), (parse_key_text, text), (PublicKey.from_text, text)):
        only_ours(parse, argument)
