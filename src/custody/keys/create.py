"""Making a signing key, in the form that ssh-keygen, ssh-add and custody read."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from secrets import token_bytes

from custody import system
from custody.errors import UsageError
from custody.keys import openssh
from custody.keys.ed25519 import PublicKey, SeedSigner


def create_key(path: Path, comment: str = "", passphrase: str | None = None) -> PublicKey:
    """A new key: the private half in `path` (0600), the public half in `path` + `.pub` (0644).

    Neither overwrites anything, and either both exist afterwards or none. An encrypted file does not keep the
    comment; the public one does. Raises UsageError with code "exists", "unwritable" or "usage".
    """
    if path.suffix == ".pub":
        raise UsageError(f"{path}: name the private key; its public half gets the ending .pub by itself")
    if not comment.isprintable() or comment != comment.strip():
        raise UsageError("the comment of a key is one line of printable text")
    if passphrase == "":
        raise UsageError("the passphrase is empty: leave it out for a key without one")
    public_path = path.with_name(path.name + ".pub")
    signer, text = _generate(comment, passphrase)
    system.create_private(path, text)
    try:
        line = signer.public.openssh(comment) + "\n"
        system.create_exclusive(public_path, line.encode(), 0o644)
    except UsageError as error:
        with suppress(OSError):
            path.unlink()
        raise UsageError(f"{error} (the private key was removed again)", code=error.code) from None
    return signer.public


def _generate(comment: str, passphrase: str | None) -> tuple[SeedSigner, bytes]:
    seed = token_bytes(32)
    signer = SeedSigner(seed)
    if passphrase is None:
        return signer, openssh.write(seed, signer.public.raw, comment)
    from custody.keys.files import encrypt_openssh

    return signer, encrypt_openssh(seed, passphrase)
