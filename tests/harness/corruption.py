"""Ledgers with something wrong in their bytes, and the judgement on each: was it noticed?

`Witness` knows a sound ledger. Shown other bytes, it answers with the class of what custody makes of them, and raises
AssertionError where custody would let changed content pass for sound.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from custody.errors import RefusedError
from custody.ledger.reader import Snapshot, open_ledger
from harness import world

PAGE = 4096
HANG = 5.0  # seconds of the processor for one file


class Witness:
    """A sound ledger's content and report. `path` is where bytes are put to be looked at."""

    def __init__(self, ledger: Path, path: Path) -> None:
        self.data = ledger.read_bytes()
        self.path = path
        path.write_bytes(self.data)
        with open_ledger(path) as snapshot:
            self.content = _content(snapshot)
            self.report = _essence(snapshot)
        assert self.report["exit"] == 0

    def judge(self, data: bytes) -> str:
        """`refused`, `tampered`, `same`, `orphan` or `checkpoint`.

        An orphan is a blob that was added, that belongs to nothing and is said to. The last is for a checkpoint that
        is no longer one. Whoever can change it could as well take it away, so it is no fault: but the entries must be
        the same, and either a gap is stated, or the checkpoint that covers the whole log is still there, and the one
        that was changed is named.
        """
        self.path.write_bytes(data)
        try:
            with open_ledger(self.path) as snapshot:
                report = _essence(snapshot)
                if report["exit"] == 1:
                    assert report["faults"], report
                    return "tampered"
                content = _content(snapshot)
        except RefusedError as error:
            said = str(error)
        else:
            return self._compare(content, report)
        assert "\n" not in said
        return "refused"

    def _compare(self, content: tuple[Any, ...], report: dict[str, Any]) -> str:
        if content == self.content and report == self.report:
            return "same"
        entries, blobs, checkpoints = content
        assert entries == self.content[0], f"entries changed, and only {report}"
        if blobs != self.content[1]:
            assert set(blobs) >= set(self.content[1]), f"blobs changed, and only {report}"
            assert "orphan" in report["counts"], report
            return "orphan"
        known = set(checkpoints) <= set(self.content[2])  # one less, or one twice
        said = report["exit"] == 4 or "checkpoint-unverified" in report["counts"]
        assert known or said, "changed, and not a word of it"
        assert report["covered"] == self.report["covered"] or report["exit"] == 4
        return "checkpoint"

    def judge_all(self, cases: Iterable[tuple[str, bytes]]) -> Counter[str]:
        """How often each answer came. Raises AssertionError naming the case, whatever goes wrong in it."""
        answers: Counter[str] = Counter()
        for name, data in cases:
            try:
                answers[self.judge(data)] += 1
            except Exception as error:
                raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error
        return answers


def _content(snapshot: Snapshot) -> tuple[Any, ...]:
    """Every row of every table, as a reader gets them; of blobs the digest in front, and the true digest."""
    blobs = [(digest, snapshot.measure_blob(digest)) for _, digest in snapshot.blob_rowids()]
    entries = [row for rows in snapshot.rows() for row in rows]
    return entries, sorted((digest, found and found[1:]) for digest, found in blobs), snapshot.checkpoints()


def _essence(snapshot: Snapshot) -> dict[str, Any]:
    """What a verification reports, but for the digest of the file."""
    report = world.verify(snapshot)
    return {
        "exit": report.exit,
        "root": report.root,
        "size": report.size,
        "covered": report.covered,
        "counts": dict(report.counts),
        "faults": world.faults(report),
    }


# --- every byte


def flips(data: bytes, places: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bytes]]:
    """Copies in which one byte (offset, mask) is another."""
    for offset, mask in places:
        changed = bytearray(data)
        changed[offset] ^= mask
        yield f"byte {offset} ^ {mask:#04x}", bytes(changed)


# --- structures


def structured(data: bytes, seed: int, start: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Copies with one thing, or a few, wrong in the structure of the file. Case `n` of a seed is always the same."""
    for number in range(start, start + count):
        chance = random.Random(f"{seed}/{number}")
        changed = bytearray(data)
        names = []
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            way = chance.choice(_WAYS)
            names.append(way.__name__)
            way(changed, chance)
        yield f"case {seed}/{number}: {', '.join(names)}", bytes(changed)


def _page(data: bytearray, chance: random.Random) -> int:
    """Where some page begins."""
    return chance.randrange(max(1, len(data) // PAGE)) * PAGE


def _btree(start: int) -> int:
    return start + (100 if start == 0 else 0)


def _swap_pages(data: bytearray, chance: random.Random) -> None:
    a, b = _page(data, chance), _page(data, chance)
    data[a : a + PAGE], data[b : b + PAGE] = data[b : b + PAGE], data[a : a + PAGE]


def _copy_page(data: bytearray, chance: random.Random) -> None:
    a, b = _page(data, chance), _page(data, chance)
    data[a : a + PAGE] = data[b : b + PAGE]


def _blank_page(data: bytearray, chance: random.Random) -> None:
    a = _page(data, chance)
    data[a : a + PAGE] = bytes([chance.choice((0, 0xFF))]) * PAGE


def _page_type(data: bytearray, chance: random.Random) -> None:
    _set(data, _btree(_page(data, chance)), bytes([chance.choice((0, 2, 5, 10, 13, 255))]))


def _cell_count(data: bytearray, chance: random.Random) -> None:
    _set(data, _btree(_page(data, chance)) + 3, struct.pack(">H", chance.choice((0, 1, 2, 500, 65535))))


def _cell_pointer(data: bytearray, chance: random.Random) -> None:
    at = _btree(_page(data, chance)) + 8 + 2 * chance.randrange(20)
    _set(data, at, struct.pack(">H", chance.choice((0, 7, 8, PAGE - 1, PAGE, 65535, chance.randrange(PAGE)))))


def _swap_cells(data: bytearray, chance: random.Random) -> None:
    start = _btree(_page(data, chance)) + 8
    a, b = start + 2 * chance.randrange(10), start + 2 * chance.randrange(10)
    data[a : a + 2], data[b : b + 2] = data[b : b + 2], data[a : a + 2]


def _child(data: bytearray, chance: random.Random) -> None:
    pages = len(data) // PAGE
    number = chance.choice((0, 1, chance.randrange(1, pages + 2), pages + 1, 2**31, 2**32 - 1))
    _set(data, _btree(_page(data, chance)) + chance.choice((8, 12)), struct.pack(">I", number))


def _free_list(data: bytearray, chance: random.Random) -> None:
    _set(
        data,
        _btree(_page(data, chance)) + chance.choice((1, 5, 7)),
        struct.pack(">H", chance.randrange(65536)),
    )


def _cell_start(data: bytearray, chance: random.Random) -> None:
    """The length and record header of some cell: varints, types, and where an overflow page would be."""
    start = _page(data, chance)
    at = _btree(start) + 8 + 2 * chance.randrange(4)
    (offset,) = struct.unpack(">H", data[at : at + 2].ljust(2, b"\0"))
    value = bytes(chance.choice((0x00, 0x7F, 0x80, 0x81, 0xFF)) for _ in range(chance.randrange(1, 9)))
    _set(data, start + offset + chance.randrange(8), value)


def _header_field(data: bytearray, chance: random.Random) -> None:
    at, size = chance.choice(
        ((16, 2), (18, 1), (19, 1), (20, 1), (21, 3), *((at, 4) for at in range(24, 100, 4)))
    )
    value = chance.choice((0, 1, 2, 3, 512, PAGE, 65535, 2**31 - 1, 2**32 - 1))
    _set(data, at, (value % 256**size).to_bytes(size, "big"))


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[
        chance.choice((0, 50, 100, PAGE, len(data) - PAGE, len(data) - 1, chance.randrange(len(data) + 1))) :
    ]


def _cut_and_say_so(data: bytearray, chance: random.Random) -> None:
    """Whole pages less, with a header that agrees."""
    pages = max(1, len(data) // PAGE - chance.randrange(1, 4))
    del data[pages * PAGE :]
    _set(data, 28, struct.pack(">I", pages))


def _grow_and_say_so(data: bytearray, chance: random.Random) -> None:
    """Pages that nothing points to, with a header that agrees; some of them on the list of free ones."""
    pages = len(data) // PAGE
    more = chance.randrange(1, 4)
    data.extend(b"".join(chance.randbytes(PAGE) for _ in range(more)))
    _set(data, 28, struct.pack(">I", pages + more))
    if chance.random() < 0.5:
        _set(data, 32, struct.pack(">II", pages + 1, more))
        _set(data, pages * PAGE, bytes(4) + struct.pack(">I", more - 1))


def _noise(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(max(1, len(data)))
    _set(data, at, chance.randbytes(chance.randrange(1, 64)))


def _set(data: bytearray, at: int, value: bytes) -> None:
    if at + len(value) <= len(data):
        data[at : at + len(value)] = value


_WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _swap_pages, _copy_page, _blank_page, _page_type, _cell_count, _cell_pointer, _swap_cells, _child, _free_list,
    _cell_start, _header_field, _cut, _cut_and_say_so, _grow_and_say_so, _noise,
)  # fmt: skip


# --- rows, by someone who has SQLite and no key


def rows(data: bytes, path: Path, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Copies in which SQLite itself changed, removed or added a row: the container is sound, the content is not."""
    columns = {
        "entry": ("position", "id", "header", "signature", "chain", "seq"),
        "blob": ("sha256", "data"),
        "checkpoint": ("size", "note"),
    }
    for number in range(count):
        chance = random.Random(f"rows {seed}/{number}")
        table = chance.choice(("entry", "entry", "blob", "checkpoint"))
        column = chance.choice(columns[table])
        path.write_bytes(data)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            rowids = [row[0] for row in connection.execute(f"SELECT rowid FROM {table}")]
            one, other = chance.choice(rowids), chance.choice(rowids)
            way = chance.choice(("change", "remove", "exchange", "add"))
            with contextlib.suppress(
                sqlite3.Error
            ):  # what SQLite does not let happen leaves the ledger as it is
                if way == "remove":
                    connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (one,))
                elif way == "exchange":
                    found = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
                    values = dict(found)
                    for a, b in ((one, other), (other, one)):
                        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (values[b], a))
                elif way == "add":
                    values = connection.execute(f"SELECT * FROM {table} WHERE rowid = ?", (one,)).fetchone()
                    changed = [
                        _changed(value, chance) if chance.random() < 0.5 else value for value in values
                    ]
                    marks = ",".join("?" * len(changed))
                    connection.execute(f"INSERT INTO {table} VALUES ({marks})", changed)
                else:
                    (value,) = connection.execute(
                        f"SELECT {column} FROM {table} WHERE rowid = ?", (one,)
                    ).fetchone()
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (_changed(value, chance), one)
                    )
        yield f"rows {seed}/{number}: {way} {table}.{column} {one} {other}", path.read_bytes()


def _changed(value: Any, chance: random.Random) -> Any:
    if isinstance(value, int):
        return value + chance.choice((-(2**40), -1, 1, 2**40))
    text = bytearray(value.encode() if isinstance(value, str) else value)
    text[chance.randrange(len(text))] ^= 1 << chance.randrange(7)
    return bytes(text) if isinstance(value, bytes) else text.decode("latin-1")


# --- in processes of their own, where a crash or a hang is seen


def in_processes(ledger: Path, folder: Path, tasks: Sequence[Sequence[str | int]]) -> Counter[str]:
    """Run tasks (the arguments of `main`) side by side, as many as there are cores; their answers together."""
    source = Path(__file__).resolve().parents[1]
    env = world.environment(folder) | {"PYTHONPATH": f"{source}:{world.environment(folder)['PYTHONPATH']}"}
    waiting, running, answers = list(enumerate(tasks)), [], Counter[str]()
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            number, task = waiting.pop(0)
            command = [sys.executable, "-m", "harness.corruption", str(ledger), str(folder / f"case{number}")]
            running.append(
                subprocess.Popen(
                    [*command, *map(str, task)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
                )
            )
        process = running.pop(0)
        out, err = process.communicate()
        if process.returncode != 0:
            for other in running:
                other.kill()
                other.communicate()
            raise AssertionError(f"{process.returncode}: {err.decode()[-1500:]}")
        answers.update(json.loads(out))
    return answers


def _with_alarm(cases: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Ends this process when one case takes too much of the processor, even within SQLite; names it before."""
    faulthandler.enable()
    for name, data in cases:
        # The signal's own effect is to end the process. Time that others have the processor for is not counted.
        signal.setitimer(signal.ITIMER_PROF, HANG)
        print(name, file=sys.stderr)
        yield name, data
    signal.setitimer(signal.ITIMER_PROF, 0)


def main(ledger: str, path: str, kind: str, *numbers: str) -> None:
    """`flips START STOP STEP`, `structured SEED START COUNT` or `rows SEED COUNT`; answers on standard output."""
    witness = Witness(Path(ledger), Path(path))
    values = list(map(int, numbers))
    cases = {
        "flips": lambda: flips(witness.data, ((at, mask) for at in range(*values) for mask in (0xFF, 0x01))),
        "structured": lambda: structured(witness.data, *values),
        "rows": lambda: rows(witness.data, Path(f"{path}.made"), *values),
    }[kind]()
    print(json.dumps(witness.judge_all(_with_alarm(cases))))


if __name__ == "__main__":
    main(*sys.argv[1:])
