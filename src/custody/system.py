"""What differs between operating systems, and the few careful ways to touch a file.

One rule for symbolic links: a path from the user is followed once, by `resolve()`, and what is opened then is
never a link. Nothing here blocks on a FIFO, opens a device, or creates a file that was only meant to be read.

This and `keys.channel` (the ssh-agent's socket or pipe) are the only modules with branches for a platform. On
Windows, where a file has no owner and mode in the POSIX sense and a directory cannot be synced, those questions
answer "no" and those acts do nothing.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from custody.errors import RefusedError, UsageError

_READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)
_CREATE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)


def available_cores() -> int:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- reading


def open_regular(path: Path) -> BinaryIO:
    """An existing regular file, open for reading; the caller closes it.

    Raises RefusedError with code "not-found", "not-regular" or "unreadable".
    """
    try:
        real = Path(path).resolve(strict=True)
        # Asked before opening, because opening a device can already do something.
        info = os.stat(real, follow_symlinks=False)
        if not stat.S_ISREG(info.st_mode):
            raise _not_regular(path)
        descriptor = os.open(real, _READ)
    except (FileNotFoundError, NotADirectoryError):
        raise RefusedError(f"{path}: there is no such file", code="not-found") from None
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise RefusedError(f"{path}: cannot be read ({_reason(error)})", code="unreadable") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # swapped between the two calls
            raise _not_regular(path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, cap: int) -> bytes:
    """The whole of a regular file of at most `cap` bytes.

    Raises RefusedError as `open_regular` does, and with code "too-large", or "changed" if the file was
    written to while it was read.
    """
    with open_regular(path) as file:
        before = os.fstat(file.fileno())
        if before.st_size > cap:
            raise RefusedError(f"{path}: {before.st_size} bytes, more than {cap} allowed", code="too-large")
        try:
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
        except OSError as error:
            raise RefusedError(f"{path}: cannot be read ({_reason(error)})", code="unreadable") from None
    still = (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    if len(data) != before.st_size or not still:
        raise RefusedError(f"{path}: changed while it was read; try again when it is at rest", code="changed")
    return data


def same_file(a: os.stat_result, b: os.stat_result) -> bool:
    """Whether two results of stat are of one file, by device and inode."""
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


def foreign_owned(info: os.stat_result) -> bool:
    """Whether the file belongs to somebody other than the user this process acts as."""
    if sys.platform == "win32":
        return False
    return info.st_uid != os.geteuid()


def others_can_read(info: os.stat_result) -> bool:
    """Whether the mode gives the group or the world anything at all."""
    if sys.platform == "win32":
        return False
    return bool(info.st_mode & 0o077)


# --- writing


def create_private(path: Path, data: bytes) -> None:
    """A new file that only its owner can read (0600 whatever the umask), durable when this returns.

    Raises UsageError with code "exists" if anything has that name, even a dangling link, or "unwritable".
    """
    create_exclusive(path, data, 0o600)


def create_exclusive(path: Path, data: bytes, mode: int) -> None:
    """As `create_private`, with another mode. A file that could not be written whole is removed again."""
    path = Path(path)
    try:
        _write_new(path, data, mode)
    except FileExistsError:
        raise _exists(path) from None
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    try:
        sync_directory(path.parent)
    except UsageError:
        _unlink_quietly(path)
        raise


def publish_file(path: Path, data: bytes) -> None:
    """As `create_private`, with the umask's mode, and nobody ever sees half of it."""
    temporary = path.parent / f".custody-{os.urandom(8).hex()}.tmp"
    try:
        _write_new(temporary, data, None)
        try:
            publish(temporary, path)
        finally:
            _unlink_quietly(temporary)
    except FileExistsError:
        raise _exists(path) from None
    except (OSError, ValueError):  # a file system without links, most often; what else it was comes up again
        create_exclusive(path, data, 0o644)


def replace_file(path: Path, data: bytes, *, private: bool = True) -> None:
    """The file now holds `data`, whole or not at all: whoever reads it sees the old content or the new.

    A link of that name is replaced and not followed. With `private` the mode is 0600, otherwise the umask
    decides. Raises UsageError with code "unwritable" and leaves nothing behind.
    """
    path = Path(path)
    temporary = path.parent / f".custody-{os.urandom(8).hex()}.tmp"
    try:
        _write_new(temporary, data, 0o600 if private else None)
        try:
            os.replace(temporary, path)
        except BaseException:
            _unlink_quietly(temporary)
            raise
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Makes the names in a directory durable. Raises UsageError with code "unwritable"."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unwritable(path, error) from None


def _write_new(path: Path, data: bytes, mode: int | None) -> None:
    descriptor = os.open(path, _CREATE, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None and sys.platform != "win32":
                os.fchmod(descriptor, mode)  # the umask took its share when the file was made
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        _unlink_quietly(path)
        raise


def _unlink_quietly(path: Path) -> None:
    with suppress(OSError):  # what brought us here is the error worth reporting
        os.unlink(path)


# --- folders


def state_dir() -> Path:
    """Where custody remembers what this machine wrote and verified. It may not exist: see `private_dir`."""
    return _home("state")


def cache_dir() -> Path:
    """Where custody keeps what it can make again. It may not exist yet."""
    return _home("cache")


def config_dir() -> Path:
    """Where the user's own configuration is. It may not exist."""
    return _home("config")


def private_dir(path: Path) -> Path:
    """The directory, made with mode 0700 where it or a parent was missing. Raises UsageError "unwritable"."""
    path = Path(path)
    missing = []
    for folder in (path, *path.parents):
        if folder.is_dir():
            break
        missing.append(folder)
    try:
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    return path


def _home(part: str) -> Path:
    """CUSTODY_HOME puts all three in one place, which is what a container or a test wants."""
    home = os.environ.get("CUSTODY_HOME")
    if home:
        return Path(home).absolute() / part
    import platformdirs

    find = {
        "state": platformdirs.user_state_path,
        "cache": platformdirs.user_cache_path,
        "config": platformdirs.user_config_path,
    }[part]
    return find("custody", appauthor=False)


# --- words


def _exists(path: Path) -> UsageError:
    return UsageError(f"{path}: exists and is left as it is; choose another name", code="exists")


def _not_regular(path: Path) -> RefusedError:
    return RefusedError(f"{path}: not a regular file", code="not-regular")


def _unwritable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path}: cannot be written ({_reason(error)})", code="unwritable")


def _reason(error: Exception) -> str:
    """The system's few words for it, and never its text, which repeats the path."""
    return (error.strerror or "system error") if isinstance(error, OSError) else "not a usable path"


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name, if nothing has that name. Raises FileExistsError otherwise; durable."""
    if sys.platform == "win32":
        os.rename(temporary, path)
        return
    os.link(temporary, path)
    os.unlink(temporary)
    sync_directory(path.parent)
