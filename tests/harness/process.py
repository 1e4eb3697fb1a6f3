"""Two ways to run the command line: as a process, and in this process where a thousand runs are needed."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from harness.world import environment

CUSTODY = [sys.executable, "-m", "custody"]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gave back: exit status (negative: the signal it died of), standard output, standard error."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return (self.out + self.err).decode("utf-8", "surrogateescape")

    def check_polite(self) -> Result:
        """No traceback, no word of an unforeseen error, at most one line of error."""
        assert b"Traceback" not in self.out + self.err, self.text
        assert b"did not foresee" not in self.err, self.text
        return self


def start(
    folder: Path, *arguments: str | os.PathLike[str], env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """A process of custody in a folder."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    environ = environment(folder) if env is None else dict(env)
    return subprocess.Popen([*CUSTODY, *map(os.fspath, arguments)], cwd=folder, env=environ, **options)


def run(
    folder: Path,
    *arguments: str | os.PathLike[str],
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
    **options: Any,
) -> Result:
    """A process of custody, to its end."""
    with start(folder, *arguments, env=env, **options) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return Result(process.returncode, out or b"", err or b"").check_polite()


def limit_file_size(size: int) -> None:
    """For `preexec_fn`: no file may grow past `size` bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class TooSlow(BaseException):
    """A run in this process went past its limit. Not an Exception, so that nothing on the way catches it."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Ends even a call that blocks in the system, such as the opening of a FIFO."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def invoke(
    folder: Path,
    arguments: Sequence[str],
    env: Mapping[str, str] | None = None,
    seconds: float = 20,
    *,
    polite: bool = True,
    stdin: bytes = b"",
) -> Result:
    """The command line in this process, in `folder`, given `stdin`, with its other streams caught."""
    from custody.cli.main import main

    out, err = io.BytesIO(), io.BytesIO()
    kept = sys.argv, sys.stdout, sys.stderr, sys.stdin, dict(os.environ), Path.cwd()
    code: object = None
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment(folder) if env is None else env)
        sys.argv = ["custody", *arguments]
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
        sys.stdout = io.TextIOWrapper(out, "utf-8")
        sys.stderr = io.TextIOWrapper(err, "utf-8")
        with deadline(seconds):
            main()
    except SystemExit as leaving:
        code = leaving.code
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(ValueError):
                stream.flush()
        given_out, given_err = out.getvalue(), err.getvalue()
        sys.argv, sys.stdout, sys.stderr, sys.stdin = kept[:4]
        os.environ.clear()
        os.environ.update(kept[4])
        os.chdir(kept[5])
    assert isinstance(code, int), code
    result = Result(code, given_out, given_err)
    return result.check_polite() if polite else result
