"""Every vector says exactly what it was written down to say, and the workshop makes the same files again."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
import sqlite3
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ledgers import ROOT, VECTORS

from custody.errors import EXIT_REFUSED, RefusedError
from custody.keys.ed25519 import PublicKey
from custody.ledger import canonical, entry
from custody.ledger.canonical import MalformedError
from custody.ledger.checkpoint import Checkpoint, parse_checkpoint
from custody.ledger.entry import KINDS, entry_id
from custody.ledger.findings import CODES, EXITS
from custody.ledger.reader import open_ledger
from custody.trust.memory import Remembered
from custody.trust.verification import Expectations, Report, Verification

EXPECTED: list[dict[str, Any]] = tomllib.loads((VECTORS / "expected.toml").read_text("utf-8"))["vector"]
LEDGERS = sorted(path.relative_to(VECTORS).as_posix() for path in VECTORS.rglob("*.ledger"))
MAX_FILE, MAX_ALL = 100_000, 2_000_000


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]


def name_of(vector: dict[str, Any]) -> str:
    how = [f"{key}={vector[key]}" for key in ("roots", "pinned", "given", "remembered") if key in vector]
    return " ".join([vector["file"], *how])


def fingerprint(file: str) -> str:
    return PublicKey.from_text((VECTORS / file).read_text("ascii")).fingerprint


def note(file: str) -> Checkpoint:
    return parse_checkpoint((VECTORS / file).read_text("utf-8"))


def verify(vector: dict[str, Any]) -> Report:
    with open_ledger(VECTORS / vector["file"]) as snapshot:
        remembered = []
        if "remembered" in vector:
            one, first = note(vector["remembered"]), snapshot.row(0)
            assert first is not None
            log = vector.get("first", entry_id(first.header))
            remembered.append(Remembered(one.size, one.root, log, one.note))
        expectations = Expectations(
            tuple(map(fingerprint, vector.get("roots", ["root.pub"]))),
            fingerprint(vector["pinned"]) if "pinned" in vector else None,
            tuple(remembered),
            (note(vector["given"]),) if "given" in vector else (),
        )
        verification = Verification(snapshot, expectations, workers=1)
        for _ in verification.run():
            pass
        return verification.report


@pytest.mark.parametrize("vector", EXPECTED, ids=name_of)
def test_a_vector_says_exactly_what_is_expected_of_it(vector: dict[str, Any]) -> None:
    if "refusal" in vector:
        with pytest.raises(RefusedError) as refused:
            open_ledger(VECTORS / vector["file"])
        assert (refused.value.code, refused.value.exit) == (vector["refusal"], EXIT_REFUSED)
        return
    report = verify(vector)
    assert (dict(report.counts), report.exit) == (vector["findings"], vector["exit"])
    assert Counter(finding.code for finding in report.findings) == report.counts


def test_every_file_is_expected_and_every_code_has_a_file() -> None:
    assert {vector["file"] for vector in EXPECTED} == set(LEDGERS)
    found = {code for vector in EXPECTED for code in vector.get("findings", {})}
    assert found == set(CODES)
    refusals = {vector["refusal"] for vector in EXPECTED if "refusal" in vector}
    # These three are no files that git can keep, `changed` needs a second process, the last is a writer's.
    others = {"not-found", "not-regular", "unreadable", "changed", "hostile-journal"}
    assert refusals | others == set(table("Refusals"))


def test_the_vectors_are_small() -> None:
    sizes = [path.stat().st_size for path in files(VECTORS)]
    assert max(sizes) < MAX_FILE
    assert sum(sizes) < MAX_ALL


def test_the_valid_ledger_has_each_kind_of_entry() -> None:
    with open_ledger(VECTORS / "valid.ledger") as snapshot:
        headers = [entry.parse_header(row[2]) for rows in snapshot.rows() for row in rows]
    assert {header.kind for header in headers} == set(KINDS)
    assert any(header.attachments for header in headers)
    assert any(header.once for header in headers)
    assert [header.kind for header in headers].count("trust") == 2


# --- made again


def contents(path: Path) -> list[Any]:
    """Everything that a ledger says, without what SQLite stamps into it."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    connection.text_factory = bytes
    try:
        rows: list[Any] = [
            connection.execute(f"PRAGMA {name}").fetchall() for name in ("application_id", "user_version")
        ]
        for statement in (
            "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid",
            "SELECT rowid, * FROM entry NOT INDEXED ORDER BY rowid",
            "SELECT rowid, * FROM blob NOT INDEXED ORDER BY rowid",
            "SELECT rowid, * FROM checkpoint ORDER BY rowid",
        ):
            rows.append(connection.execute(statement).fetchall())
        return rows
    finally:
        connection.close()


def test_the_workshop_makes_the_same_vectors_again(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_vectors", VECTORS / "make.py")
    assert spec is not None and spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    make.main(tmp_path)
    made = {path.relative_to(tmp_path).as_posix() for path in files(tmp_path)}
    kept = {path.relative_to(VECTORS).as_posix() for path in files(VECTORS)}
    assert made == {name for name in kept if not name.endswith((".py", ".md", ".toml", "fingerprints.json"))}
    readable = {vector["file"] for vector in EXPECTED if "refusal" not in vector}
    for name in sorted(made):
        ours, theirs = VECTORS / name, tmp_path / name
        if name in readable:
            assert contents(theirs) == contents(ours), name
        elif not name.endswith(".ledger"):
            assert theirs.read_bytes() == ours.read_bytes(), name
        else:
            with pytest.raises(RefusedError) as refused:
                open_ledger(theirs)
            assert [refused.value.code] == [one["refusal"] for one in EXPECTED if one["file"] == name], name


# --- JSON and headers


def cases(file: str, kind: str) -> list[Any]:
    found = json.loads((VECTORS / file).read_text("ascii"))[kind]
    return [pytest.param(data_of(one), id=one["name"]) for one in found]


def data_of(one: dict[str, str]) -> bytes:
    return one["text"].encode("ascii") if "text" in one else base64.b64decode(one["base64"])


@pytest.mark.parametrize("data", cases("canonical.json", "accepted"))
def test_strict_json_is_accepted(data: bytes) -> None:
    assert canonical.encode(canonical.decode(data, len(data))) == data


@pytest.mark.parametrize("data", cases("canonical.json", "refused"))
def test_cases_22_to_26_what_is_not_strict_json_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.decode(data, len(data) + 1)


@pytest.mark.parametrize("data", cases("header.json", "accepted"))
def test_a_header_is_read_and_written_to_the_same_bytes(data: bytes) -> None:
    assert entry.parse_header(data).encode() == data


@pytest.mark.parametrize("data", cases("header.json", "refused"))
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        entry.parse_header(data)


# --- the page itself

PAGE = (ROOT / "spec" / "ledger.md").read_text("utf-8")


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading, by the code in their first cell."""
    section = re.search(rf"^###? {heading}$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section[1].splitlines()
        if line[:1] == "|"
    ]
    return {row[0].strip("`"): row[1:] for row in rows[2:]}


def test_the_table_of_findings_is_the_code_s() -> None:
    expected = {code: [one.severity, str(EXITS[one.severity]), one.meaning] for code, one in CODES.items()}
    assert table("Findings") == expected
    assert list(table("Findings")) == list(CODES)


def test_the_page_has_the_code_s_schema() -> None:
    from custody.ledger import schema

    blocks = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    assert blocks == ["\n\n".join(schema.STATEMENTS) + "\n"]


def test_the_page_has_every_kind_and_every_limit() -> None:
    bodies = set(re.findall(r"^### ([a-z, ]+)$", PAGE, re.MULTILINE))
    assert {kind for names in bodies for kind in names.split(", ")} == set(KINDS)
    for limit in (entry.MAX_HEADER, entry.MAX_BODY, entry.MAX_ATTACHMENT):
        assert f"{limit:,}" in PAGE
