"""CUSTODY_KEY, and everything that happens to a key on its way into a variable."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import SigningKeyError
from custody.keys import SeedSigner
from custody.keys.environment import parse_key_text
from custody.keys.files import read_private_file

MANGLED: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "without its last newline": str.rstrip,
    "newlines as spaces": lambda text: text.replace("\n", " "),
    "newlines written out": lambda text: text.replace("\n", "\\n"),
    "newlines gone from inside": lambda text: text.replace("-----\n", "----- ").replace("\n", ""),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CRLF written out": lambda text: text.replace("\n", "\\r\\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "double quotes": lambda text: f'"{text}"',
    "single quotes and written newlines": lambda text: "'" + text.replace("\n", "\\n") + "'",
    "indented, as in YAML": lambda text: "\n".join("    " + line for line in text.splitlines()),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in wrapped base64": lambda text: base64.encodebytes(text.encode()).decode(),
}


@pytest.mark.parametrize("way", MANGLED)
def test_a_mangled_block_is_read(keys: Path, openssl_keys: Path, ask: Callable[[str], str], way: str) -> None:
    for path in (
        keys / "plain",
        keys / "encrypted",
        openssl_keys / "plain.pem",
        openssl_keys / "encrypted.pem",
    ):
        expected = read_private_file(path, ask).public
        assert parse_key_text(MANGLED[way](path.read_text()), ask).public == expected


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["", " ", "\n", "\\n", '"', "'", "\r\n"]))
def test_a_seed_in_quotes_or_with_a_newline(seed: bytes, around: str) -> None:
    for text in (seed.hex(), base64.b64encode(seed).decode(), base64.urlsafe_b64encode(seed).decode()):
        assert parse_key_text(around + text + around).public == SeedSigner(seed).public


@given(st.text(max_size=200))
def test_any_text_is_a_key_or_an_error(text: str) -> None:
    said = ""
    try:
        parse_key_text(text)
    except SigningKeyError as error:
        said = str(error)
    assert len(text) < 8 or text not in said


@pytest.mark.parametrize("text", ["", "''", '"', "ключ", "\udcff", "x" * 100_000, "\\n"])
def test_no_key(text: str) -> None:
    with pytest.raises(SigningKeyError):
        parse_key_text(text)
