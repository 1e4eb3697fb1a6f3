"""Two days of a ledger, and what can be done to it: by whoever holds the file, and by whoever holds a key.

What the file's holder does is done with SQLite alone, as well as it can be done: columns agree with headers again,
positions have no gap, bytes that nothing needs any more are gone.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

from custody.kinds import Approval, Evidence, Note, Policy, Result, Running, Snapshot, Trust
from custody.ledger.entry import Header, entry_id, parse_header
from custody.ledger.heads import Head
from custody.ledger.store import Store
from custody.ledger.writer import Draft, Writer, insert
from making import people
from making.keeping import SEALED, Keeper, Step, export, stamp, writer
from making.pipeline import Outcome, context, run_deployment, run_pipeline, subject
from making.reports import Build, make_build

ORIGIN = "acme.example/tampered"
REDACTED_ORIGIN = (
    "acme.example/redacted"  # it verifies, so a machine will remember it: it is a log of its own
)
OTHER_ORIGIN = "acme.example/other"


class Scene(NamedTuple):
    """The ledger before anything is done to it. `first` failed its scan, `second` went to production."""

    keeper: Keeper
    first: Build
    second: Build
    note: str  # the id of an entry about a person
    before_last: int  # the size that the last checkpoint but one signs for


def make(folder: Path, work: Path) -> None:
    """Every tampered ledger, into `folder`."""
    scene = _two_days(work / "tampered.ledger", ORIGIN, work)
    _edit_a_body(_copy(scene, folder / "body-edited.ledger"))
    _edit_a_header(_copy(scene, folder / "header-edited.ledger"), scene)
    _drop_an_entry(_copy(scene, folder / "entry-dropped.ledger"))
    _swap_two(_copy(scene, folder / "two-swapped.ledger"), scene)
    _cut_the_tail(_copy(scene, folder / "tail-cut-off.ledger"), scene)
    _erase_silently(_copy(scene, folder / "erased-silently.ledger"), scene)
    _fork(scene.keeper.copy_to(folder / "fork.ledger"), work)
    _let_a_stranger_in(scene.keeper.copy_to(folder / "unknown-writer.ledger"), work)
    _slip_in_another_origin(_copy(scene, folder / "other-origin.ledger"))
    _use_a_revoked_key(scene.keeper.copy_to(folder / "revoked-key.ledger"), scene)
    redacted = _two_days(folder / "redacted.ledger", REDACTED_ORIGIN, work)
    redacted.keeper.redact(
        redacted.note, "a customer's phone number, erasure request ER-98", _at(3, "14:00:00")
    )
    redacted.keeper.checkpoint()


def _two_days(path: Path, origin: str, work: Path) -> Scene:
    """Four stretches, each closed by a merge and its checkpoint."""
    first, second = people.trust_documents(origin)
    label = path.stem
    folder = work / f"exports-{label}"
    folder.mkdir()
    builds = [
        make_build(Random(f"custody samples: {label} {index}"), "payments-api", f"4.6.{index}", 3000 + index)
        for index in (1, 2, 3)
    ]
    keeper = Keeper(path, origin, first, _at(2, "09:00:00"))
    keeper.act(
        people.ADMIN, _at(2, "09:05:00"), Draft("policy", Policy("production", "version = 1\n").write())
    )

    scan_failed = Outcome(problem="yaml-load 0.9.3")
    exports = run_pipeline(folder, origin, builds[0], _at(2, "09:20:00"), people.BUILDER, scan_failed)
    keeper.merge(exports.paths, _at(2, "10:00:00"))

    exports = run_pipeline(folder, origin, builds[1], _at(2, "10:30:00"), people.BUILDER)
    tested = run_deployment(folder / "deploy-test.ledger", origin, builds[1], "test", _at(2, "10:52:00"))
    keeper.merge([*exports.paths, tested], _at(2, "11:30:00"))

    approval = Approval(subject(builds[1]), "prod", "approved", "scan passes again")
    draft = Draft("approval", approval.write(), (subject(builds[1]),))
    keeper.act(people.OFFICER_LAPTOP, _at(2, "13:05:00"), draft)
    deployed = run_deployment(folder / "deploy-prod.ledger", origin, builds[1], "prod", _at(2, "13:20:00"))
    seen = folder / "snapshots.ledger"
    body = Snapshot("prod", (Running("payments-api", subject(builds[1]), 6, builds[1].version),))
    steps = [Step(_at(2, f"13:{minute}:00"), Draft("snapshot", body.write())) for minute in (21, 31, 41)]
    about = context(builds[1], "snapshots")
    export(
        seen,
        origin,
        people.signer(people.REPORTER),
        about,
        _at(2, "13:20:58"),
        [*steps, _sealed(_at(2, "13:45:00"))],
    )
    keeper.merge([deployed, seen], _at(2, "14:00:00"))
    before_last = keeper.covered

    keeper.act(people.ROOT, _at(3, "09:00:00"), Draft("trust", Trust(second).write()))
    text = Note("the customer who reported it can be called at +47 555 01 234")
    note = keeper.act(people.DEV_1, _at(3, "10:00:00"), Draft("note", text.write())).id
    exports = run_pipeline(folder, origin, builds[2], _at(3, "11:00:00"), people.BUILDER_2)
    keeper.merge(exports.paths, _at(3, "12:00:00"))
    return Scene(keeper, builds[0], builds[1], note, before_last)


# What whoever holds the file can do


def _edit_a_body(path: Path) -> None:
    """The failed scan passes."""
    with _editing(path) as database:
        _, header = _the(database, "evidence", '"result":"fail"')
        database.execute(
            "UPDATE blob SET data = CAST(replace(CAST(data AS TEXT), '\"fail\"', '\"pass\"') AS BLOB) WHERE sha256 = ?",
            (bytes.fromhex(header.body),),
        )


def _edit_a_header(path: Path, scene: Scene) -> None:
    """The deployment to production is of the build that failed its scan."""
    with _editing(path) as database:
        position, _ = _the(database, "deployment", '"environment":"prod"')
        (data,) = database.execute("SELECT header FROM entry WHERE position = ?", (position,)).fetchone()
        data = data.replace(scene.second.sha256.encode(), scene.first.sha256.encode())
        database.execute(
            "UPDATE entry SET header = ?, id = ? WHERE position = ?",
            (data, bytes.fromhex(entry_id(data)), position),
        )


def _drop_an_entry(path: Path) -> None:
    """The failed scan never was."""
    with _editing(path) as database:
        position, _ = _the(database, "evidence", '"result":"fail"')
        database.execute("DELETE FROM entry WHERE position = ?", (position,))
        database.execute("UPDATE entry SET position = -position WHERE position > ?", (position,))
        database.execute("UPDATE entry SET position = -position - 1 WHERE position < 0")
        _sweep(database)


def _swap_two(path: Path, scene: Scene) -> None:
    """The tests ran before the artifact was there."""
    with _editing(path) as database:
        position, _ = _the(database, "artifact", scene.second.sha256)
        for old, new in ((position, -1), (position + 1, position), (-1, position + 1)):
            database.execute("UPDATE entry SET position = ? WHERE position = ?", (new, old))


def _cut_the_tail(path: Path, scene: Scene) -> None:
    """Nothing of the second day happened, the revocation least of all."""
    with _editing(path) as database:
        database.execute("DELETE FROM entry WHERE position >= ?", (scene.before_last,))
        _sweep(database)


def _erase_silently(path: Path, scene: Scene) -> None:
    """A note's text is gone, and nobody says why."""
    with _editing(path) as database:
        (data,) = database.execute(
            "SELECT header FROM entry WHERE id = ?", (bytes.fromhex(scene.note),)
        ).fetchone()
        database.execute("DELETE FROM blob WHERE sha256 = ?", (bytes.fromhex(parse_header(data).body),))


# What whoever holds a key can do


def _fork(keeper: Keeper, work: Path) -> None:
    """Two runners went on from copies of one working folder, and one saw the tests fail. Both were merged."""
    build = make_build(Random("custody samples: fork"), "payments-api", "4.6.4", 3004)
    about, signer = context(build, "test"), people.signer(people.BUILDER_2)
    start = _at(3, "15:00:00")
    path = work / "fork.ledger"
    began = export(
        path, ORIGIN, signer, about, start, [Step(start, Draft("note", Note("tests begin").write()))]
    )
    results: tuple[Result, Result] = ("fail", "pass")
    sides = [Path(shutil.copyfile(path, work / f"fork-{result}.ledger")) for result in results]
    for side, result in zip(sides, results, strict=True):
        body = Evidence("integration-tests", "generic", result, subject(build))
        chain = writer(f"fork {result}", signer, [_at(3, "15:04:00"), _at(3, "15:04:01")])
        chain.head = Head(began.chain, began.id, began.seq)
        with Writer(side, chain, ORIGIN, about.write()) as out:
            out.append([Draft("evidence", body.write(), (subject(build),)), SEALED])
        stamp(side)
    keeper.merge(sides, _at(3, "16:00:00"))


def _let_a_stranger_in(keeper: Keeper, work: Path) -> None:
    """Tests that passed, says a key that nobody vouches for; it was merged all the same."""
    build = make_build(Random("custody samples: stranger"), "payments-api", "4.6.5", 3005)
    body = Evidence("integration-tests", "generic", "pass", subject(build))
    step = Step(_at(3, "15:04:00"), Draft("evidence", body.write(), (subject(build),)))
    path = work / "stranger.ledger"
    steps = [step, _sealed(_at(3, "15:04:01"))]
    export(path, ORIGIN, people.signer(people.STRANGER), context(build, "test"), _at(3, "15:00:00"), steps)
    keeper.merge([path], _at(3, "16:00:00"), accept_unknown=True)


def _slip_in_another_origin(path: Path) -> None:
    """A sound chain of a known writer, written for another ledger."""
    build = make_build(Random("custody samples: other"), "payments-api", "4.6.6", 3006)
    chain = writer("other origin", people.signer(people.BUILDER_2), [_at(3, "15:00:00"), _at(3, "15:00:09")])
    with Store(path) as store, store.transaction() as transaction:
        insert(transaction, chain.begin(OTHER_ORIGIN, context(build, "build").write()))
        insert(transaction, chain.sign(SEALED))


def _use_a_revoked_key(keeper: Keeper, scene: Scene) -> None:
    """Whoever found the laptop approves what was never approved, and claims that it was the day before."""
    body = Approval(subject(scene.first), "prod", "approved", "as agreed")
    draft = Draft("approval", body.write(), (subject(scene.first),))
    keeper.act(people.OFFICER_LAPTOP, _at(2, "13:30:00"), draft, witness=False)


# Tools


def _copy(scene: Scene, path: Path) -> Path:
    return scene.keeper.copy_to(path).path


@contextmanager
def _editing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA secure_delete=ON")
        yield database
        database.commit()


def _the(database: sqlite3.Connection, kind: str, text: str) -> tuple[int, Header]:
    """The one entry of a kind whose body holds a text."""
    found = [
        (position, header)
        for position, header in _headers(database)
        if header.kind == kind and text in _body(database, header)
    ]
    assert len(found) == 1, (kind, text, len(found))
    return found[0]


def _headers(database: sqlite3.Connection) -> list[tuple[int, Header]]:
    rows: Sequence[tuple[int, bytes]] = database.execute(
        "SELECT position, header FROM entry ORDER BY position"
    ).fetchall()
    return [(position, parse_header(data)) for position, data in rows]


def _body(database: sqlite3.Connection, header: Header) -> str:
    (data,) = database.execute(
        "SELECT data FROM blob WHERE sha256 = ?", (bytes.fromhex(header.body),)
    ).fetchone()
    return str(data, "utf-8")


def _sweep(database: sqlite3.Connection) -> None:
    """Leave no bytes behind that nothing commits to."""
    needed = {bytes.fromhex(digest) for _, header in _headers(database) for digest in header.blobs}
    stored = [row[0] for row in database.execute("SELECT sha256 FROM blob ORDER BY rowid")]
    database.executemany("DELETE FROM blob WHERE sha256 = ?", [(one,) for one in stored if one not in needed])


def _sealed(time: datetime) -> Step:
    return Step(time, SEALED)


def _at(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}+00:00").astimezone(UTC)
