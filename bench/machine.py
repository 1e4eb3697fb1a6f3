"""The rows about the time machine: one moment, one step and one interval in a life of very many changes."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from itertools import cycle

from bench.asking import QUESTIONS
from bench.measure import Row, Turns, row, say
from bench.workload import ENVIRONMENT, START
from custody.ledger.canonical import encode
from custody.ledger.entry import Header
from custody.ledger.timestamps import from_datetime
from custody.query.build import IndexBuilder
from custody.query.environments import log, state_at, state_number
from custody.query.index import Index
from custody.trust.judge import Judged

SERVICES = 40
INTERVALS = 20
_STEP = 500
_SALT = "5a" * 16


def machine_rows(small: int, large: int, rounds: int) -> list[Row]:
    """The same questions of two lives of 40 services; the intervals hold as many changes in both."""
    part = max(1, small // 10)
    with _index(small) as few, _index(large) as many:
        turns = Turns().run(
            rounds,
            {
                "moment, few": lambda: _moments(few, small),
                "moment, many": lambda: _moments(many, large),
                "step, few": lambda: _steps(few, small),
                "step, many": lambda: _steps(many, large),
                "interval, few": lambda: _interval(few, small, part),
                "interval, many": lambda: _interval(many, large, part),
                "interval of twice as many": lambda: _interval(many, large, 2 * part),
            },
            warm=True,
        )
    of = f"of {large:,} state changes, {SERVICES} services"
    baseline = f"the time of the same among {small:,} changes"
    interval = f"{part:,} changes"
    return [
        row(
            f"State at a moment {of}",
            baseline,
            turns.ratios("moment, many", "moment, few"),
            at_most=3,
            note=f"{turns.seconds('moment, many') / QUESTIONS * 1e3:.2f} ms a question",
        ),
        row(
            f"One step {of}",
            baseline,
            turns.ratios("step, many", "step, few"),
            at_most=3,
            note=f"{turns.seconds('step, many') / QUESTIONS * 1e3:.2f} ms a step",
        ),
        row(
            f"The log of {interval} {of}",
            baseline,
            turns.ratios("interval, many", "interval, few"),
            at_most=3,
            note=f"{turns.seconds('interval, many') / INTERVALS / part * 1e6:.0f} µs a change",
        ),
        row(
            f"The log of {2 * part:,} changes {of}",
            f"the time of the log of {interval}",
            turns.ratios("interval of twice as many", "interval, many"),
            at_most=3,
        ),
    ]


def _moments(index: Index, changes: int) -> None:
    for number in range(QUESTIONS):
        assert state_at(index, ENVIRONMENT, _time(changes * number // QUESTIONS)) is not None


def _steps(index: Index, changes: int) -> None:
    """From a state in the middle to the next, and so on."""
    middle = changes // 2
    for number in range(QUESTIONS):
        assert state_number(index, ENVIRONMENT, middle + number % (changes // 4)) is not None


def _interval(index: Index, changes: int, part: int) -> None:
    """Intervals that hold so many changes, at places all over the life."""
    for place in range(INTERVALS):
        since = (changes - part) * place // INTERVALS
        lines = log(index, ENVIRONMENT, _time(since + 1), _time(since + part))
        assert len(lines) == part


def _index(changes: int) -> Index:
    """A life in which one service after the other gets another artifact, and every report shows one change."""
    say(f"indexing {changes:,} changes")
    index = Index.in_memory()
    builder = IndexBuilder(index)
    running = {f"service-{number}": f"{number:064x}" for number in range(SERVICES)}
    chain = sha256(b"reporter").hexdigest()
    entries = [_entry(0, chain, "genesis", {"salt": _SALT})]
    for number, service in zip(range(changes), cycle(running), strict=False):
        if number:
            running[service] = f"{number:032x}" * 2
        listed = [
            {"artifact": {"name": name, "sha256": digest}, "count": 3, "service": name}
            for name, digest in running.items()
        ]
        entries.append(
            _entry(
                number + 1,
                chain,
                "snapshot",
                {"environment": ENVIRONMENT, "running": listed, "salt": _SALT},
            )
        )
        if len(entries) >= _STEP:
            builder.add(entries)
            entries.clear()
    builder.add(entries)
    builder.finish()
    return index


def _entry(position: int, chain: str, kind: str, body: dict[str, object]) -> Judged:
    data = encode(body)  # type: ignore[arg-type]
    identity = sha256(b"entry %d" % position).hexdigest() if position else chain
    time = _time(position - 1)
    header = Header(kind, position, time, "", len(data), chain=chain if position else "")
    return Judged(position, identity, header, "", time, "reporter", True, data)


def _time(change: int) -> str:
    return from_datetime(START + timedelta(seconds=41 * (change + 1)))
