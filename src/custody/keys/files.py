"""Private keys in files: the forms people already have, plain or encrypted.

The plain forms are read by custody's own few lines (`openssh`, `pkcs8`), which keeps `custody append` quick;
only an encrypted one brings in `cryptography`, which decrypts and never verifies.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from custody import system
from custody.errors import RefusedError, SigningKeyError
from custody.keys import openssh, pkcs8
from custody.keys.ed25519 import PublicKey, SeedSigner, Signer, strict_base64
from custody.keys.wire import wrong_type

MAX_SIZE = 64 * 1024
"""Bytes. The largest key file anyone has is a tenth of it."""

Ask = Callable[[str], str]
"""Shows a prompt and returns the passphrase, without echo."""

_BLOCK = re.compile(
    rb"\s*-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END ([A-Z0-9 ]{1,40})-----\s*", re.DOTALL
)
_OTHER_TYPES = {
    b"RSA PRIVATE KEY": b"RSA",
    b"EC PRIVATE KEY": b"EC (ecdsa)",
    b"DSA PRIVATE KEY": b"DSA",
}


def read_private_file(
    path: Path,
    ask: Ask | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    called: str = "the key file",
) -> Signer:
    """The key in a file that only its owner can read. Raises SigningKeyError.

    CUSTODY_KEY_FILE_MODE=any in `environ` waives owner and mode, for containers that mount secrets readable.
    `called` is how the errors name the file where its own name may not be a name (somebody put the key itself
    there).
    """
    try:
        with system.open_regular(path) as file:
            info = os.fstat(file.fileno())
            refusal = None if environ.get("CUSTODY_KEY_FILE_MODE") == "any" else _unsafe(path, info)
            data = b"" if refusal else file.read(MAX_SIZE + 1)
    except RefusedError as error:
        refusal = _not_opened(path, called, error.code)
    except OSError:
        refusal = _not_opened(path, called, "unreadable")
    if refusal is not None:
        raise refusal
    try:
        return parse_private(data, ask)
    except SigningKeyError as error:
        raise SigningKeyError(f"{path}: {error}", code=error.code) from None


def read_public_file(path: Path) -> PublicKey:
    """The key of a `.pub` file, or of any file that holds one in a form of `PublicKey.from_text`.

    Raises SigningKeyError.
    """
    try:
        data = system.read_regular(path, MAX_SIZE)
        return PublicKey.from_text(data.decode("latin-1"))
    except RefusedError as error:
        raise SigningKeyError(str(error), code=error.code) from None
    except SigningKeyError as error:
        raise SigningKeyError(f"{path}: {error}", code=error.code) from None


def parse_private(data: bytes, ask: Ask | None = None) -> Signer:
    """The key in the bytes of a file or a variable. Raises SigningKeyError.

    OpenSSH and PKCS#8 blocks, plain and encrypted; a seed of 32 bytes in hex, base64 or base64url; the 64
    bytes of seed and public key in the same. `ask` is called at most once, and only for an encrypted key;
    None means that nobody can be asked.
    """
    if len(data) > MAX_SIZE:
        raise SigningKeyError(
            f"too large for a private key: more than {MAX_SIZE} bytes", code="malformed-key"
        )
    data = data.removeprefix(b"\xef\xbb\xbf").strip()  # a byte order mark of Windows editors
    if not data:
        raise SigningKeyError("there is no private key in it: it is empty", code="malformed-key")
    if b"-----BEGIN " in data:
        return _parse_block(data, ask)
    return _parse_seed(data)


def encrypt_openssh(seed: bytes, passphrase: str) -> bytes:
    """The whole text of an OpenSSH key file, encrypted with a passphrase as `ssh-keygen` does."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


def _parse_block(data: bytes, ask: Ask | None) -> Signer:
    match = _BLOCK.fullmatch(data)
    label = match[1] if match else b""
    if label in _OTHER_TYPES:
        raise wrong_type(_OTHER_TYPES[label])
    if label.endswith(b"PUBLIC KEY"):
        raise SigningKeyError("this is a public key; signing needs the private one", code="malformed-key")
    # Whitespace carries nothing in such a block, so newlines that became spaces on the way do no harm.
    content = (
        strict_base64(b"".join(match[2].split()).decode("latin-1")) if match and match[3] == label else None
    )
    if not content:
        raise SigningKeyError(
            "not one whole private key block, from its BEGIN to its END line", code="malformed-key"
        )
    if label == b"OPENSSH PRIVATE KEY":
        key = openssh.parse(content)
        seed = _decrypted(label, content, ask) if key.seed is None else key.seed
        return _checked(seed, key.public)
    if label == b"PRIVATE KEY":
        return _checked(*pkcs8.parse(content))
    if label == b"ENCRYPTED PRIVATE KEY":
        return _checked(_decrypted(label, content, ask), None)
    raise SigningKeyError(
        "a block of a kind that custody does not read: it takes OpenSSH and PKCS#8 private keys",
        code="malformed-key",
    )


def _parse_seed(data: bytes) -> Signer:
    text = data.decode("latin-1")
    if text.startswith(("ssh-", "ecdsa-", "sk-")):
        raise SigningKeyError("this is a public key; signing needs the private one", code="malformed-key")
    if text.startswith("PuTTY-User-Key-File"):
        raise SigningKeyError(
            "a PuTTY key: export it in OpenSSH form (PuTTYgen, Conversions, Export OpenSSH key)",
            code="malformed-key",
        )
    if re.fullmatch("[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128}", text):
        raw: bytes | None = bytes.fromhex(text)
    else:
        raw = strict_base64(text) or _strict_base64url(text)
    if raw is not None and len(raw) == 64:
        return _checked(raw[:32], raw[32:])
    if raw is None or len(raw) != 32:
        raise SigningKeyError(
            "not a private key: give an OpenSSH or PKCS#8 key, or a seed of 32 bytes in base64 or hex",
            code="malformed-key",
        )
    return SeedSigner(raw)


def _strict_base64url(text: str) -> bytes | None:
    # One alphabet at a time: a text with letters of both is nobody's.
    return None if "+" in text or "/" in text else strict_base64(text.replace("-", "+").replace("_", "/"))


def _checked(seed: bytes, public: bytes | None) -> Signer:
    signer = SeedSigner(seed)
    if public is not None and public != signer.public.raw:
        raise SigningKeyError(
            "the private key and the public key beside it do not belong together: take a good copy of it",
            code="malformed-key",
        )
    return signer


def _decrypted(label: bytes, content: bytes, ask: Ask | None) -> bytes:
    """The seed of an encrypted key. `cryptography` decrypts; what it says in its errors is not passed on."""
    if ask is None:
        raise SigningKeyError(
            "the key is encrypted and nobody can be asked for its passphrase: load it into an ssh-agent"
            " (ssh-add), or give a key without a passphrase to a machine that signs alone",
            code="encrypted-key",
        )
    passphrase = ask("Passphrase of the signing key: ")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem = openssh.armour(label.decode(), content)
    load = (
        serialization.load_ssh_private_key
        if label.startswith(b"OPENSSH")
        else serialization.load_pem_private_key
    )
    key: object = None
    problem = "the passphrase is wrong, or the key is damaged"
    try:
        key = load(pem, passphrase.encode("utf-8", "surrogateescape"))
    except UnsupportedAlgorithm:
        problem = "the key is encrypted in a way that is not supported; change it with `ssh-keygen -p`"
    except (ValueError, TypeError):
        pass
    if key is None:
        raise SigningKeyError(problem, code="encrypted-key")
    if not isinstance(key, Ed25519PrivateKey):
        raise wrong_type(type(key).__name__.removesuffix("PrivateKey").encode())
    return key.private_bytes_raw()


def _unsafe(path: Path, info: os.stat_result) -> SigningKeyError | None:
    if system.foreign_owned(info):
        problem, remedy = "belongs to another user", "chown it to yourself"
    elif system.others_can_read(info):
        problem, remedy = "can be read by others", "chmod 600 it"
    else:
        return None
    return SigningKeyError(
        f"{path}: the key file {problem}; {remedy}, or set CUSTODY_KEY_FILE_MODE=any in a container",
        code="unsafe-key",
    )


def _not_opened(path: Path, called: str, code: str) -> SigningKeyError:
    """Names the file only if there is one: what is no file's name may be the key, put in the wrong place."""
    if code == "not-regular":
        return SigningKeyError(f"{path}: the key file is not a regular file", code=code)
    if code == "not-found" or not _is_there(path):
        return SigningKeyError(
            f"{called} does not exist (give the name of a file, not a key)", code="not-found"
        )
    return SigningKeyError(f"{path}: the key file cannot be read", code=code)


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False
