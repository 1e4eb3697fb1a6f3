"""The ssh-agent: it keeps the key, custody gets signatures (draft-ietf-sshm-ssh-agent, sections 4 and 5).

Only plain Ed25519 keys are used, with flags 0, so that a signature is over the very bytes and anyone can
verify it. What the agent returns is verified before it is used: a wrong signature would stay in a ledger for
ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from custody.errors import SigningKeyError
from custody.keys.channel import AGENT_TIMEOUT, connect_agent
from custody.keys.ed25519 import KEY_TYPE, PublicKey
from custody.keys.wire import Fields, string

_FAILURE, _LIST, _KEYS, _SIGN, _SIGNATURE = 5, 11, 12, 13, 14
_SAID = "answer of the ssh-agent"


class AgentKey(NamedTuple):
    """A key the agent can sign with. Its comment is anybody's text: show it only as safe text."""

    public: PublicKey
    comment: str


def list_keys(environ: Mapping[str, str], timeout: float = AGENT_TIMEOUT) -> list[AgentKey]:
    """The agent's Ed25519 keys, in its order. Raises SigningKeyError with code "no-agent" or "agent"."""
    fields = Fields(_ask(environ, bytes([_LIST]), _KEYS, timeout), _SAID, "agent")
    keys = []
    for _ in range(fields.integer()):
        blob, comment = fields.string(), fields.string()
        try:
            key = Fields(blob, _SAID, "agent")
            if key.string() != KEY_TYPE:
                continue
            public = PublicKey(key.string(32))
            key.end()
        except SigningKeyError:
            continue  # a key nobody can use is not worth losing the others for
        keys.append(AgentKey(public, comment.decode("utf-8", "backslashreplace")))
    fields.end()
    return keys


class AgentSigner:
    """A key in the agent. Each signature is one visit, so that nothing stays open."""

    __slots__ = ("_environ", "_timeout", "public")

    public: PublicKey

    def __init__(self, public: PublicKey, environ: Mapping[str, str], timeout: float = AGENT_TIMEOUT) -> None:
        self.public = public
        self._timeout = timeout
        # Of the environment only what is needed: the rest may hold a key.
        self._environ = {name: environ[name] for name in ("SSH_AUTH_SOCK",) if name in environ}

    def sign(self, message: bytes) -> bytes:
        """64 bytes that verify. Raises SigningKeyError with code "no-agent" or "agent"."""
        request = bytes([_SIGN]) + string(self.public.wire) + string(message) + (0).to_bytes(4, "big")
        answer = Fields(_ask(self._environ, request, _SIGNATURE, self._timeout), _SAID, "agent")
        inner = Fields(answer.string(), _SAID, "agent")
        answer.end()
        if inner.string() != KEY_TYPE:
            raise answer.malformed()
        signature = inner.string(64)
        inner.end()
        if not self.public.verify(message, signature):
            raise SigningKeyError("the ssh-agent returned a signature that does not verify", code="agent")
        return signature

    def __repr__(self) -> str:
        return f"AgentSigner({self.public.fingerprint})"


def _ask(environ: Mapping[str, str], request: bytes, expected: int, timeout: float) -> bytes:
    """What the agent answers, without its first byte, which must be `expected`."""
    connection = connect_agent(environ, timeout)
    try:
        answer = connection.exchange(request)
    finally:
        connection.close()
    if answer[0] == expected:
        return answer[1:]
    if answer[0] == _FAILURE:
        raise SigningKeyError(
            "the ssh-agent said no: is it locked, or was the use of the key denied?", code="agent"
        )
    raise SigningKeyError("the ssh-agent answered something else than was asked", code="agent")
