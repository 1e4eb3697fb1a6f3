"""The fingerprint of a file, and of one that does not hold still."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.errors import InputError
from custody.record.fingerprint import CHUNK, fingerprint_file


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_it_is_the_sha256_of_the_bytes(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    path = tmp_path / "file"
    path.write_bytes(data)
    found = fingerprint_file(path)
    assert (found.sha256, found.size) == (hashlib.sha256(data).hexdigest(), size)


def test_a_known_vector(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")  # FIPS 180-4's own example
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint_file(path).sha256 == digest


def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (2 * CHUNK + 5))
    seen: list[tuple[int, int]] = []
    fingerprint_file(path, lambda done, total: seen.append((done, total)))
    assert seen == [(done, 2 * CHUNK + 5) for done in (0, CHUNK, 2 * CHUNK, 2 * CHUNK + 5)]
    path.write_bytes(b"")
    seen.clear()
    fingerprint_file(path, lambda done, total: seen.append((done, total)))
    assert seen == [(0, 0)]


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def shrink(path: Path) -> None:
    os.truncate(path, CHUNK + 1)


def rewrite(path: Path) -> None:
    info = path.stat()
    with path.open("r+b") as file:
        file.write(b"y")
    # The old time put back does not hide it: the time of the change itself cannot be set.
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    info = path.stat()
    os.utime(other, ns=(info.st_atime_ns, info.st_mtime_ns))
    os.replace(other, path)


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.skipif(
    os.name == "nt", reason="an open file cannot be replaced there, and has no time of change"
)
@pytest.mark.parametrize("change", [grow, shrink, rewrite, replace, remove])
def test_a_file_that_changes_meanwhile_has_no_fingerprint(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "app.tar"
    path.write_bytes(b"x" * (3 * CHUNK))
    os.utime(path, ns=(0, 10**18))

    def progress(done: int, total: int) -> None:
        if done == CHUNK:
            change(path)

    with pytest.raises(InputError, match=r"app\.tar: changed while it was hashed") as caught:
        fingerprint_file(path, progress)
    assert caught.value.code == "changed"


def test_a_file_that_grows_for_ever_comes_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * CHUNK)
    rounds = 0

    def progress(done: int, total: int) -> None:
        nonlocal rounds
        rounds += 1
        assert rounds < 10
        with path.open("ab") as file:
            file.write(b"x" * CHUNK)

    with pytest.raises(InputError, match="changed"):
        fingerprint_file(path, progress)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none: there is no such file") as caught:
        fingerprint_file(tmp_path / "none")
    assert caught.value.code == "not-found"
    with pytest.raises(InputError, match="not a regular file"):
        fingerprint_file(tmp_path)
    with pytest.raises(InputError):
        fingerprint_file(Path("a\0b"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match="not a regular file"):
        fingerprint_file(tmp_path / "fifo")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_is_followed_once_to_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "app-1.0").write_bytes(b"abc")
    (tmp_path / "app").symlink_to("app-1.0")
    assert fingerprint_file(tmp_path / "app") == fingerprint_file(tmp_path / "app-1.0")
