"""Private keys in files, from the tools people use, and what is refused."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import CustodyError, SigningKeyError
from custody.keys import PublicKey, SeedSigner, openssh, pkcs8
from custody.keys.files import parse_private, read_private_file, read_public_file

Ask = Callable[[str], str]
SEED = bytes(range(32))
PUBLIC = SeedSigner(SEED).public
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


def never(prompt: str) -> str:
    raise AssertionError("nobody needs to be asked")


def refused(data: bytes, ask: Ask | None = never) -> SigningKeyError:
    with pytest.raises(SigningKeyError) as caught:
        parse_private(data, ask)
    assert "\n" not in str(caught.value)
    return caught.value


def pem(der: bytes, label: str = "PRIVATE KEY") -> bytes:
    return openssh.armour(label, der)


# --- what the tools write


def test_a_plain_openssh_key(keys: Path) -> None:
    signer = read_private_file(keys / "plain", never)
    assert signer.public == read_public_file(keys / "plain.pub")
    assert signer.public.verify(b"m", signer.sign(b"m"))


@pytest.mark.parametrize("name", ["encrypted", "gcm"])
def test_an_encrypted_openssh_key(keys: Path, ask: Ask, name: str) -> None:
    assert read_private_file(keys / name, ask).public == read_public_file(keys / f"{name}.pub")


def test_pkcs8_keys_of_openssl(openssl_keys: Path, ask: Ask) -> None:
    public = PublicKey((openssl_keys / "plain.pub").read_bytes())
    assert read_private_file(openssl_keys / "plain.pem", never).public == public
    assert read_private_file(openssl_keys / "encrypted.pem", ask).public == public
    assert read_private_file(openssl_keys / "scrypt.pem", ask).public == public


def test_a_wrong_passphrase(keys: Path, openssl_keys: Path) -> None:
    for path in (keys / "encrypted", openssl_keys / "encrypted.pem"):
        for guess in ("wrong", "", "\udcff", "\ud800"):
            with pytest.raises(SigningKeyError) as caught:
                read_private_file(path, lambda prompt, guess=guess: guess)  # type: ignore[misc]
            assert caught.value.code == "encrypted-key" and "passphrase is wrong" in str(caught.value)


def test_nobody_to_ask(keys: Path, openssl_keys: Path) -> None:
    for path in (keys / "encrypted", openssl_keys / "encrypted.pem"):
        with pytest.raises(SigningKeyError) as caught:
            read_private_file(path, None)
        assert caught.value.code == "encrypted-key" and "ssh-add" in str(caught.value)


def test_keys_of_other_types_are_refused_by_name(keys: Path, openssl_keys: Path) -> None:
    named = {
        keys / "rsa": "ssh-rsa",
        keys / "rsa-pem": "RSA",
        keys / "ecdsa": "ecdsa-sha2-nistp256",  # encrypted, and nobody is asked first
        openssl_keys / "rsa.pem": "RSA",
        openssl_keys / "ec.pem": "EC",
        openssl_keys / "x25519.pem": "X25519",
        openssl_keys / "ed448.pem": "Ed448",
    }
    for path, name in named.items():
        error = refused(path.read_bytes())
        assert error.code == "key-type" and f"type {name} " in str(error)


def test_an_encrypted_pkcs8_key_of_another_type(openssl_keys: Path, ask: Ask, tmp_path: Path) -> None:
    out = tmp_path / "rsa"
    command = ["openssl", "pkcs8", "-topk8", "-in", str(openssl_keys / "rsa.pem"), "-out", str(out)]
    subprocess.run([*command, "-passout", "pass:correct horse"], check=True)
    error = refused(out.read_bytes(), ask)
    assert error.code == "key-type" and "RSA" in str(error)


def test_public_keys_are_no_private_keys(keys: Path, openssl_keys: Path) -> None:
    for path in (keys / "plain.pub", openssl_keys / "public.pem"):
        assert "public key" in str(refused(path.read_bytes()))


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"PuTTY-User-Key-File-3: ssh-ed25519\n", b"\xff\xfe-\0", b"\0" * 32, b"a" * 70_000]
)
def test_what_is_no_key(data: bytes) -> None:
    assert refused(data).code == "malformed-key"


def test_a_plain_key_needs_no_cryptography(keys: Path, openssl_keys: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from custody.keys.find import find_signer\n"
        "for path in sys.argv[1:]: find_signer(key_file=Path(path), environ={}).sign(b'm')\n"
        "print([m for m in ('cryptography', 'bcrypt', 'socket', 'custody.keys.agent') if m in sys.modules])"
    )
    command = [sys.executable, "-c", script, str(keys / "plain"), str(openssl_keys / "plain.pem")]
    assert subprocess.check_output(command, text=True).strip() == "[]"


# --- seeds


@given(st.binary(min_size=32, max_size=32))
def test_every_form_of_a_seed(seed: bytes) -> None:
    signer = SeedSigner(seed)
    for raw in (seed, seed + signer.public.raw):
        standard, url = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()
        texts = [raw.hex(), raw.hex().upper(), standard, standard.rstrip("="), url, url.rstrip("=")]
        for text in texts:
            for data in (text, f"{text}\n", f"\ufeff{text}\r\n"):
                assert parse_private(data.encode()).public == signer.public
    assert parse_private(openssh.write(seed, signer.public.raw, "ä")).public == signer.public


@pytest.mark.parametrize(
    "text",
    [
        SEED.hex()[:-1],
        SEED.hex()[:-2],
        SEED.hex() + "00",
        SEED.hex()[:32] + " " + SEED.hex()[32:],
        (SEED + SEED).hex(),  # the second half is not the public key
        base64.b64encode(SEED[:31]).decode(),
        base64.b64encode(SEED + b"\0").decode(),
        base64.b64encode(SEED).decode() + "=",
        base64.b64encode(SEED).decode()[:-2] + "9=",  # trailing bits
        base64.b64encode(b"\xfb\xef\xbf\xfe" * 8).decode().replace("+", "-", 1),  # two alphabets
        base64.b64encode(SEED).decode().replace("A", "*A", 1),
    ],
)
def test_almost_a_seed(text: str) -> None:
    assert refused(text.encode()).code == "malformed-key"


# --- damage


def openssh_block(comment: str = "dev-1") -> bytes:
    body = openssh.write(SEED, PUBLIC.raw, comment).split(b"-----")[2]
    return base64.b64decode(body)


def test_no_damaged_openssh_key_is_read_as_another() -> None:
    """Every byte changed: refused, or only the comment or the check numbers' common value is another."""
    block = openssh_block()
    comment = block.index(b"dev-1")
    for at in range(len(block)):
        for mask in (0x01, 0x80, 0xFF):
            broken = bytearray(block)
            broken[at] ^= mask
            try:
                public = parse_private(pem(bytes(broken), "OPENSSH PRIVATE KEY")).public
            except SigningKeyError:
                continue
            assert public == PUBLIC and comment <= at < comment + 5, at


def test_a_cut_or_longer_openssh_key_is_refused() -> None:
    block = openssh_block()
    for end in range(1, len(block)):
        refused(pem(block[:end], "OPENSSH PRIVATE KEY"))
    refused(pem(block + b"\0", "OPENSSH PRIVATE KEY"))


def test_an_openssh_key_without_its_padding_is_refused() -> None:
    block = openssh_block("dev-12")
    check = block.index(PUBLIC.raw) + 32 + 4  # the private part ends the block, after its length
    private = block[check : block.index(b"dev-12") + 6]
    assert len(private) % 8
    refused(pem(block[: check - 4] + len(private).to_bytes(4, "big") + private, "OPENSSH PRIVATE KEY"))


def test_a_passphrase_that_would_take_hours_is_refused(keys: Path) -> None:
    text = (keys / "encrypted").read_bytes()
    block = bytearray(base64.b64decode(text.split(b"-----")[2]))
    at = block.index(b"bcrypt") + 6 + 4 + 4 + 16
    assert block[at : at + 4] == (1).to_bytes(4, "big")
    for rounds in (0, 2**20, 2**32 - 1):
        block[at : at + 4] = rounds.to_bytes(4, "big")
        assert "rounds" in str(refused(pem(bytes(block), "OPENSSH PRIVATE KEY")))


V1 = bytes.fromhex("302e020100300506032b657004220420") + SEED
V2 = bytes.fromhex("3051020101300506032b657004220420") + SEED + bytes.fromhex("812100") + PUBLIC.raw
WITH_ATTRIBUTES = (
    bytes.fromhex("3059020101300506032b657004220420") + SEED + bytes.fromhex("a006300406022a03")
    + bytes.fromhex("812100") + PUBLIC.raw
)  # fmt: skip


@pytest.mark.parametrize("der", [V1, V2, WITH_ATTRIBUTES], ids=["v1", "v2", "attributes"])
def test_pkcs8_by_hand(der: bytes) -> None:
    assert parse_private(pem(der)).public == PUBLIC
    for end in range(1, len(der)):
        refused(pem(der[:end]))
    refused(pem(der + b"\0"))


def test_no_damaged_pkcs8_key_is_read_as_another() -> None:
    for at in range(len(V2)):
        for mask in (0x01, 0x80, 0xFF):
            broken = bytearray(V2)
            broken[at] ^= mask
            refused(pem(bytes(broken)))


@pytest.mark.parametrize(
    "der",
    [
        V1[:1] + b"\x81\x2e" + V1[2:],  # a length in more bytes than it needs
        V1[:1] + b"\x80" + V1[2:] + b"\0\0",  # no length: BER, not DER
        V1[:1] + b"\x84\0\0\0\x2e" + V1[2:],
        V2[:4] + b"\0" + V2[5:],  # a public key in version 0
        V2[:4] + b"\2" + V2[5:],
    ],
)
def test_pkcs8_is_der_and_nothing_wider(der: bytes) -> None:
    refused(pem(der))


@given(st.binary(max_size=200))
def test_the_parsers_take_any_bytes(data: bytes) -> None:
    for parse in (pkcs8.parse, openssh.parse, lambda rest: openssh.parse(b"openssh-key-v1\0" + rest)):
        with pytest.raises(SigningKeyError):
            parse(data)


@pytest.mark.parametrize(
    "text",
    [
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        pem(V1).replace(b"END PRIVATE", b"END PUBLIC"),
        pem(V1) + pem(V1),
        pem(V1) + b"trailing",
        b"Bag Attributes\n" + pem(V1),
        pem(V1).replace(b"\nMC", b"\nM*C"),
        pem(V1, "CERTIFICATE"),
        pem(V1, "OPENSSH PRIVATE KEY"),
    ],
)
def test_not_one_whole_block(text: bytes) -> None:
    assert refused(text).code == "malformed-key"


# --- the file itself


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o610])
def test_a_key_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(SEED.hex().encode())
    path.chmod(mode)
    with pytest.raises(SigningKeyError) as caught:
        read_private_file(path, environ={})
    assert caught.value.code == "unsafe-key" and "chmod 600" in str(caught.value)
    for odd in ("", "no", "0644"):
        with pytest.raises(SigningKeyError):
            read_private_file(path, environ={"CUSTODY_KEY_FILE_MODE": odd})
    assert read_private_file(path, environ={"CUSTODY_KEY_FILE_MODE": "any"}).public == PUBLIC


@posix
def test_a_key_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_bytes(SEED.hex().encode())
    path.chmod(0o600)
    somebody = path.stat().st_uid + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    with pytest.raises(SigningKeyError) as caught:
        read_private_file(path, environ={})
    assert caught.value.code == "unsafe-key" and "another user" in str(caught.value)
    assert read_private_file(path, environ={"CUSTODY_KEY_FILE_MODE": "any"}).public == PUBLIC


@posix
def test_a_link_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    path, link = tmp_path / "key", tmp_path / "link"
    path.write_bytes(SEED.hex().encode())
    link.symlink_to("key")
    path.chmod(0o600)
    assert read_private_file(link, environ={}).public == PUBLIC
    path.chmod(0o644)
    with pytest.raises(SigningKeyError):
        read_private_file(link, environ={})


@posix
def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "dangling").symlink_to("nowhere")
    for name, code in (
        ("fifo", "not-regular"),
        (".", "not-regular"),
        ("dangling", "not-found"),
        ("x", "not-found"),
    ):
        outcome: list[str] = []

        def attempt(path: Path = tmp_path / name, outcome: list[str] = outcome) -> None:
            try:
                read_private_file(path, environ={})
            except CustodyError as error:
                outcome.append(error.code)

        worker = threading.Thread(target=attempt, daemon=True)
        worker.start()
        worker.join(10)
        assert outcome == [code], name


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with path.open("wb") as file:
        file.truncate(2**33)
    path.chmod(0o600)
    with pytest.raises(SigningKeyError) as caught:
        read_private_file(path, environ={})
    assert "too large" in str(caught.value)


def test_a_public_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.pub"
    for data in (b"", b"\xff\xfe", SEED.hex().encode()[:-1], b"ssh-rsa AAAA x"):
        path.write_bytes(data)
        with pytest.raises(SigningKeyError) as caught:
            read_public_file(path)
        assert "a.pub" in str(caught.value)
    with pytest.raises(SigningKeyError):
        read_public_file(tmp_path / "absent.pub")
