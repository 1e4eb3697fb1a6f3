"""The power goes: what a disk could hold after any call of a recorded run, and what custody makes of it.

A kill leaves the page cache alone, so it says nothing of fsync. Here the calls of a real run are replayed on a model
of a file system that promises no more than POSIX does: bytes are on disk after fdatasync or fsync of their file,
names after fsync of their directory, and until then any of it may be there or not, writes in torn pieces of 512
bytes, in any order. That is harsher than any file system in use.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
_CALLS = "openat,write,pwrite64,ftruncate,unlink,rename,link,fdatasync,fsync,mkdir"
_LINE = re.compile(r"^(?:\d+\s+)?(\w+)\((.*)\)\s+= (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2}|[^"\\])*)"')
_FD = re.compile(r"^(\d+)<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Call:
    """One successful call: its name, the path of its descriptor, its strings, its other arguments."""

    name: str
    path: str
    texts: tuple[bytes, ...]
    rest: str
    fd: int
    result: str = ""


def record(command: Sequence[str], folder: Path, env: Mapping[str, str], log: Path) -> list[Call]:
    """Run a command under strace and read back the calls that succeeded."""
    subprocess.run(
        [
            "strace",
            "-f",
            "-qq",
            "-y",
            "-xx",
            "-s",
            "2000000",
            "-e",
            f"trace={_CALLS}",
            "-o",
            str(log),
            *command,
        ],
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=120,
    )
    calls = list(_parse(log.read_text("ascii"), folder))
    log.unlink()
    return calls


def _parse(text: str, folder: Path) -> Iterator[Call]:
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None or int(match[3]) < 0:
            continue
        name, arguments = match[1], match[2]
        texts = tuple(map(_unescape, _TEXT.findall(arguments)))
        descriptor = _FD.match(arguments)
        fd, path = (int(descriptor[1]), os.fsdecode(_unescape(descriptor[2]))) if descriptor else (-1, "")
        if name == "openat" and "O_CREAT" not in arguments:
            continue
        if name not in ("write", "pwrite64"):
            texts = tuple(os.fsencode(folder / os.fsdecode(one)) for one in texts)
        yield Call(name, path, texts, _TEXT.sub("", arguments), fd, match[3])


def _unescape(text: str) -> bytes:
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode("ascii"))


@dataclass(slots=True)
class Inode:
    """A file's bytes that are safe, and the changes since that may or may not be."""

    safe: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, bytes) or (size, None)

    def image(self, keep: Sequence[tuple[int, bytes | None]]) -> bytes:
        data = bytearray(self.safe)
        for offset, change in keep:
            if change is None:
                del data[offset:]
                data.extend(bytes(offset - len(data)))
            else:
                data.extend(bytes(max(0, offset - len(data))))
                data[offset : offset + len(change)] = change
        return bytes(data)


class Disk:
    """A folder and all below it, as it is and as it might be found after a crash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Inode] = {}
        for path in folder.rglob("*"):
            if path.is_file():
                self.names[str(path)] = Inode(path.read_bytes())
        self.safe_names = dict(self.names)
        # (directory, changes of names in it: None takes a name away), in order
        self.pending: list[tuple[str, dict[str, Inode | None]]] = []
        self.said = b""
        self._position: dict[str, int] = {}

    def apply(self, call: Call) -> bool:
        """Do to the model what a call did; whether anything changed in the folder or was said on standard output."""
        if call.name == "write" and call.fd == 1:
            self.said += call.texts[0]
            return True
        where = [os.fsdecode(text) for text in call.texts] if call.name not in ("write", "pwrite64") else []
        if not any(path.startswith(f"{self.folder}") for path in [call.path, *where]):
            return False
        match call.name:
            case "openat":
                if where[0] not in self.names:
                    self._rename({where[0]: Inode()})
                elif "O_TRUNC" in call.rest:
                    self.names[where[0]].pending.append((0, None))
                self._position[where[0]] = 0
            case "pwrite64":
                self.names[call.path].pending.append((int(call.rest.rsplit(",", 1)[1]), call.texts[0]))
            case "write":
                at = self._position[call.path]
                self.names[call.path].pending.append((at, call.texts[0]))
                self._position[call.path] = at + len(call.texts[0])
            case "ftruncate":
                self.names[call.path].pending.append((int(call.rest.rsplit(",", 1)[1]), None))
            case "unlink":
                self._rename({where[0]: None})
            case "rename":
                self._rename({where[1]: self.names[where[0]], where[0]: None})
            case "link":
                self._rename({where[1]: self.names[where[0]]})
            case "fdatasync" | "fsync":
                self._sync(call.path)
            case "mkdir":
                return False
            case other:
                raise AssertionError(f"a call that the model does not know: {other}")
        return True

    def _rename(self, change: dict[str, Inode | None]) -> None:
        self.pending.append((os.path.dirname(next(iter(change))), change))
        _put(self.names, change)

    def _sync(self, path: str) -> None:
        if path in self.names:
            inode = self.names[path]
            inode.safe, inode.pending = inode.image(inode.pending), []
            return
        for directory, change in self.pending:
            if directory == path:
                _put(self.safe_names, change)
        self.pending = [one for one in self.pending if one[0] != path]

    def crash(self, chance: random.Random, way: str) -> dict[str, bytes]:
        """One of the contents that the disk could have now: `way` is "drop", "keep", "random" or "torn"."""
        names = dict(self.safe_names)
        for _, change in self.pending:
            if way == "keep" or (way in ("random", "torn") and chance.random() < 0.5):
                _put(names, change)
        images: dict[str, bytes] = {}
        for name, inode in names.items():
            keep: list[tuple[int, bytes | None]] = []
            for offset, data in inode.pending:
                if way == "keep" or (way == "random" and chance.random() < 0.5):
                    keep.append((offset, data))
                elif way == "torn" and data is None and chance.random() < 0.5:
                    keep.append((offset, None))
                elif way == "torn" and data is not None:
                    start = 0
                    while start < len(data):
                        end = min(len(data), start + SECTOR - (offset + start) % SECTOR)
                        if chance.random() < 0.5:
                            keep.append((offset + start, data[start:end]))
                        start = end
            images[name] = inode.image(keep)
        return images


def _put(names: dict[str, Inode], change: Mapping[str, Inode | None]) -> None:
    for name, inode in change.items():
        if inode is None:
            names.pop(name, None)
        else:
            names[name] = inode


def crashes(
    disk: Disk, calls: Sequence[Call], chance: random.Random, each: int
) -> Iterator[tuple[str, dict[str, bytes], bytes]]:
    """After each call: `drop`, `keep`, and up to `each` random and torn states; with what was said until then.

    States that are no different from one given before are passed over.
    """
    given: set[int] = set()
    for number, call in enumerate(calls):
        if not disk.apply(call):
            continue
        for way in ("drop", "keep", *("random", "torn") * each):
            state = disk.crash(chance, way)
            digest = hash((disk.said, frozenset(state.items())))
            if digest not in given:
                given.add(digest)
                yield f"{way} after call {number} ({call.name})", state, disk.said


def restore(folder: Path, state: Mapping[str, bytes]) -> None:
    """Make a folder hold exactly these files. Directories below it stay."""
    for path in folder.rglob("*"):
        if not path.is_dir():
            path.unlink()
    for name, data in state.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if path.suffix == ".key":
            path.chmod(0o600)


def scratch(base: Path) -> Path:
    """A folder in memory where there is one: thousands of states are written and read again."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        folder = memory / f"custody-{os.getpid()}-{base.name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder
    return base
