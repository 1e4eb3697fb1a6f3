"""The sample ledgers: exactly what `make.py` writes, with exactly the findings that `expected.toml` foretells."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from custody.keys.ed25519 import PublicKey
from custody.ledger.reader import open_ledger
from custody.query import artifacts, environments, moments
from custody.query.build import IndexBuilder
from custody.query.index import Index
from custody.query.trace import trace
from custody.query.zones import find_zone
from custody.trust.verification import Expectations, Verification

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_ledgers"
PAYMENTS = SAMPLES / "payments.ledger"
ROOT_KEY = SAMPLES / "root.pub"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((SAMPLES / "expected.toml").read_text(encoding="utf-8"))
ORDER = {"entry": "position", "blob": "rowid", "checkpoint": "rowid"}
HOTFIX = "2026-11-19T02:30:00.000Z"
SERVICES = {
    "card-gateway", "customer-portal", "fraud-scoring", "ledger-core", "notifications", "payments-api",
}  # fmt: skip


def ledgers(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.ledger")}


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in order; and the schema, so that nothing else can be in there."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        found = {
            table: database.execute(f"SELECT * FROM {table} ORDER BY {by}").fetchall()
            for table, by in ORDER.items()
        }
        found["schema"] = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
        return found


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, made once more, by a process whose custody has no home to remember anything in."""
    folder = tmp_path_factory.mktemp("samples")
    home = folder / "home"
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "CUSTODY_HOME": str(home)}
    out = folder / "out"
    make = [sys.executable, "-B", str(SAMPLES / "make.py"), "--out", str(out)]
    subprocess.run(make, check=True, env=environ, timeout=300)
    assert not home.exists()
    return out


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    """What payments.ledger has to answer with, under its root."""
    root = PublicKey.from_text(ROOT_KEY.read_text(encoding="ascii")).fingerprint
    index = Index.in_memory()
    with open_ledger(PAYMENTS) as snapshot:
        builder = IndexBuilder(index)
        verification = Verification(snapshot, Expectations((root,)), workers=1)
        for step in verification.run():
            builder.add(step.entries)
        builder.finish()
        assert verification.report.exit == 0
    yield index
    index.close()


def test_every_sample_has_an_expectation_and_every_expectation_a_sample() -> None:
    assert ledgers(SAMPLES) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_verification_finds_what_is_expected(custody: Callable[..., Any], name: str) -> None:
    ran = custody("verify", SAMPLES / name, "--root", ROOT_KEY, "--json", exit=EXPECTED[name]["exit"])
    assert ran.json["counts"] == EXPECTED[name]["findings"]
    assert ran.json["exit"] == EXPECTED[name]["exit"]


def test_made_again_they_are_the_same_row_by_row(made_again: Path) -> None:
    assert ledgers(made_again) == ledgers(SAMPLES)
    for name in sorted(ledgers(SAMPLES)):
        again, kept = rows(made_again / name), rows(SAMPLES / name)
        for table in kept:
            same = again[table] == kept[table]
            assert same, f"{name}: table {table} differs: run `make samples` and look at why"
    for text in ("root.pub", "trust-1.toml", "trust-2.toml"):
        assert (made_again / text).read_bytes() == (SAMPLES / text).read_bytes()


def test_they_are_as_large_as_the_readme_says() -> None:
    sizes = {name: (SAMPLES / name).stat().st_size for name in EXPECTED}
    assert all(size < 150_000 for name, size in sizes.items() if name.startswith("ci/"))
    assert all(size < 200_000 for name, size in sizes.items() if name.startswith("tampered/"))
    assert sizes["payments.ledger"] < 6_000_000
    entries = rows(PAYMENTS)["entry"]
    assert f" {len(entries):,} entries." in (SAMPLES / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_every_sample() -> None:
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(EXPECTED) if name.rpartition("/")[2] not in text] == []


def test_what_was_erased_is_nowhere_in_the_files() -> None:
    erased = {
        "payments.ledger": b"4111 1111",
        "tampered/redacted.ledger": b"555 01",
        "tampered/erased-silently.ledger": b"555 01",
    }
    for name, text in erased.items():
        assert text not in (SAMPLES / name).read_bytes()
    assert b"555 01" in (SAMPLES / "tampered/unknown-writer.ledger").read_bytes()  # where it was left alone


def test_a_tampered_header_is_not_what_the_other_samples_hold() -> None:
    """Each of the file holder's works is one small step from the same ledger."""
    intact = rows(SAMPLES / "tampered/erased-silently.ledger")["entry"]
    edited = rows(SAMPLES / "tampered/header-edited.ledger")["entry"]
    swapped = rows(SAMPLES / "tampered/two-swapped.ledger")["entry"]
    dropped = rows(SAMPLES / "tampered/entry-dropped.ledger")["entry"]
    assert sum(one != other for one, other in zip(intact, edited, strict=True)) == 1
    assert sum(one != other for one, other in zip(intact, swapped, strict=True)) == 2
    assert {row[1:] for row in dropped} < {row[1:] for row in intact} and len(dropped) == len(intact) - 1


def test_the_artifacts_that_the_readme_traces_are_there(index: Index) -> None:
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    traced = re.findall(r"`custody trace ([0-9a-f]+)`", text)
    assert [len(artifacts.find_artifacts(index, given)) for given in traced] == [1, 1, 1]


# What payments.ledger tells


def test_what_ran_in_prod_last_thursday_at_half_past_two(index: Index) -> None:
    zone = find_zone("UTC")
    moment = moments.parse_moment("last thursday 02:30", now=datetime(2026, 11, 23, 9, tzinfo=UTC), tz=zone)
    assert moment.utc == HOTFIX
    state = environments.state_at(index, "prod", moment.utc)
    assert state is not None
    assert {one.service for one in state.services} == SERVICES
    assert all(one.recorded and one.approved_by for one in state.services)
    hotfix = next(one for one in state.services if one.service == "payments-api")
    assert hotfix.approved_by == "risk-officer" and hotfix.instances == 6
    assert "2026-11-19T02:22" < hotfix.since < HOTFIX
    assert [(one.event, one.service) for one in state.changes] == [("stopped", "payments-api")]
    story = [item.title for item in trace(index, hotfix.sha256).items]
    assert story.index("approved for prod") < story.index("deployed to prod as payments-api")
    assert {"unit-tests: pass", "integration-tests: pass", "dependency-scan: pass"} < set(story)


def test_old_and_new_ran_side_by_side(index: Index) -> None:
    before = environments.state_at(index, "prod", "2026-11-19T02:25:00.000Z")
    assert before is not None
    versions = [one.version for one in before.services if one.service == "payments-api"]
    assert len(versions) == 2 and len(before.services) == len(SERVICES) + 1


def test_a_failed_scan_was_mended_in_the_next_commit(index: Index) -> None:
    lines = artifacts.list_artifacts(index, text="fraud-scoring")
    mended, failed = [line for line in lines if line.proof.time[:10] == "2026-10-29"]
    assert (failed.failed, failed.approved) == (1, ()) and "dependency-scan: fail" in _titles(
        index, failed.sha256
    )
    assert (mended.failed, mended.approved) == (0, ("prod",))
    assert not any(title.startswith("deployed") for title in _titles(index, failed.sha256))
    assert "deployed to prod as fraud-scoring" in _titles(index, mended.sha256)


def test_one_build_was_rejected_and_the_next_approved(index: Index) -> None:
    lines = sorted(artifacts.list_artifacts(index, text="ledger-core"), key=lambda line: line.proof.time)
    (rejected,) = [line for line in artifacts.list_artifacts(index) if line.rejected]
    answer = lines[lines.index(rejected) + 1]
    assert rejected.name == "ledger-core" and rejected.rejected == ("prod",)
    assert not any(span.environment == "prod" for span in trace(index, rejected.sha256).running)
    assert answer.approved == ("prod",)
    assert any(span.environment == "prod" for span in trace(index, answer.sha256).running)


def test_a_release_was_rolled_back(index: Index) -> None:
    day = environments.log(index, "prod", "2026-11-11T13:00:00.000Z", "2026-11-12T23:00:00.000Z")
    portal = [line.change for line in day if line.change.service == "customer-portal"]
    released, back, again = portal
    assert (back.sha256, back.previous_sha256) == (released.previous_sha256, released.sha256)
    assert again.sha256 not in (released.sha256, back.sha256)
    assert any("rollback" in item.detail for item in trace(index, back.sha256).items)


def test_the_exports_wait_to_be_merged(custody: Callable[..., Any], tmp_path: Path) -> None:
    """Three jobs that never spoke to each other become one build with its evidence."""
    ledger = Path(shutil.copyfile(PAYMENTS, tmp_path / "payments.ledger"))
    seed = subprocess.run(
        [sys.executable, "-B", str(SAMPLES / "make.py"), "--seed", "ledger-keeper"],
        check=True, capture_output=True, encoding="ascii", env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    ).stdout.strip()  # fmt: skip
    sources = sorted((SAMPLES / "ci").glob("*.ledger"))
    root = ("--root", ROOT_KEY)
    merged = custody("merge", ledger, *sources, *root, "--json", env={"CUSTODY_KEY": seed}, exit=0).json
    assert merged["taken"] == 11 and merged["leftOut"] == []
    found = custody("artifacts", "payments-api", "-n", "1", "--ledger", ledger, *root, "--json", exit=0).json
    (newest,) = found["answer"]
    assert newest["proof"]["time"] > "2026-11-23" and (newest["passed"], newest["failed"]) == (4, 0)


def _titles(index: Index, sha256: str) -> list[str]:
    return [item.title for item in artifacts.timeline(index, sha256)]
