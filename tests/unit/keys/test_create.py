"""Making keys that every tool reads."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from custody.errors import UsageError
from custody.keys.create import create_key
from custody.keys.files import read_private_file, read_public_file


@pytest.mark.parametrize("passphrase", [None, "hunter 2 ä"])
def test_a_new_key_is_read_by_custody_and_ssh_keygen(
    keys: Path, tmp_path: Path, passphrase: str | None
) -> None:
    path = tmp_path / "id"
    public = create_key(path, "dev-1 ä", passphrase)
    assert read_private_file(path, lambda prompt: passphrase or "").public == public
    assert read_public_file(tmp_path / "id.pub") == public
    assert (tmp_path / "id.pub").read_text("utf-8") == public.openssh("dev-1 ä") + "\n"
    command = ["ssh-keygen", "-y", "-P", passphrase or "", "-f", str(path)]
    shown = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    assert shown.split()[:2] == public.openssh().split()
    command = ["ssh-keygen", "-l", "-f", str(path) + ".pub"]
    assert (
        public.fingerprint
        in subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    )
    guess = subprocess.run(["ssh-keygen", "-y", "-P", "not it", "-f", str(path)], capture_output=True)
    assert (guess.returncode == 0) is (passphrase is None)


@pytest.mark.parametrize("length", range(9))
def test_ssh_keygen_reads_it_whatever_the_comments_length(keys: Path, tmp_path: Path, length: int) -> None:
    public = create_key(tmp_path / "id", "x" * length)
    shown = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(tmp_path / "id")], check=True, capture_output=True, text=True
    )
    assert shown.stdout.strip() == public.openssh("x" * length)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        create_key(tmp_path / "id")
    finally:
        os.umask(old)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("id", "id.pub")]
    assert modes == [0o600, 0o644]


@pytest.mark.parametrize("name", ["id", "id.pub"])
def test_nothing_is_overwritten_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError) as caught:
        create_key(tmp_path / "id")
    assert caught.value.code == "exists" and name in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_public_half_that_cannot_be_written_takes_the_private_one_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, []

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 2:  # the private file and its folder are down
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(UsageError) as caught:
        create_key(tmp_path / "id")
    assert "removed again" in str(caught.value) and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "comment", "passphrase"),
    [
        ("id.pub", "", None),
        ("id", "two\nlines", None),
        ("id", "\x1b[2J", None),
        ("id", " padded", None),
        ("id", "", ""),
        ("no/id", "", None),
    ],
)
def test_what_makes_no_key(tmp_path: Path, name: str, comment: str, passphrase: str | None) -> None:
    with pytest.raises(UsageError):
        create_key(tmp_path / name, comment, passphrase)
    assert list(tmp_path.iterdir()) == []


def test_two_keys_differ(tmp_path: Path) -> None:
    assert create_key(tmp_path / "a") != create_key(tmp_path / "b")
