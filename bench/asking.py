"""The row about a question: what ran at a moment, when very much is indexed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import islice

from bench.measure import Row, Turns, row, say
from bench.workload import ENVIRONMENT, SERVICES, START
from custody.ledger.entry import Header
from custody.ledger.timestamps import from_datetime
from custody.query.build import IndexBuilder
from custody.query.environments import environments, state_at
from custody.query.index import Index
from custody.trust.judge import Judged

QUESTIONS = 200
_STEP = 500
_SALT = "5a" * 16


def moment_row(small: int, large: int, rounds: int) -> Row:
    """The same question of two indexes, at moments all over the life of the environment."""
    with _index(small) as few, _index(large) as many:
        turns = Turns().run(rounds, {"small": _ask(few, small), "large": _ask(many, large)}, warm=True)
        states = environments(many)[0].states
    return row(
        f"State at a moment, {large:,} entries indexed",
        f"the time of the same question on {small:,} entries",
        turns.ratios("large", "small"),
        at_most=3,
        note=f"{turns.seconds('large') / QUESTIONS * 1e3:.2f} ms a question, of {states:,} states",
    )


def _ask(index: Index, entries: int) -> object:
    moments = [_time(entries * number // QUESTIONS + 12) for number in range(QUESTIONS)]

    def ask() -> None:
        for moment in moments:
            assert state_at(index, ENVIRONMENT, moment) is not None

    return ask


def _index(entries: int) -> Index:
    say(f"indexing {entries:,} entries")
    index = Index.in_memory()
    builder = IndexBuilder(index)
    log = _log()
    for start in range(0, entries, _STEP):
        builder.add(list(islice(log, min(_STEP, entries - start))))
    builder.finish()
    return index


def _log() -> Iterator[Judged]:
    """Entries as verification would pass them on, unsigned: of twelve, a build, its checks, its approval, and the
    reports before and after it went out.
    """
    running = {service: sha256(service.encode()).hexdigest() for service in SERVICES}
    position = 0
    while True:
        service = SERVICES[position // 12 % len(SERVICES)]
        artifact = sha256(b"%d" % position).hexdigest()
        about = f'{{"name":"{service}","sha256":"{artifact}"}}'
        chain = sha256(b"chain %d" % position).hexdigest()
        bodies = [("genesis", f'{{"flow":"{service}","salt":"{_SALT}","trail":"run-{position}"}}')]
        bodies += [("snapshot", _report(running))] * 3
        bodies += [
            (
                "artifact",
                f'{{"name":"{service}","salt":"{_SALT}","sha256":"{artifact}","size":7,"type":"file"}}',
            )
        ]
        for control in ("unit-tests", "lint"):
            told = f'"control":"{control}","result":"pass","salt":"{_SALT}","type":"generic"'
            bodies += [("evidence", f'{{"artifact":{about},{told}}}')]
        decided = f'"decision":"approved","environment":"{ENVIRONMENT}","salt":"{_SALT}"'
        bodies += [("approval", f'{{"artifact":{about},{decided}}}')]
        running = running | {service: artifact}
        bodies += [("snapshot", _report(running))] * 3 + [("seal", f'{{"salt":"{_SALT}"}}')]
        for seq, (kind, body) in enumerate(bodies):
            entry = sha256(b"entry %d" % position).hexdigest() if seq else chain
            time, data = _time(position), body.encode()
            header = Header(kind, seq, time, "", len(data), chain=chain if seq else "")
            yield Judged(position, entry, header, "", time, "ci-builder", True, data)
            position += 1


def _report(running: dict[str, str]) -> str:
    listed = ",".join(
        f'{{"artifact":{{"name":"{service}","sha256":"{artifact}"}},"count":3,"service":"{service}"}}'
        for service, artifact in running.items()
    )
    return f'{{"environment":"{ENVIRONMENT}","running":[{listed}],"salt":"{_SALT}"}}'


def _time(position: int) -> str:
    return from_datetime(START + timedelta(seconds=41 * position))
