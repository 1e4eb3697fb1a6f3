"""Disks that are full and folders that cannot be written, for a process and what it starts."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.process import run

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def obey_modes() -> None:
    """For `preexec_fn`: after the exec, root too is bound by the modes of files."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")


def can_mount() -> bool:
    """Whether a namespace of its own, with mounts of its own, can be had without being root."""
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def apart(name: str, folder: Path) -> Any:
    """Run one of the functions below in a namespace of its own; its answer."""
    source = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, "-m", "harness.limits", name, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(source), str(source.parent / "src")])},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return json.loads(done.stdout)


def full_disk(folder: Path) -> Any:
    """Append to a ledger on a full disk of 1 MB, then make room and append again."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    shutil.copy(folder / "main.ledger", disk)
    (folder / "report.bin").write_bytes(os.urandom(200_000))
    filler = disk / "filler"
    with open(filler, "wb") as file:
        file.write(bytes(800_000))
    arguments = [
        "append",
        "note",
        "big",
        "-l",
        "disk/main.ledger",
        "--key",
        "ci.key",
        "--attach",
        "report.bin",
    ]
    runs = {}
    for step in ("full", "retried", "verified"):
        if step == "retried":
            filler.unlink()
        command = ["verify", "disk/main.ledger"] if step == "verified" else [*arguments, "--once", "a"]
        done = run(folder, *command)
        runs[step] = [done.code, done.out.decode(), done.err.decode()]
        if step == "full":
            shutil.copy(disk / "main.ledger", folder / "after.ledger")
            runs["left"] = sorted(one.name for one in disk.iterdir())
    return runs


def read_only(folder: Path) -> Any:
    """Verify and append where the whole file system is read-only."""
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
    os.chdir(folder)
    runs = {}
    for step, command in {
        "verify": ["verify", "main.ledger"],
        "append": ["append", "note", "x", "-l", "main.ledger", "--key", "ci.key"],
        "init": ["append", "note", "x", "-l", "new.ledger", "--key", "ci.key", "--origin", "a.example/b"],
        "merge": ["merge", "main.ledger", "export.ledger", "--key", "keeper.key", "--root", "root.key.pub"],
    }.items():
        done = run(folder, *command)
        runs[step] = [done.code, done.out.decode(), done.err.decode()]
    return runs


if __name__ == "__main__":
    print(json.dumps({"full_disk": full_disk, "read_only": read_only}[sys.argv[1]](Path(sys.argv[2]))))
