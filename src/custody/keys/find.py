"""Which key signs: the flag, then CUSTODY_KEY, then CUSTODY_KEY_FILE, then the ssh-agent.

The first that is there decides, and if it is of no use that is an error: custody never goes on to sign with a
key that was not meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import SigningKeyError
from custody.keys.ed25519 import PublicKey, Signer
from custody.keys.files import Ask, read_private_file, read_public_file

if TYPE_CHECKING:
    from custody.keys.agent import AgentKey

_WAYS = (
    "give --key FILE, or set CUSTODY_KEY (the key itself) or CUSTODY_KEY_FILE, or load one into the ssh-agent"
    " (ssh-add); `custody key new` makes one"
)


def find_signer(
    *,
    key_file: Path | None,
    environ: Mapping[str, str],
    ask: Ask | None = None,
    agent_key: str | None = None,
) -> Signer:
    """The key to sign with. Raises SigningKeyError.

    `key_file` is what --key says: a private key file; a `*.pub` file or a fingerprint `SHA256:…`, which mean
    the agent's key of that name. `agent_key` is the fingerprint that chooses among the keys of an agent.
    `ask` asks a person for the passphrase of an encrypted key.
    """
    if key_file is not None:
        return _from_flag(key_file, environ, ask)
    if "CUSTODY_KEY" in environ:
        from custody.keys.environment import parse_key_text

        text = _filled("CUSTODY_KEY", environ)
        try:
            return parse_key_text(text, ask)
        except SigningKeyError as error:
            raise SigningKeyError(f"CUSTODY_KEY: {error}", code=error.code) from None
    if "CUSTODY_KEY_FILE" in environ:
        path = Path(_filled("CUSTODY_KEY_FILE", environ))
        return read_private_file(path, ask, environ=environ, called="the file that CUSTODY_KEY_FILE names")
    return _from_agent(environ, agent_key)


def _from_flag(key_file: Path, environ: Mapping[str, str], ask: Ask | None) -> Signer:
    if key_file.as_posix().startswith("SHA256:"):
        # A path collapses the slashes that base64 may have, so what is compared has been one as well.
        return _chosen(
            environ, lambda key: Path(key.fingerprint) == key_file, "of the fingerprint --key gives"
        )
    if key_file.suffix == ".pub":
        public = read_public_file(key_file)
        return _chosen(environ, lambda key: key == public, f"of {key_file} ({public.fingerprint})")
    return read_private_file(key_file, ask, environ=environ, called="the file that --key names")


def _from_agent(environ: Mapping[str, str], agent_key: str | None) -> Signer:
    if agent_key is not None:
        return _chosen(environ, lambda key: key.fingerprint == agent_key, agent_key)
    from custody.keys.agent import AgentSigner, list_keys

    try:
        keys = list_keys(environ)
    except SigningKeyError as error:
        if error.code != "no-agent":
            raise
        keys = []
    if not keys:
        raise SigningKeyError(f"no signing key: {_WAYS}", code="no-key")
    if len(keys) > 1:
        raise SigningKeyError(
            f"the ssh-agent holds {len(keys)} Ed25519 keys; choose with --key FINGERPRINT: {_listed(keys)}",
            code="which-key",
        )
    return AgentSigner(keys[0].public, environ)


def _chosen(environ: Mapping[str, str], wanted: Callable[[PublicKey], bool], named: str) -> Signer:
    from custody.keys.agent import AgentSigner, list_keys

    keys = list_keys(environ)
    for key in keys:
        if wanted(key.public):
            return AgentSigner(key.public, environ)
    held = f"it holds {_listed(keys)}" if keys else "it holds no Ed25519 key"
    raise SigningKeyError(f"the ssh-agent does not have the key {named}; {held}", code="no-key")


def _listed(keys: list[AgentKey]) -> str:
    shown = [f"{key.public.fingerprint} ({key.comment})" for key in keys[:8]]
    return ", ".join(shown + ["…"] * (len(keys) > len(shown)))


def _filled(name: str, environ: Mapping[str, str]) -> str:
    """An empty variable is a secret that did not arrive, and no reason to sign with some other key."""
    value = environ[name]
    if not value.strip():
        raise SigningKeyError(
            f"{name} is set but empty: set it, or unset it to use another key", code="no-key"
        )
    return value
