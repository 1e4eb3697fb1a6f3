"""What findings mean: each has a check and an expectation, and what was found is computed again from the bytes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import story

from custody.keys.ed25519 import PublicKey
from custody.ledger.findings import CODES, Finding
from custody.ledger.reader import Snapshot, open_ledger
from custody.query.explain import explain
from custody.query.index import NOTICES
from custody.trust.verification import Expectations, Verification

SAMPLES = Path(__file__).resolve().parents[2] / "sample_ledgers"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger").read_bytes()


@pytest.mark.parametrize("code", [*CODES, *NOTICES])
def test_every_finding_says_what_was_checked_and_expected(code: str, tmp_path: Path, healthy: bytes) -> None:
    path = tmp_path / "payments.ledger"
    path.write_bytes(healthy)
    with open_ledger(path) as snapshot:
        told = explain(snapshot, Finding(code, "the finding's own words"))
    assert told.check and told.expected and told.found == "the finding's own words"


def worked_on(path: Path, healthy: bytes, sql: str, *parameters: object) -> Snapshot:
    path.write_bytes(healthy)
    database = sqlite3.connect(path)
    database.execute(sql, parameters)
    database.commit()
    database.close()
    return open_ledger(path)


@pytest.mark.parametrize(
    ("sql", "code", "expected", "found"),
    [
        ("UPDATE entry SET signature = zeroblob(64) WHERE position = 3", "signature-invalid", "over these", "0000"),
        ("UPDATE entry SET seq = 9 WHERE position = 3", "column-differs", "seq 1", "seq 9"),
        ("UPDATE blob SET data = x'7b7d' WHERE rowid = 4", "body-differs", "of SHA-256", "2 bytes of SHA-256"),
        ("DELETE FROM blob WHERE rowid = 4", "missing", "or a redaction", "neither"),
    ],
)  # fmt: skip
def test_what_was_found_is_computed_again(
    tmp_path: Path, healthy: bytes, sql: str, code: str, expected: str, found: str
) -> None:
    with worked_on(tmp_path / "x.ledger", healthy, sql) as snapshot:
        verification = Verification(snapshot, story.EXPECTED)
        list(verification.run())
        finding = next(one for one in verification.report.findings if one.code == code)
        told = explain(snapshot, finding)
    assert expected in told.expected and found in told.found


def test_a_finding_about_bytes_that_are_no_header_is_told_in_its_own_words(
    tmp_path: Path, healthy: bytes
) -> None:
    sql = "UPDATE entry SET header = x'00ff' WHERE position = 3"
    with worked_on(tmp_path / "x.ledger", healthy, sql) as snapshot:
        told = explain(snapshot, Finding("column-differs", "said", 3))
    assert told.found == "said"


def test_a_redaction_is_told_as_one() -> None:
    """Not as bytes that are missing with neither themselves nor a redaction to account for them."""
    root = PublicKey.from_text((SAMPLES / "root.pub").read_text(encoding="ascii"))
    with open_ledger(SAMPLES / "payments.ledger") as snapshot:
        verification = Verification(snapshot, Expectations((root.fingerprint,)))
        list(verification.run())
        finding = next(one for one in verification.report.findings if one.code == "redacted")
        told = explain(snapshot, finding)
    assert "98e602f7c03745a2" in told.expected and told.found.startswith("a redaction")
