"""The line to the user's ssh-agent: a socket, or on Windows the named pipe of its OpenSSH."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Protocol

from custody.errors import SigningKeyError

AGENT_PIPE = r"\\.\pipe\openssh-ssh-agent"
AGENT_MESSAGE_MAX = 256 * 1024
AGENT_TIMEOUT = 60.0
"""Seconds for one question to the agent: a person may have to confirm it or touch a token."""


class AgentConnection(Protocol):
    """An open line to an ssh-agent. One message each way; `keys.agent` knows what they mean."""

    def exchange(self, message: bytes) -> bytes:
        """Sends one message (without its length prefix) and returns the answer (without its own).

        Raises SigningKeyError with code "agent" if the agent hangs up, is late, or answers with nothing or
        with more than AGENT_MESSAGE_MAX bytes.
        """

    def close(self) -> None: ...


def connect_agent(environ: Mapping[str, str], timeout: float = AGENT_TIMEOUT) -> AgentConnection:
    """The user's ssh-agent: the socket SSH_AUTH_SOCK names; on Windows the named pipe of its OpenSSH.

    `timeout` is in seconds, for a whole exchange. Raises SigningKeyError "no-agent" if there is none.
    """
    address = environ.get("SSH_AUTH_SOCK", "")
    try:
        if sys.platform == "win32":
            return _PipeAgent(address if address.startswith("\\\\.\\pipe\\") else AGENT_PIPE, timeout)
        if not address:
            raise SigningKeyError("no ssh-agent: SSH_AUTH_SOCK is not set", code="no-agent")
        return _SocketAgent(address, timeout)
    except (OSError, ValueError) as error:
        message = f"the ssh-agent cannot be reached ({_reason(error)}); is it running?"
        raise SigningKeyError(message, code="no-agent") from None


class _SocketAgent:
    def __init__(self, address: str, timeout: float) -> None:
        import socket

        self._timeout = timeout
        family: int = getattr(socket, "AF_UNIX")  # noqa: B009 - Windows, which never comes here, has none
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout)
            self._socket.connect(address)
        except BaseException:
            self._socket.close()
            raise

    def exchange(self, message: bytes) -> bytes:
        deadline = monotonic() + self._timeout  # of the whole: a byte a second must not last for ever

        def receive(size: int) -> bytes:
            self._socket.settimeout(max(deadline - monotonic(), 0.001))
            return self._socket.recv(size)

        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(_framed(message))
            return _answer(receive)
        except TimeoutError:
            raise _agent_late() from None
        except OSError as error:
            raise SigningKeyError(f"the ssh-agent failed ({_reason(error)})", code="agent") from None

    def close(self) -> None:
        self._socket.close()


class _PipeAgent:
    def __init__(self, address: str, timeout: float) -> None:
        self._timeout = timeout
        self._pipe = open(address, "r+b", buffering=0)  # noqa: SIM115 - it lives as long as the connection

    def exchange(self, message: bytes) -> bytes:
        import threading

        outcome: list[bytes | SigningKeyError] = []

        def talk() -> None:
            try:
                self._pipe.write(_framed(message))
                outcome.append(_answer(self._pipe.read))
            except SigningKeyError as error:
                outcome.append(error)
            except OSError as error:
                outcome.append(SigningKeyError(f"the ssh-agent failed ({_reason(error)})", code="agent"))

        # A named pipe has no timeout of its own; a thread that waits for ever does not keep us from ending.
        worker = threading.Thread(target=talk, daemon=True)
        worker.start()
        worker.join(self._timeout)
        if not outcome:
            raise _agent_late()
        if isinstance(outcome[0], SigningKeyError):
            raise outcome[0]
        return outcome[0]

    def close(self) -> None:
        self._pipe.close()


def _framed(message: bytes) -> bytes:
    if len(message) > AGENT_MESSAGE_MAX:
        raise SigningKeyError(f"{len(message)} bytes are too many for an ssh-agent to sign", code="agent")
    return len(message).to_bytes(4, "big") + message


def _answer(receive: Callable[[int], bytes | None]) -> bytes:
    def exactly(size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = receive(size - len(parts))
            if not part:
                raise SigningKeyError("the ssh-agent hung up in the middle of its answer", code="agent")
            parts += part
        return bytes(parts)

    size = int.from_bytes(exactly(4), "big")
    if not 0 < size <= AGENT_MESSAGE_MAX:
        raise SigningKeyError(f"the ssh-agent announced an answer of {size} bytes", code="agent")
    return exactly(size)


def _agent_late() -> SigningKeyError:
    return SigningKeyError("the ssh-agent did not answer in time; does it wait for somebody?", code="agent")


def _reason(error: Exception) -> str:
    """The system's few words for it, and never its text, which repeats the path."""
    return (error.strerror or "system error") if isinstance(error, OSError) else "not a usable path"
