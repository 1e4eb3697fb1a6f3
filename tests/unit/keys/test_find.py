"""Which key signs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.errors import SigningKeyError
from custody.keys import SeedSigner
from custody.keys.find import find_signer

SEEDS = {name: bytes([n]) * 32 for n, name in enumerate(("flag", "variable", "file"), 1)}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    made = {}
    for name, seed in SEEDS.items():
        made[name] = tmp_path / name
        made[name].write_text(seed.hex())
        made[name].chmod(0o600)
    return made


def test_the_first_that_is_there_decides(files: dict[str, Path]) -> None:
    environ = {"CUSTODY_KEY": SEEDS["variable"].hex(), "CUSTODY_KEY_FILE": str(files["file"])}
    assert find_signer(key_file=files["flag"], environ=environ).public == SeedSigner(SEEDS["flag"]).public
    assert find_signer(key_file=None, environ=environ).public == SeedSigner(SEEDS["variable"]).public
    del environ["CUSTODY_KEY"]
    assert find_signer(key_file=None, environ=environ).public == SeedSigner(SEEDS["file"]).public


def test_one_of_no_use_is_an_error_and_never_the_next(files: dict[str, Path]) -> None:
    good = {"CUSTODY_KEY": SEEDS["variable"].hex(), "CUSTODY_KEY_FILE": str(files["file"])}
    with pytest.raises(SigningKeyError) as caught:
        find_signer(key_file=files["flag"].with_name("absent"), environ=good)
    assert caught.value.code == "not-found" and "--key" in str(caught.value)
    for odd in ("", " ", "\n", "nonsense"):
        for name in good:
            environ = {**good, name: odd}
            if name == "CUSTODY_KEY_FILE":
                del environ["CUSTODY_KEY"]
            with pytest.raises(SigningKeyError) as caught:
                find_signer(key_file=None, environ=environ)
            assert name in str(caught.value)


@pytest.mark.parametrize("environ", [{}, {"SSH_AUTH_SOCK": ""}, {"SSH_AUTH_SOCK": "/no/such/socket"}])
def test_nothing_found_says_the_ways(environ: dict[str, str]) -> None:
    with pytest.raises(SigningKeyError) as caught:
        find_signer(key_file=None, environ=environ)
    assert caught.value.code == "no-key"
    for way in ("--key", "CUSTODY_KEY", "CUSTODY_KEY_FILE", "ssh-add", "custody key new"):
        assert way in str(caught.value)


def test_the_passphrase_is_asked_for(keys: Path, ask: Callable[[str], str]) -> None:
    public = find_signer(key_file=keys / "encrypted", environ={}, ask=ask).public
    for environ in (
        {"CUSTODY_KEY_FILE": str(keys / "encrypted")},
        {"CUSTODY_KEY": (keys / "encrypted").read_text().replace("\n", " ")},
    ):
        assert find_signer(key_file=None, environ=environ, ask=ask).public == public
        with pytest.raises(SigningKeyError) as caught:
            find_signer(key_file=None, environ=environ)
        assert caught.value.code == "encrypted-key"


def test_the_mode_override_reaches_the_file(files: dict[str, Path]) -> None:
    files["file"].chmod(0o644)
    environ = {"CUSTODY_KEY_FILE": str(files["file"]), "CUSTODY_KEY_FILE_MODE": "any"}
    assert find_signer(key_file=None, environ=environ).public == SeedSigner(SEEDS["file"]).public
    assert find_signer(key_file=files["file"], environ=environ).public == SeedSigner(SEEDS["file"]).public


def test_a_pub_file_without_an_agent(tmp_path: Path) -> None:
    path = tmp_path / "a.pub"
    path.write_text(base64.b64encode(SeedSigner(SEEDS["flag"]).public.raw).decode())
    with pytest.raises(SigningKeyError) as caught:
        find_signer(key_file=path, environ={})
    assert caught.value.code == "no-agent"
