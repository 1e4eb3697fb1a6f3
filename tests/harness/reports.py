"""A small report of every kind that is read, to be spoilt, and the one rule about what may come of it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from custody.errors import InputError
from custody.kinds import Evidence
from custody.ledger import canonical
from custody.record.evidence import TYPES
from custody.record.report import Report, Wanted

_RULE = {"id": "E1", "defaultConfiguration": {"level": "error"}, "properties": {"security-severity": "7.1"}}
_PLACE = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 7}}}
_RESULT = {
    "ruleIndex": 0, "ruleId": "E1", "rule": {"id": "E1", "toolComponent": {"index": 0}}, "kind": "fail",
    "message": {"text": "x", "arguments": ["y"]}, "locations": [_PLACE], "suppressions": [{"status": "accepted"}],
    "baselineState": "new", "provenance": {"invocationIndex": 0},
}  # fmt: skip
_OVERRIDE = {"descriptor": {"id": "E1"}, "configuration": {"level": "note"}}
_SARIF = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {"name": "lint", "rules": [_RULE]},
                "extensions": [{"name": "x", "rules": [_RULE]}],
            },
            "invocations": [{"executionSuccessful": True, "ruleConfigurationOverrides": [_OVERRIDE]}],
            "results": [_RESULT, {"level": "error"}],
        }
    ],
}
_FIX = {"versions": ["2"], "state": "fixed"}
_MATCH = {
    "vulnerability": {"id": "CVE-1", "severity": "High", "fix": _FIX},
    "artifact": {"name": "a", "version": "1"},
}
_GRYPE = {"matches": [_MATCH], "ignoredMatches": [_MATCH], "descriptor": {"name": "grype", "version": "1"}}
_FINDING = {
    "VulnerabilityID": "CVE-1",
    "PkgName": "a",
    "InstalledVersion": "1",
    "FixedVersion": "2",
    "Severity": "LOW",
}
_MODIFIED = {"Type": "vulnerability", "Finding": _FINDING}
_TRIVY = {
    "SchemaVersion": 2,
    "Results": [
        {"Class": "os-pkgs", "Vulnerabilities": [_FINDING], "ExperimentalModifiedFindings": [_MODIFIED]}
    ],
}
_RECORD = {
    "id": "GHSA-1", "database_specific": {"severity": "LOW"},
    "severity": [
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
        {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"},
    ],
    "affected": [{"package": {"name": "a"}, "ranges": [{"events": [{"fixed": "2"}]}]}],
}  # fmt: skip
_ENTRY = {
    "package": {"name": "a"},
    "vulnerabilities": [_RECORD],
    "groups": [{"ids": ["GHSA-1"], "max_severity": "9.1"}],
}
_OSV = {"results": [{"packages": [_ENTRY]}]}
_LICENCES = [{"license": {"id": "MIT"}}, {"expression": "MIT OR 0BSD"}]
_PART = {
    "type": "library",
    "name": "a",
    "version": "1",
    "bom-ref": "a",
    "licenses": _LICENCES,
    "components": [],
}
_CYCLONEDX = {
    "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [_PART],
    "dependencies": [{"ref": "a", "dependsOn": []}],
    "metadata": {"tools": {"components": [{"name": "t"}]}, "component": {"name": "r", "bom-ref": "r"}},
}  # fmt: skip
_SPDX2 = {
    "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "r", "dataLicense": "CC0-1.0",
    "documentNamespace": "urn:r", "creationInfo": {"created": "x", "creators": ["Tool: t"]},
    "packages": [{"name": "a", "SPDXID": "SPDXRef-a", "versionInfo": "1", "licenseDeclared": "MIT"}],
    "relationships": [
        {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-a"}
    ],
}  # fmt: skip
_SPDX3 = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {"type": "CreationInfo", "@id": "_:i", "createdUsing": ["urn:t"]},
        {"type": "software_Package", "spdxId": "urn:a", "name": "a", "software_packageVersion": "1"},
        {
            "type": "Relationship", "spdxId": "urn:r", "from": "urn:a", "relationshipType": "hasConcludedLicense",
            "to": ["urn:a"],
        },
    ],
}  # fmt: skip

DOCUMENTS: dict[str, list[Any]] = {
    "sarif": [_SARIF],
    "vulnerabilities": [_GRYPE, _TRIVY, _OSV, _SARIF],
    "sbom": [_CYCLONEDX, _SPDX2, _SPDX3],
}
"""The types that are JSON, and values of which they are made."""

SAMPLES: dict[str, list[bytes]] = {
    "junit": [b'<testsuite name="s"><testcase name="a" time="1"><failure/></testcase></testsuite>'],
    "coverage": [
        b'<!DOCTYPE coverage SYSTEM "x"><coverage lines-covered="1" lines-valid="1"><class>'
        b'<line number="1" hits="1" branch="true" condition-coverage="50% (1/2)"/></class></coverage>',
        b'<!DOCTYPE report PUBLIC "x" "y"><report><sourcefile><line nr="1" mi="0" ci="1" mb="1" cb="1"/></sourcefile>'
        b'<counter type="LINE" missed="1" covered="1"/></report>',
    ],
} | {type: [json.dumps(one).encode() for one in values] for type, values in DOCUMENTS.items()}
"""A few files of each type."""


def read_report(type: str, path: Path) -> Report | None:
    """The report, which a ledger can hold; None where it is refused in one line. Anything else is a failure."""
    module, _, function = TYPES[type].reader.partition(":")
    try:
        report: Report = getattr(import_module(f"custody.record.{module}"), function)([path], Wanted())
    except InputError as error:
        said = str(error)
    else:
        _check(report, type)
        return report
    assert path.name in said and "\n" not in said
    return None


def _check(report: Report, type: str) -> None:
    assert report.summary.keys() <= TYPES[type].figures
    assert all(0 <= count < 2**53 for count in (*report.summary.values(), *report.licences.values()))
    body = Evidence(
        "c",
        type,
        "pass",
        summary=report.summary,
        failed=report.failed,
        format=report.format,
        tools=report.tools,
        licences=report.licences,
    )
    canonical.encode(body.write())
