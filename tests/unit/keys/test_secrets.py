"""No failure shows the key: whatever goes wrong, in any text that Python makes of it."""

from __future__ import annotations

import base64
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from custody.errors import CustodyError
from custody.keys import PublicKey, SeedSigner, openssh
from custody.keys.environment import parse_key_text
from custody.keys.files import parse_private, read_private_file, read_public_file
from custody.keys.find import find_signer

SEED = bytes.fromhex("c3a17f20e9584bd6916ea80b3df25c7784e01b6fda93250c48b7f61e9d52a36b")
PUBLIC = SeedSigner(SEED).public
PASSPHRASE = "Tr0ub4dor&3-unmistakable"
FORMS = {
    "hex": SEED.hex(),
    "HEX": SEED.hex().upper(),
    "base64": base64.b64encode(SEED).decode(),
    "base64url": base64.urlsafe_b64encode(SEED).decode(),
    "openssh": openssh.write(SEED, PUBLIC.raw, "dev-1").decode(),
    "pkcs8": openssh.armour("PRIVATE KEY", bytes.fromhex("302e020100300506032b657004220420") + SEED).decode(),
}


def traces() -> list[str]:
    """Any twelve characters in a row of the seed, in each of its encodings."""
    texts = [SEED.hex(), base64.b64encode(SEED).decode().rstrip("="), base64.urlsafe_b64encode(SEED).decode()]
    texts += [repr(SEED)[2:-1], repr(list(SEED))[1:-1], SEED.decode("latin-1")]
    for text in (FORMS["openssh"], FORMS["pkcs8"]):
        lines = text.splitlines()[1:-1]
        # The start of a block is the same in every key.
        texts += ["".join(lines)[210:250]] if len(lines) > 2 else ["".join(lines)[24:]]
    found = {text[at : at + 12].lower() for text in texts for at in range(len(text) - 11)}
    return [*found, PASSPHRASE.lower()]


TRACES = traces()


def everything_said(error: BaseException) -> str:
    seen: BaseException | None = error
    parts: list[str] = []
    while seen is not None:
        parts += [str(seen), repr(seen), repr(seen.args), repr(vars(seen))]
        seen = seen.__context__ or seen.__cause__
    return "\n".join([*parts, *traceback.format_exception(error)]).lower()


def damaged(text: str) -> dict[str, str]:
    return {
        "cut": text.rstrip()[:-9],
        "doubled": text + text,
        "broken": text.replace(text[len(text) // 2], "*"),
        "not ASCII": text + "\u2713",
        "a surrogate": "\udcff" + text,
        "NUL": text + "\0",
        "commented": "# my key\n" + text,
    }


def failures(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    def variable(text: str) -> object:
        return find_signer(key_file=None, environ={"CUSTODY_KEY": text})

    def file_named_by_variable(text: str) -> object:
        return find_signer(key_file=None, environ={"CUSTODY_KEY_FILE": text})

    def socket_named_by_variable(text: str) -> object:
        return find_signer(key_file=None, environ={"SSH_AUTH_SOCK": text})

    def flag(text: str) -> object:
        return find_signer(key_file=Path(text), environ={})

    def content(text: str) -> object:
        return parse_private(text.encode("utf-8", "surrogateescape"))

    def file(text: str, mode: int = 0o600) -> object:
        path = folder / "key"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        path.chmod(mode)
        return find_signer(key_file=path, environ={})

    def public_file(text: str) -> object:
        path = folder / "key.pub"
        path.write_text(text)
        return read_public_file(path)

    for name, text in FORMS.items():
        for change, odd in damaged(text).items():
            for way in (variable, parse_key_text, content, file):
                yield f"{way.__name__} {name} {change}", partial(way, odd)
        yield f"readable {name}", partial(file, text, 0o644)
        for way in (file_named_by_variable, socket_named_by_variable, flag):
            yield f"{way.__name__} {name}", partial(way, text)
        for way in (PublicKey.from_text, PublicKey.from_hex, public_file):
            yield f"{way.__name__} {name}", partial(way, text + "A")
    yield "mismatch", partial(parse_private, (SEED + SEED).hex().encode())
    yield "seed too long", partial(SeedSigner, SEED + b"\0")
    yield "pickled", partial(pickle.dumps, SeedSigner(SEED))


@pytest.mark.skipif(sys.platform == "win32", reason="files that others can read are POSIX only")
def test_no_failure_says_anything_of_the_key(tmp_path: Path) -> None:
    count = 0
    for name, attempt in failures(tmp_path):
        with pytest.raises(CustodyError) as caught:
            attempt()
        said = everything_said(caught.value)
        assert [trace for trace in TRACES if trace in said] == [], name
        assert "\n" not in str(caught.value), name
        count += 1
    assert count > 200


def test_the_search_finds_what_it_looks_for() -> None:
    for text in FORMS.values():
        assert any(trace in everything_said(ValueError(text)) for trace in TRACES)
    assert any(trace in everything_said(ValueError(SEED)) for trace in TRACES)


def test_a_wrong_passphrase_is_not_repeated(keys: Path, openssl_keys: Path) -> None:
    for path in (keys / "encrypted", openssl_keys / "encrypted.pem"):
        for guess in (PASSPHRASE, PASSPHRASE + "\ud800"):
            with pytest.raises(CustodyError) as caught:
                read_private_file(path, lambda prompt, guess=guess: guess, environ={})  # type: ignore[misc]
            said = everything_said(caught.value)
            assert PASSPHRASE.lower() not in said


def test_a_signer_says_nothing_either() -> None:
    signer = SeedSigner(SEED)
    block = base64.b64decode(FORMS["openssh"].split("-----")[2])
    said = f"{signer} {signer!r} {[signer]} {openssh.parse(block)}"
    assert [trace for trace in TRACES if trace in said.lower()] == []
    assert not hasattr(signer, "__dict__")
