"""The ssh-agent: a real one, and hostile ones."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from custody.errors import SigningKeyError
from custody.keys import PublicKey, SeedSigner
from custody.keys.agent import AgentSigner, list_keys
from custody.keys.files import read_public_file
from custody.keys.find import find_signer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the agent of Windows is a named pipe")

Reply = Callable[[bytes], bytes | None]
KEY = SeedSigner(bytes(range(32)))
OTHER = SeedSigner(bytes(32))
SOON = 0.3


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def framed(*parts: bytes) -> bytes:
    return string(b"".join(parts))


def signature(raw: bytes, kind: bytes = b"ssh-ed25519", after: bytes = b"") -> bytes:
    return framed(b"\x0e", string(string(kind) + string(raw)), after)


def identities(*blobs: bytes, count: int | None = None) -> bytes:
    said = len(blobs) if count is None else count
    return framed(
        b"\x0c", said.to_bytes(4, "big"), *(string(blob) + string(b"a \x1b[2J\xff") for blob in blobs)
    )


@contextmanager
def agent(reply: Reply) -> Iterator[dict[str, str]]:
    """An agent that sends what `reply` makes of a request, with its length; None lets the caller wait."""
    done = threading.Event()
    with tempfile.TemporaryDirectory(prefix="a") as folder:  # a socket's address is short
        server = socket.socket(socket.AF_UNIX)
        server.bind(f"{folder}/s")
        server.listen()
        server.settimeout(5)

        def serve() -> None:
            while not done.is_set():
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line:
                    size = int.from_bytes(line.recv(4), "big")
                    request = b""
                    while len(request) < size:
                        request += line.recv(65536)
                    answer = reply(request)
                    if answer is None:
                        done.wait(5)
                    else:
                        with suppress(OSError):
                            line.sendall(answer)

        worker = threading.Thread(target=serve, daemon=True)
        worker.start()
        try:
            yield {"SSH_AUTH_SOCK": f"{folder}/s"}
        finally:
            done.set()
            server.close()


@pytest.fixture
def real(keys: Path) -> Iterator[tuple[dict[str, str], Callable[..., str]]]:
    """A real agent, and a way to run ssh-add against it."""
    if shutil.which("ssh-agent") is None:
        pytest.skip("needs ssh-agent")
    with tempfile.TemporaryDirectory(prefix="a") as folder:
        environ = {"SSH_AUTH_SOCK": f"{folder}/s"}
        process = subprocess.Popen(["ssh-agent", "-D", "-a", f"{folder}/s"], stdout=subprocess.DEVNULL)
        try:
            for _ in range(500):
                if os.path.exists(environ["SSH_AUTH_SOCK"]):
                    break
                time.sleep(0.01)

            def add(*arguments: str | Path) -> str:
                command = ["ssh-add", *map(str, arguments)]
                return subprocess.run(
                    command, env={**os.environ, **environ}, check=True, capture_output=True, text=True
                ).stdout

            yield environ, add
        finally:
            process.terminate()
            process.wait()


def test_a_real_agent_signs_the_raw_bytes(
    keys: Path, real: tuple[dict[str, str], Callable[..., str]]
) -> None:
    environ, add = real
    assert list_keys(environ) == []
    add(keys / "plain", keys / "rsa")
    public = read_public_file(keys / "plain.pub")
    assert [(key.public, key.comment) for key in list_keys(environ)] == [(public, "dev-1 plain")]
    signer = find_signer(key_file=None, environ=environ)
    assert signer.public == public
    for message in (b"", b"m", b"DSSEv1 " * 2000):
        assert public.verify(message, signer.sign(message))
    assert repr(signer) == f"AgentSigner({public.fingerprint})"
    with pytest.raises(SigningKeyError) as caught:
        signer.sign(bytes(300_000))
    assert caught.value.code == "agent" and "too many" in str(caught.value)


def test_several_keys_need_a_choice(keys: Path, real: tuple[dict[str, str], Callable[..., str]]) -> None:
    environ, add = real
    add(keys / "plain", keys / "other")
    plain, other = (read_public_file(keys / f"{name}.pub") for name in ("plain", "other"))
    with pytest.raises(SigningKeyError) as caught:
        find_signer(key_file=None, environ=environ)
    assert caught.value.code == "which-key"
    assert plain.fingerprint in str(caught.value) and other.fingerprint in str(caught.value)
    for public in (plain, other):
        assert find_signer(key_file=None, environ=environ, agent_key=public.fingerprint).public == public
        assert find_signer(key_file=Path(public.fingerprint), environ=environ).public == public
    assert find_signer(key_file=keys / "other.pub", environ=environ).public == other


def test_a_key_the_agent_does_not_have(keys: Path, real: tuple[dict[str, str], Callable[..., str]]) -> None:
    environ, add = real
    other = read_public_file(keys / "other.pub")
    for add_first in (False, True):
        if add_first:
            add(keys / "plain")
        for flag, agent_key in (
            (keys / "other.pub", None),
            (Path(other.fingerprint), None),
            (None, other.fingerprint),
        ):
            with pytest.raises(SigningKeyError) as caught:
                find_signer(key_file=flag, environ=environ, agent_key=agent_key)
            assert caught.value.code == "no-key"
    with pytest.raises(SigningKeyError) as caught:
        AgentSigner(other, environ).sign(b"m")
    assert caught.value.code == "agent"


def test_a_locked_agent_is_no_key(keys: Path, real: tuple[dict[str, str], Callable[..., str]]) -> None:
    environ, add = real
    add(keys / "plain")
    signer = find_signer(key_file=None, environ=environ)
    add("-D")
    with pytest.raises(SigningKeyError) as caught:
        signer.sign(b"m")
    assert "said no" in str(caught.value)


def test_a_fingerprint_with_two_slashes_survives_being_a_path() -> None:
    for n in range(2000):
        key = SeedSigner(n.to_bytes(32, "big"))
        if "//" in key.public.fingerprint:
            break
    with agent(lambda request: identities(key.public.wire)) as environ:
        assert find_signer(key_file=Path(key.public.fingerprint), environ=environ).public == key.public


def test_only_usable_keys_are_listed() -> None:
    blobs = [
        string(b"ssh-rsa") + string(b"\1\0\1"),
        string(b"sk-ssh-ed25519@openssh.com") + string(KEY.public.raw),
        string(b"ssh-ed25519") + string(bytes([1, *bytes(31)])),  # the identity
        string(b"ssh-ed25519") + string(KEY.public.raw[:31]),
        KEY.public.wire + b"\0",
        b"",
        KEY.public.wire,
    ]
    with agent(lambda request: identities(*blobs)) as environ:
        assert [key.public for key in list_keys(environ)] == [KEY.public]


def test_what_is_asked_is_exactly_the_protocol() -> None:
    requests: list[bytes] = []

    def reply(request: bytes) -> bytes:
        requests.append(request)
        return identities(KEY.public.wire) if request == b"\x0b" else signature(KEY.sign(b"m"))

    with agent(reply) as environ:
        signer = find_signer(key_file=None, environ={**environ, "CUSTODY_ELSE": "x"})
        assert signer.sign(b"m") == KEY.sign(b"m")
        assert isinstance(signer, AgentSigner)
        assert signer._environ == environ, "of the environment it keeps no more"
    assert requests == [b"\x0b", b"\x0d" + string(KEY.public.wire) + string(b"m") + bytes(4)]


GOOD = KEY.sign(b"m")
HOSTILE: dict[str, Reply] = {
    "hangs up": lambda request: b"",
    "hangs up in the length": lambda request: b"\0\0",
    "hangs up in the answer": lambda request: signature(GOOD)[:-1],
    "an empty answer": lambda request: bytes(4),
    "a huge length": lambda request: b"\xff\xff\xff\xff\x0e",
    "a length just over the bound": lambda request: (
        (256 * 1024 + 1).to_bytes(4, "big") + bytes(256 * 1024 + 1)
    ),
    "garbage": lambda request: framed(bytes(range(256))),
    "a failure": lambda request: framed(b"\5"),
    "the answer to another question": lambda request: framed(b"\6"),
    "only the type": lambda request: framed(
        request[:1].translate(bytes([*range(11), 12, 12, 14, *range(14, 256)]))
    ),
    "hangs": lambda request: None,
}
HOSTILE_SIGNATURES: dict[str, Reply] = {
    "another key's": lambda request: signature(OTHER.sign(b"m")),
    "over other bytes": lambda request: signature(KEY.sign(b"n")),
    "zeros": lambda request: signature(bytes(64)),
    "short": lambda request: signature(GOOD[:63]),
    "long": lambda request: signature(GOOD + b"\0"),
    "of another type": lambda request: signature(GOOD, b"ssh-rsa"),
    "with something after it": lambda request: signature(GOOD, after=b"\0"),
    "with a length beyond the end": lambda request: framed(b"\x0e", b"\xff\xff\xff\xff"),
}
HOSTILE_LISTS: dict[str, Reply] = {
    "more announced than there": lambda request: identities(KEY.public.wire, count=2),
    "four billion announced": lambda request: identities(KEY.public.wire, count=2**32 - 1),
    "fewer announced than there": lambda request: identities(KEY.public.wire, count=0),
}


@pytest.mark.parametrize("name", [*HOSTILE, *HOSTILE_SIGNATURES])
def test_no_hostile_agent_gets_a_signature_in(name: str) -> None:
    with agent({**HOSTILE, **HOSTILE_SIGNATURES}[name]) as environ:
        started = time.monotonic()
        with pytest.raises(SigningKeyError) as caught:
            AgentSigner(KEY.public, environ, SOON).sign(b"m")
        assert caught.value.code == "agent" and time.monotonic() - started < 10


@pytest.mark.parametrize("name", [*HOSTILE, *HOSTILE_LISTS])
def test_no_hostile_agent_gets_a_key_in(name: str) -> None:
    with agent({**HOSTILE, **HOSTILE_LISTS}[name]) as environ, pytest.raises(SigningKeyError) as caught:
        list_keys(environ, SOON)
    assert caught.value.code == "agent"


def test_one_byte_at_a_time_does_not_outlast_the_limit() -> None:
    ours, theirs = socket.socketpair()
    from custody.keys import channel
    connection = object.__new__(channel._SocketAgent)
    connection._socket, connection._timeout = ours, SOON
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(SOON / 6):
            try:
                theirs.sendall(b"\0")
            except OSError:
                return

    threading.Thread(target=drip, daemon=True).start()
    theirs.sendall(b"\0\1\0\0")
    started = time.monotonic()
    with pytest.raises(SigningKeyError) as caught:
        connection.exchange(b"\x0b")
    stop.set()
    assert "in time" in str(caught.value) and time.monotonic() - started < 10
    ours.close()
    theirs.close()


def test_many_hostile_comments_make_one_line() -> None:
    signers = [SeedSigner(bytes([n]) * 32) for n in range(1, 20)]
    with agent(lambda request: identities(*(key.public.wire for key in signers))) as environ:
        assert isinstance(list_keys(environ)[0].public, PublicKey)
        with pytest.raises(SigningKeyError) as caught:
            find_signer(key_file=None, environ=environ)
    assert str(caught.value).count("SHA256:") == 8 and "19 Ed25519 keys" in str(caught.value)
