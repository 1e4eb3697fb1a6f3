"""Rows about verification: against PyNaCl alone, with the index, again, after an append, in a merge; and git."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

from bench.measure import Row, Turns, row
from bench.raw import Raw, Signature
from bench.workload import ORIGIN, ROOT, World, make_ledger, signer
from custody.ledger import dsse
from custody.ledger.entry import entry_id, parse_header
from custody.ledger.reader import open_ledger
from custody.ledger.store import Store
from custody.ledger.writer import ChainWriter, insert
from custody.query.build import IndexBuilder
from custody.query.index import Index
from custody.query.opening import open_answers, passed
from custody.system import available_cores
from custody.trust.expectations import expect, remember
from custody.trust.merging import merge
from custody.trust.verification import Expectations, Verification

ALONE = Expectations((ROOT,))
"""Judged by the root, with nothing remembered: full verification."""


def verify(path: Path) -> None:
    """The gate, and every check; the baseline of whatever opens again."""
    with open_ledger(path) as snapshot:
        _verify(Verification(snapshot, ALONE))


def _verify(verification: Verification) -> None:
    for _ in verification.run():
        pass
    assert verification.report.exit in (0, 4), verification.report.counts


def verification_rows(folder: Path, entries: int, rounds: int) -> list[Row]:
    """Rows one to four of the table."""
    path = make_ledger(folder / f"{entries}.ledger", entries)
    longer = _append(path, folder / "longer.ledger", max(1, entries // 100))
    with open_ledger(path) as snapshot:
        verification = Verification(snapshot, ALONE)
        _verify(verification)
        remember(verification)
        open_answers(snapshot, expect(ORIGIN, (ROOT,))).index.close()

        def alone() -> None:
            _verify(Verification(snapshot, ALONE))

        def indexed() -> None:
            with Index.in_memory() as index:
                builder = IndexBuilder(index)
                for step in Verification(snapshot, ALONE).run():
                    builder.add(step.entries)
                builder.finish()

        def again() -> None:
            with open_ledger(path, passed=passed) as opened:
                answers = open_answers(opened, expect(ORIGIN, (ROOT,)))
                assert answers.cached or entries < 10_000
                answers.index.close()

        def appended() -> None:
            with open_ledger(longer) as opened:
                _verify(Verification(opened, expect(ORIGIN, (ROOT,))))

        with Raw(_signatures(path), available_cores()) as raw:
            turns = Turns().run(
                rounds,
                {
                    "threads": raw.in_threads,
                    "processes": raw.in_processes,
                    "alone": alone,
                    "indexed": indexed,
                    "full": lambda: verify(path),
                    "again": again,
                    "appended": appended,
                },
            )
    better = turns.better("threads", "processes")
    per_entry = {name: turns.seconds(name) / entries * 1e6 for name in turns.times}
    opening = turns.ratios(better, "full")
    return [
        row(
            f"Full verification of {entries:,} entries",
            f"the rate of raw PyNaCl (VerifyKey.verify) on {available_cores()} cores, in {better}",
            turns.ratios(better, "alone"),
            at_least=0.7,
            note=f"{per_entry['alone']:.1f} µs an entry, {per_entry[better]:.1f} µs a signature; "
            f"with the gate's reading, hashing and integrity check {row('', '', opening).ratio:.2f}",
        ),
        row(
            "Verification while the index is built",
            "the time of verification alone",
            turns.ratios("indexed", "alone"),
            at_most=1.25,
        ),
        row(
            "Opening again, file unchanged",
            "full verification, gate included: so many times as fast",
            turns.ratios("full", "again"),
            at_least=15,
            note=f"{turns.seconds('again') * 1e3:.0f} ms and {turns.seconds('full') * 1e3:.0f} ms",
        ),
        row(
            "Opening again, 1 % appended since",
            "full verification, gate included: so many times as fast",
            turns.ratios("full", "appended"),
            at_least=3,
        ),
    ]


def merge_row(folder: Path, entries: int, rounds: int) -> Row:
    """One export of so many entries, merged into a ledger that holds the trust document."""
    source = make_ledger(folder / "source.ledger", entries)
    target = make_ledger(folder / "target.ledger", 2)
    copies = iter(range(rounds + 1))

    def merged() -> None:
        copy = folder / f"target-{next(copies)}.ledger"
        shutil.copy(target, copy)
        result = merge(copy, [source], ChainWriter(signer("keeper")), lambda _: ALONE)
        assert result.taken == entries - 2
        copy.unlink()

    turns = Turns().run(rounds, {"full": lambda: verify(source), "merged": merged}, warm=True)
    return row(
        f"Merge of {entries:,} entries",
        "the rate of full verification of the same entries, gate included",
        turns.ratios("full", "merged"),
        at_least=0.6,
    )


def memory_line(folder: Path, sizes: tuple[int, int]) -> str:
    """Peak memory of a verification at two sizes, in a process of its own."""
    parts = []
    for size in sizes:
        path = folder / f"{size}.ledger"
        if not path.exists():
            make_ledger(path, size)
        peak = subprocess.run(
            [sys.executable, "-m", "bench.memory", str(path)], capture_output=True, check=True, text=True
        ).stdout.strip()
        megabytes = path.stat().st_size / 1e6
        parts.append(f"{size:,} entries ({megabytes:.0f} MB): {peak} MB")
    return "Peak memory of a full verification: " + "; ".join(parts)


def git_row(folder: Path, commits: int, entries: int, rounds: int) -> Row | None:
    """git as a peer: it verifies SSH signatures too, a commit at a time. None where it or ssh-keygen is missing."""
    if shutil.which("git") is None or shutil.which("ssh-keygen") is None:
        return None
    repository = _signed_history(folder, commits)
    path = make_ledger(folder / "peer.ledger", entries)

    def log() -> None:
        answer = _git(repository, "log", "--format=%G?")
        assert answer.split() == ["G"] * commits, "git did not verify its own commits"

    turns = Turns().run(rounds, {"git": log, "custody": lambda: verify(path)}, warm=True)
    rate = entries / turns.seconds("custody")
    return row(
        f"Signed entries a second ({entries:,} entries, {commits} commits)",
        "git's signed commits a second (SSH Ed25519 keys, git log --format=%G?)",
        turns.ratios("git", "custody", entries / commits),
        note=f"{rate:,.0f} entries and {commits / turns.seconds('git'):,.0f} commits a second",
    )


def _append(path: Path, copy: Path, entries: int) -> Path:
    """A copy of a ledger that has gone on since its checkpoint."""
    shutil.copy(path, copy)
    with Store(copy) as store, store.transaction() as transaction:
        for signed in islice(World(1).log(), 2, 2 + entries):
            insert(transaction, signed)
    return copy


def _signatures(path: Path) -> list[Signature]:
    keys: dict[str, bytes] = {}
    found = []
    with open_ledger(path) as snapshot:
        for rows in snapshot.rows():
            for _, _, data, signature, *_ in rows:
                header = parse_header(data)
                chain = header.chain or entry_id(data)
                if header.key:
                    keys[chain] = bytes.fromhex(header.key)
                found.append((keys[chain], dsse.pae(data), signature))
    return found


def _signed_history(folder: Path, commits: int) -> Path:
    repository = folder / "peer"
    key = folder / "peer-key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "dev-1", "-f", key],
        check=True,
        capture_output=True,
    )
    (folder / "signers").write_text(f"dev-1 {key.with_suffix('.pub').read_text()}")
    subprocess.run(["git", "init", "-q", repository], check=True)
    for name, value in {
        "user.name": "dev-1",
        "user.email": "dev-1",
        "gpg.format": "ssh",
        "user.signingkey": str(key),
        "gpg.ssh.allowedSignersFile": str(folder / "signers"),
        "commit.gpgsign": "true",
    }.items():
        _git(repository, "config", name, value)
    for number in range(commits):
        _git(repository, "commit", "-q", "--allow-empty", "-m", f"change {number}")
    return repository


def _git(repository: Path, *arguments: str) -> str:
    environ = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", "-C", repository, *arguments], env=environ, check=True, capture_output=True, text=True
    ).stdout
