"""The rows about the terminal interface: the real program in a pseudo-terminal, keys pressed, its bytes read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from types import TracebackType

from bench.measure import Row, Turns, row, say
from bench.workload import ROOT, make_ledger
from custody.ledger.reader import MEMORY_CAP
from custody.ledger.store import create_ledger

_SIZE = (40, 120)  # lines, columns
_PATIENCE = 900.0  # seconds for the verification of the large ledger
_ANSWER = 60.0  # seconds for a key
_QUIET = 0.3
_PAINTED = b"NOT VERIFIED YET"  # the seal of the first screen, which stands at its foot
_DONE = b"INTACT"
_SAID = (_PAINTED, _DONE)  # said once, and to be known later
_HEADLINE = re.compile(rb"#([0-9][0-9,]*)")
_STATE = re.compile(rb"state ([0-9,]+) of")
_DOWN, _UP, _PAGE, _LEFT, _RIGHT = b"\x1b[B", b"\x1b[A", b"\x1b[6~", b"\x1b[D", b"\x1b[C"
_MOVES = (_DOWN, _DOWN, _PAGE, _UP, _DOWN, _PAGE)


def screen_rows(folder: Path, few: int, many: int, presses: int, rounds: int) -> list[Row]:
    """Design §7's three rows, the row about keys in two halves: moving while it verifies, stepping through time."""
    empty = folder / "empty.ledger"
    create_ledger(empty, exist_ok=False)
    small, large = (_make(folder, number) for number in (few, many))
    capped = _make(folder, _under_the_cap(few, small.stat().st_size, many))
    rows = [
        _paint_row(f"TUI's first paint on {many:,} entries", large, empty, rounds, 1.3),
        _paint_row(
            f"TUI's first paint on {_megabytes(capped)} MB, read into memory", capped, empty, rounds, 3
        ),
    ]
    moves: dict[str, list[list[float]]] = {"small": [], "large": []}
    steps: dict[str, list[list[float]]] = {"small": [], "large": []}
    memory: dict[str, list[int]] = {"small": [], "large": []}
    for number in range(rounds):
        for name, path, busy in (("small", small, False), ("large", large, True)):
            say(f"keys on the {name} ledger ({number + 1} of {rounds})")
            with Screen(path, "entries") as screen:
                screen.wait_for_either() if busy else screen.wait(_DONE)
                screen.settle()
                moves[name].append([screen.press(key, _HEADLINE) for key in islice(cycle(_MOVES), presses)])
                if busy:
                    screen.wait(_DONE)
                screen.settle()
                steps[name].append(_step(screen, presses // 2))
                memory[name].append(screen.memory)
    rows.append(_key_row(f"A key in the TUI on {many:,} entries, while it verifies", few, moves))
    rows.append(_key_row(f"A step through time in the TUI, {many:,} entries", few, steps))
    more = [above - below for above, below in zip(memory["large"], memory["small"], strict=True)]
    rows.append(
        row(
            f"TUI's memory on {many:,} entries, in MB more",
            f"the memory on {few:,} entries",
            [float(one) for one in more],
            at_most=300,
            note=f"{median(memory['large']):.0f} MB and {median(memory['small']):.0f} MB, worker processes included",
        )
    )
    return rows


class Screen:
    """`custody tui` in a terminal of its own."""

    def __init__(self, ledger: Path, tab: str = "overview") -> None:
        # A home of its own: all ledgers of the workload begin alike, and a remembered one would be rolled back.
        home = tempfile.mkdtemp(prefix="home-", dir=ledger.parent)
        self._began = time.perf_counter()
        argv = [sys.executable, "-m", "custody", "tui", str(ledger), "--root", ROOT, "--tab", tab]
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))
            os.environ["TERM"] = "xterm-256color"
            os.environ["CUSTODY_HOME"] = home
            os.execv(sys.executable, argv)
        self._seen = b""
        self._said: set[bytes] = set()
        self._others = 0

    def wait(self, text: bytes, patience: float = _PATIENCE) -> float:
        """Until the program has written this, also before now; the seconds since it was started."""
        deadline = time.perf_counter() + patience
        while text not in self._said:
            if text in self._seen:
                return time.perf_counter() - self._began
            self._read(deadline)
        return time.perf_counter() - self._began

    def wait_for_either(self) -> None:
        """Until the seal is there: what is small is verified before anything is painted."""
        deadline = time.perf_counter() + _ANSWER
        while not self._said:
            self._read(deadline)

    def press(self, key: bytes, shown: re.Pattern[bytes]) -> float:
        """Seconds from a key to the first thing of that form that the program draws for it."""
        before = shown.findall(self._seen)[-1:]
        self._seen = b""
        began = time.perf_counter()
        os.write(self._terminal, key)
        while not [found for found in shown.findall(self._seen) if [found] != before]:
            self._read(began + _ANSWER)
        took = time.perf_counter() - began
        self._others = max(self._others, sum(map(_resident, _children(self.pid))))
        return took

    def settle(self) -> None:
        """Until it has been quiet for a moment, or has said enough for one."""
        deadline = time.perf_counter() + 5 * _QUIET
        while time.perf_counter() < deadline and select.select([self._terminal], [], [], _QUIET)[0]:
            self._read(deadline)

    def type(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    @property
    def memory(self) -> int:
        """The peak in MB: its own, and the most that its workers were seen to hold together."""
        return _status(self.pid, "VmHWM") + self._others

    def _read(self, deadline: float) -> None:
        if time.perf_counter() > deadline:
            raise TimeoutError(
                f"the terminal interface has not drawn what was waited for: {self._seen[-300:]!r}"
            )
        if select.select([self._terminal], [], [], _QUIET)[0]:
            self._seen = (self._seen + os.read(self._terminal, 1 << 16))[-(1 << 20) :]
            self._said.update(one for one in _SAID if one in self._seen)

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGKILL)
        for child in _children(self.pid):
            with _gone():
                os.kill(child, signal.SIGKILL)
        os.close(self._terminal)
        os.waitpid(self.pid, 0)


def _paint_row(what: str, path: Path, empty: Path, rounds: int, bar: float) -> Row:
    turns = Turns().run(3 * rounds, {"empty": lambda: _paint(empty), "full": lambda: _paint(path)}, warm=True)
    return row(
        what,
        "the time on an empty ledger",
        turns.ratios("full", "empty"),
        at_most=bar,
        note=f"{turns.seconds('full') * 1e3:.0f} ms and {turns.seconds('empty') * 1e3:.0f} ms, Python's start included",
    )


def _paint(path: Path) -> None:
    with Screen(path) as screen:
        screen.wait(_PAINTED, _ANSWER)


def _key_row(what: str, few: int, times: dict[str, list[list[float]]]) -> Row:
    large, small = ([_late(one) for one in times[name]] for name in ("large", "small"))
    return row(
        what,
        f"the time on {few:,} entries at rest, each the 95th percentile",
        [above / below for above, below in zip(large, small, strict=True)],
        at_most=3,
        note=f"{median(large) * 1e3:.0f} ms and {median(small) * 1e3:.0f} ms, from the key to what it draws",
    )


def _step(screen: Screen, presses: int) -> list[float]:
    """Back to the state before, and on again; each is folded anew."""
    screen.type(b"3")
    screen.wait(b"state ")
    screen.settle()
    return [screen.press(key, _STATE) for key in islice(cycle((_LEFT, _RIGHT)), presses)]


def _late(times: list[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1]


def _make(folder: Path, entries: int) -> Path:
    path = folder / f"screen-{entries}.ledger"
    if not path.exists():
        say(f"making a ledger of {entries:,} entries")
        make_ledger(path, entries)
    return path


def _under_the_cap(few: int, size: int, many: int) -> int:
    """How many entries make a file just small enough to be read into memory; no more than the largest has."""
    return min(many // 2, int(few * MEMORY_CAP / size * 0.95))


def _megabytes(path: Path) -> int:
    return round(path.stat().st_size / 1e6)


def _children(pid: int) -> list[int]:
    """All processes below one, where the system tells."""
    found = []
    for tasks in Path("/proc").glob(f"{pid}/task/*/children"):
        with _gone():
            for child in map(int, tasks.read_text().split()):
                found += [child, *_children(child)]
    return found


def _resident(pid: int) -> int:
    return _status(pid, "VmRSS")


def _status(pid: int, field: str) -> int:
    """In MB; 0 where the system does not tell, or of a process that is gone."""
    with _gone():
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return round(int(line.split()[1]) / 1e3)
    return 0


def _gone() -> suppress:
    """A process may end while it is asked about."""
    return suppress(OSError)
