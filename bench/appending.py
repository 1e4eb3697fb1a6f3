"""Rows about appending: as a process, durably one by one, and many at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from nacl.signing import SigningKey

from bench.measure import Row, Turns, row
from bench.workload import ORIGIN, make_ledger, signer
from custody.keys.create import create_key
from custody.kinds import Evidence, Extras
from custody.ledger import dsse
from custody.ledger.entry import Subject
from custody.ledger.store import create_ledger
from custody.ledger.writer import ChainWriter, Draft, Writer

ABOUT = Subject("payments-api", "ab" * 32)
BODY = Evidence(
    "unit-tests",
    "junit",
    "pass",
    ABOUT,
    summary={"tests": 412, "failures": 0, "errors": 0, "skipped": 3, "timeMs": 12_772},
    extras=Extras({"tool": "unit-tests 8.2"}),
).write()
DRAFT = Draft("evidence", BODY, (ABOUT,))


def process_row(folder: Path, rounds: int) -> Row:
    """The real command line, on a small ledger."""
    ledger = make_ledger(folder / "process.ledger", 500)
    key = folder / "dev-1.key"
    create_key(key)
    report = folder / "junit.xml"
    report.write_text('<testsuite name="unit"><testcase name="adds"/></testsuite>')
    command = [
        "-m",
        "custody",
        "append",
        "evidence",
        str(report),
        "--type",
        "junit",
        "--artifact",
        "payments-api",
    ]
    command += ["--ledger", str(ledger), "--key", str(key)]
    imports = ["-c", "import typer, nacl.bindings"]
    turns = Turns().run(
        rounds, {"append": lambda: _python(command), "imports": lambda: _python(imports)}, warm=True
    )
    return row(
        "`custody append evidence` as a process",
        'the time of python -c "import typer, nacl.bindings"',
        turns.ratios("append", "imports"),
        at_most=1.5,
        note=f"{turns.seconds('append') * 1e3:.0f} ms and {turns.seconds('imports') * 1e3:.0f} ms",
    )


def durable_row(folder: Path, entries: int, rounds: int) -> Row:
    """A transaction for each entry, on disk when it returns, against one bare table with the same settings."""
    path = folder / "durable.ledger"
    create_ledger(path, exist_ok=False)
    bare = _bare(folder / "bare.sqlite")
    with Writer(path, ChainWriter(signer("ci-builder")), ORIGIN, {}) as writer:
        writer.append([DRAFT])

        def custody() -> None:
            for _ in range(entries):
                writer.append([DRAFT])

        signed = ChainWriter(signer("ci-builder"))
        signed.begin(ORIGIN, {})
        one = signed.sign(DRAFT)
        data = one.data + one.signature + b"".join(one.blobs.values())

        def sqlite() -> None:
            for _ in range(entries):
                bare.execute("INSERT INTO t VALUES (?)", (data,))

        turns = Turns().run(rounds, {"custody": custody, "sqlite": sqlite}, warm=True)
    bare.close()
    return row(
        "Durable append in a library loop",
        "the rate of bare SQLite inserts of the same bytes (DELETE, EXTRA)",
        turns.ratios("sqlite", "custody"),
        at_least=0.5,
        note=f"{turns.seconds('custody') / entries * 1e6:.0f} µs an entry and "
        f"{turns.seconds('sqlite') / entries * 1e6:.0f} µs an insert",
    )


def batch_row(folder: Path, entries: int, rounds: int) -> Row:
    """Many entries in one transaction, against PyNaCl's signing of as many headers."""
    path = folder / "batch.ledger"
    create_ledger(path, exist_ok=False)
    key = SigningKey(bytes(32))
    chain = ChainWriter(signer("ci-builder"))
    chain.begin(ORIGIN, {})
    message = dsse.pae(chain.sign(DRAFT).data)
    with Writer(path, ChainWriter(signer("ci-builder")), ORIGIN, {}) as writer:
        writer.append([DRAFT])

        def signing() -> None:
            for _ in range(entries):
                key.sign(message)

        turns = Turns().run(
            rounds, {"custody": lambda: writer.append([DRAFT] * entries), "signing": signing}, warm=True
        )
    return row(
        f"Batch append of {entries:,} entries",
        "the rate of Ed25519 signing alone (nacl.signing.SigningKey.sign)",
        turns.ratios("signing", "custody"),
        at_least=0.5,
        note=f"{turns.seconds('custody') / entries * 1e6:.0f} µs an entry and "
        f"{turns.seconds('signing') / entries * 1e6:.0f} µs a signature",
    )


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE").close()
    connection.execute("PRAGMA synchronous=EXTRA").close()
    connection.execute("CREATE TABLE t (data BLOB)").close()
    return connection


def _python(arguments: list[str]) -> None:
    # An installation is compiled, and so must this checkout be: else the first start's work is done at every start.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environ)
