"""Reports to be looked at: the rows of each kind, the worst first, and what is too much or none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.record import junit, preview
from custody.record.preview import MAX_ROWS, MAX_SIZE

CYCLONEDX = "application/vnd.cyclonedx+json"


def shown(type: str, media_type: str, data: bytes) -> preview.Preview:
    found = preview.preview(type, media_type, data)
    assert found is not None
    return found


def sarif(*results: dict[str, Any]) -> bytes:
    runs = [{"tool": {"driver": {"name": "lint"}}, "results": list(results)}]
    return json.dumps({"version": "2.1.0", "runs": runs}).encode()


def test_what_failed_stands_first_and_what_was_counted_is_counted() -> None:
    cases = "".join(f'<testcase name="c{number}" time="0.1"/>' for number in range(MAX_ROWS + 5))
    cases += '<testcase name="z"><error/></testcase><testcase name="y"><skipped/></testcase>'
    data = f"<testsuite>{cases}</testsuite>"
    found = shown("junit", "application/xml", data.encode())
    assert found.columns == ("Result", "Test case", "Seconds")
    assert found.rows[0] == ("bad", ("error", "z", "")) and found.rows[1] == ("none", ("skipped", "y", ""))
    assert found.rows[2] == ("good", ("passed", "c0", "0.1"))
    assert (len(found.rows), found.left_out) == (MAX_ROWS, 7)


def test_findings_by_level_and_what_is_suppressed_last() -> None:
    place = [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 3}}}]
    found = shown(
        "sarif",
        "",
        sarif(
            {"ruleId": "s", "level": "error", "suppressions": [{}], "message": {"text": "known"}},
            {"ruleId": "n", "level": "note"},
            {"message": {"id": "m"}},
            {"ruleId": "e", "level": "error", "message": {"text": "bad"}, "locations": place},
        ),
    )
    assert [(row.tone, row.cells) for row in found.rows] == [
        ("bad", ("error", "e", "a.py:3", "bad")),
        ("warn", ("warning", "", "", "m")),
        ("none", ("note", "n", "", "")),
        ("none", ("suppressed", "s", "", "known")),
    ]


def test_vulnerabilities_the_worst_first() -> None:
    matches = [
        {"vulnerability": {"id": name, "severity": severity, "fix": {"state": state}},
         "artifact": {"name": "p", "version": "1"}}
        for name, severity, state in (("A", "Low", "fixed"), ("B", "Critical", ""), ("C", "odd", ""))
    ]  # fmt: skip
    data = json.dumps({"descriptor": {"name": "grype"}, "matches": matches}).encode()
    found = shown("vulnerabilities", "application/json", data)
    assert [(row.tone, row.cells) for row in found.rows] == [
        ("bad", ("critical", "B", "p 1", "none yet")),
        ("bad", ("unknown", "C", "p 1", "none yet")),
        ("none", ("low", "A", "p 1", "there is one")),
    ]


@pytest.mark.parametrize("type", ["sbom", "attestation"])
def test_components_by_the_type_or_the_media_type(type: str) -> None:
    part = {"type": "library", "name": "requests", "version": "2", "licenses": [{"license": {"id": "MIT"}}]}
    inner = {"type": "library", "name": "inner"}
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{**part, "components": [inner]}]}
    found = shown(type, CYCLONEDX, json.dumps(bill).encode())
    assert [row.cells for row in found.rows] == [("requests", "2", "MIT"), ("inner", "", "no licence")]


def test_every_component_of_spdx_has_its_name() -> None:
    document = {
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "d", "dataLicense": "CC0-1.0",
        "documentNamespace": "urn:d", "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t"]},
        "packages": [{"name": "zlib", "SPDXID": "SPDXRef-1", "versionInfo": "1.3", "licenseConcluded": "Zlib"}],
    }  # fmt: skip
    assert [row.cells for row in shown("sbom", "", json.dumps(document).encode()).rows] == [
        ("zlib", "1.3", "Zlib")
    ]
    element = {
        "type": "software_Package",
        "spdxId": "urn:p",
        "name": "zlib",
        "software_packageVersion": "1.3",
    }
    three = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [element]}
    assert [row.cells[:2] for row in shown("sbom", "", json.dumps(three).encode()).rows] == [("zlib", "1.3")]


def test_what_has_no_rows_is_no_preview_and_what_is_wrong_says_so() -> None:
    assert preview.preview("generic", "text/plain", b"hello") is None
    assert preview.preview("coverage", "application/xml", b"<coverage/>") is None
    for type in ("junit", "sarif", "sbom", "vulnerabilities"):
        with pytest.raises(InputError):
            preview.preview(type, "", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>")
        with pytest.raises(InputError, match="are read to be looked at"):
            preview.preview(type, "", b" " * (MAX_SIZE + 1))


OUTCOMES = ["", "<failure/>", "<error/>", "<skipped/>", "<error/><failure/>"]


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=20))
def test_rows_agree_with_what_evidence_counts(outcomes: list[str]) -> None:
    cases = "".join(f'<testcase name="c">{outcome}</testcase>' for outcome in outcomes)
    data = f"<testsuite>{cases}</testsuite>".encode()
    count = junit.Count()
    junit.read_cases(data, count)
    words = [row.cells[0] for row in shown("junit", "", data).rows]
    assert (words.count("failure"), words.count("error"), words.count("skipped"), len(words)) == (
        count.failures,
        count.errors,
        count.skipped,
        count.tests,
    )
