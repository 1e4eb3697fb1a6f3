"""The careful ways to touch a file, and the folders custody keeps."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from custody import system
from custody.errors import CustodyError, RefusedError, SigningKeyError, UsageError
from custody.keys import channel

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


def listing(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


# --- reading


def test_a_regular_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc\r\n\x1a")
    assert system.read_regular(path, 6) == b"abc\r\n\x1a"
    with system.open_regular(path) as file:
        assert file.read() == b"abc\r\n\x1a"


def test_one_byte_more_than_the_cap_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abcdef")
    with pytest.raises(RefusedError) as caught:
        system.read_regular(path, 5)
    assert caught.value.code == "too-large"


def test_a_huge_sparse_file_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(300 * 2**30)
    with pytest.raises(RefusedError) as caught:
        system.read_regular(path, 2**28)
    assert caught.value.code == "too-large"


@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10)
    real = os.fstat
    calls = []

    def fstat(descriptor: int) -> os.stat_result:
        info = real(descriptor)
        calls.append(descriptor)
        if len(calls) == 2:  # what open_regular asked first, then the size: now, before the bytes are read
            size = {"grow": 11, "shrink": 9, "rewrite": 10}[change]
            path.write_bytes(b"y" * size)
            os.utime(path, ns=(1, 1))
        return info

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(RefusedError) as caught:
        system.read_regular(path, 100)
    assert caught.value.code == "changed"


@pytest.mark.parametrize("name", ["absent", "no/such/folder", "nul\0byte", "x" * 5000])
def test_what_is_not_there_is_not_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError) as caught:
        system.open_regular(tmp_path / name)
    assert caught.value.code in {"not-found", "unreadable"}
    assert listing(tmp_path) == []


def test_a_file_used_as_a_folder_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(RefusedError) as caught:
        system.open_regular(tmp_path / "a" / "b")
    assert caught.value.code == "not-found"


@posix
def test_what_is_not_a_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link-to-fifo").symlink_to("fifo")
    (tmp_path / "folder").mkdir()
    here = os.getcwd()
    os.chdir(tmp_path)  # a socket's address is short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")
    finally:
        os.chdir(here)
    for path in (
        *(tmp_path / name for name in ("fifo", "link-to-fifo", "folder", "socket")),
        Path("/dev/zero"),
    ):
        outcome: list[str] = []

        def attempt(path: Path = path, outcome: list[str] = outcome) -> None:
            try:
                system.open_regular(path)
            except CustodyError as error:
                outcome.append(error.code)

        worker = threading.Thread(target=attempt, daemon=True)
        worker.start()
        worker.join(10)
        assert outcome == ["not-regular"], path


@posix
def test_a_fifo_that_takes_the_files_place_does_not_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    real = os.open

    def swapped(target: os.PathLike[str], flags: int, *rest: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real(target, flags, *rest)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(RefusedError) as caught:
        system.open_regular(path)
    assert caught.value.code == "not-regular"


@posix
def test_a_link_that_takes_the_files_place_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    (tmp_path / "secret").write_bytes(b"secret")
    real = os.open

    def swapped(target: os.PathLike[str], flags: int, *rest: int) -> int:
        path.unlink()
        path.symlink_to("secret")
        return real(target, flags, *rest)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(RefusedError) as caught:
        system.open_regular(path)
    assert caught.value.code == "unreadable"


@posix
def test_a_link_is_followed_once(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    assert system.read_regular(tmp_path / "link", 3) == b"abc"
    for name, code in (("dangling", "not-found"), ("loop", "unreadable")):
        with pytest.raises(RefusedError) as caught:
            system.open_regular(tmp_path / name)
        assert caught.value.code == code
    assert "nowhere" not in listing(tmp_path)


@posix
def test_a_descriptor_is_not_left_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    before = len(os.listdir("/dev/fd"))
    system.read_regular(tmp_path / "a", 3)
    with pytest.raises(RefusedError):
        system.read_regular(tmp_path / "a", 2)
    assert len(os.listdir("/dev/fd")) == before


# --- ownership


@posix
def test_ownership_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    for mode, readable in ((0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o610, True)):
        path.chmod(mode)
        assert system.others_can_read(path.stat()) is readable
    info = list(path.stat())
    assert not system.foreign_owned(os.stat_result(info))
    info[stat.ST_UID] += 1
    assert system.foreign_owned(os.stat_result(info))


def test_same_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"same")
    (tmp_path / "b").write_bytes(b"same")
    os.link(tmp_path / "a", tmp_path / "c")
    a, b, c = ((tmp_path / name).stat() for name in "abc")
    assert system.same_file(a, c) and not system.same_file(a, b)


# --- writing


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_a_private_file_is_0600_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        system.create_private(tmp_path / "key", b"data")
        system.replace_file(tmp_path / "state", b"data")
    finally:
        os.umask(old)
    for name in ("key", "state"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert (tmp_path / name).read_bytes() == b"data"


def test_what_exists_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "folder").mkdir()
    names = ["file", "folder"]
    if sys.platform != "win32":
        (tmp_path / "dangling").symlink_to("target")
        names.append("dangling")
    for name in names:
        with pytest.raises(UsageError) as caught:
            system.create_private(tmp_path / name, b"data")
        assert caught.value.code == "exists"
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert not (tmp_path / "target").exists()


def test_replacing_is_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for data in (b"one", b"", b"three" * 100_000):
        system.replace_file(path, data)
        assert path.read_bytes() == data and listing(tmp_path) == ["state"]


@posix
def test_a_shared_file_obeys_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        system.replace_file(tmp_path / "a", b"data", private=False)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@posix
def test_replacing_a_link_does_not_follow_it(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"victim")
    (tmp_path / "a").symlink_to("victim")
    system.replace_file(tmp_path / "a", b"data")
    assert (tmp_path / "victim").read_bytes() == b"victim"
    assert (tmp_path / "a").read_bytes() == b"data" and not (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_content_and_no_leftover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(UsageError) as caught:
        system.replace_file(path, b"new")
    assert caught.value.code == "unwritable"
    if step == "fsync":
        with pytest.raises(UsageError):
            system.create_private(tmp_path / "key", b"new")
    assert listing(tmp_path) == ["state"] and path.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["no/such/key", "nul\0byte"])
def test_where_nothing_can_be_written_the_error_says_so(tmp_path: Path, name: str) -> None:
    for write in (system.create_private, system.replace_file):
        with pytest.raises(UsageError) as caught:
            write(tmp_path / name, b"data")
        assert caught.value.code == "unwritable"
    assert listing(tmp_path) == []


@posix
def test_file_then_directory_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    system.create_private(tmp_path / "a", b"data")
    system.replace_file(tmp_path / "a", b"other")
    assert synced == ["file", "folder"] * 2


# --- folders


def test_custody_home_holds_all_three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTODY_HOME", str(tmp_path / "home"))
    assert system.state_dir() == tmp_path / "home" / "state"
    assert system.cache_dir() == tmp_path / "home" / "cache"
    assert system.config_dir() == tmp_path / "home" / "config"
    assert listing(tmp_path) == [], "asking makes nothing"


def test_without_custody_home_the_platform_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUSTODY_HOME", raising=False)
    folders = {system.state_dir(), system.cache_dir(), system.config_dir()}
    assert all(folder.is_absolute() and "custody" in folder.parts for folder in folders)


@posix
def test_a_private_folder_and_its_new_parents_are_0700(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    made = system.private_dir(tmp_path / "a" / "b")
    assert made == system.private_dir(made), "twice is the same"
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (made, made.parent, tmp_path)] == [
        0o700,
        0o700,
        0o755,
    ]


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(UsageError):
            system.private_dir(path)


# --- the line to the agent (what is said over it is tested with keys.agent)


@posix
@pytest.mark.parametrize("address", [None, "", "/no/such/socket", "nul\0", "/" + "x" * 300])
def test_no_agent_is_a_plain_error(address: str | None) -> None:
    environ = {} if address is None else {"SSH_AUTH_SOCK": address}
    with pytest.raises(SigningKeyError) as caught:
        channel.connect_agent(environ)
    assert caught.value.code == "no-agent"
    assert not address or address not in str(caught.value)


def test_importing_it_is_cheap() -> None:
    heavy = ("platformdirs", "socket", "nacl")
    script = f"import sys, custody.system; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


# --- a file that is there whole or not at all


def test_a_published_file_replaces_nothing_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    system.publish_file(path, b"one")
    with pytest.raises(UsageError) as caught:
        system.publish_file(path, b"two")
    assert caught.value.code == "exists" and path.read_bytes() == b"one" and listing(tmp_path) == ["a"]
    with pytest.raises(UsageError) as caught:
        system.publish_file(tmp_path / "no" / "a", b"x")
    assert caught.value.code == "unwritable" and listing(tmp_path) == ["a"]


@posix
def test_a_published_file_is_written_on_a_file_system_without_links_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    system.publish_file(tmp_path / "a", b"one")
    assert (tmp_path / "a").read_bytes() == b"one" and listing(tmp_path) == ["a"]
    with pytest.raises(UsageError) as caught:
        system.publish_file(tmp_path / "a", b"two")
    assert caught.value.code == "exists" and (tmp_path / "a").read_bytes() == b"one"


@posix
def test_nobody_sees_half_of_a_published_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        seen.append(sorted(name for name in listing(tmp_path) if not name.startswith(".custody-")))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    system.publish_file(tmp_path / "a", b"x" * 100_000)
    assert seen[0] == [] and seen[-1] == ["a"]
