"""Reports of vulnerabilities: grype, trivy, osv-scanner and SARIF.

The samples are written by hand after the tools' own schemas (grype's models.Document, trivy's types.Report with schema
version 2, osv-scanner's models.VulnerabilityResults with records of the OSV schema): the tools are single programs
that no package brings, and what they print depends on a database of the day.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError, UsageError
from custody.record import vulnerabilities
from custody.record.evidence import read_evidence
from custody.record.report import Report, Wanted
from custody.record.vulnerabilities import rated


def grype_match(
    id: str, severity: str, package: str = "openssl", fix: str = "fixed", **more: Any
) -> dict[str, Any]:
    return {
        "vulnerability": {
            "id": id, "severity": severity, "namespace": "debian:distro:debian:12", "dataSource": "https://x.example",
            "fix": {"versions": ["2"], "state": fix}, "cvss": [], "advisories": [], "risk": 1.5,
        },
        "relatedVulnerabilities": [],
        "matchDetails": [{"type": "exact-direct-match", "matcher": "dpkg-matcher"}],
        "artifact": {"id": "1", "name": package, "version": "1", "type": "deb", "purl": f"pkg:deb/{package}@1"},
    } | more  # fmt: skip


def grype(*matches: dict[str, Any], **more: Any) -> dict[str, Any]:
    descriptor = {"name": "grype", "version": "0.92.0", "configuration": {}, "db": {}}
    distro = {"name": "debian", "version": "12", "idLike": []}
    return {
        "matches": list(matches),
        "source": {"type": "image"},
        "distro": distro,
        "descriptor": descriptor,
    } | more


def trivy_one(id: str, severity: str, fixed: str = "") -> dict[str, Any]:
    found = {
        "VulnerabilityID": id, "PkgID": "curl@7.61.0", "PkgName": "curl", "InstalledVersion": "7.61.0",
        "Status": "fixed" if fixed else "affected", "SeveritySource": "nvd", "Severity": severity, "Title": "…",
    }  # fmt: skip
    return found | ({"FixedVersion": fixed} if fixed else {})


def trivy(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": 2, "CreatedAt": "2026-03-02T10:00:00Z", "ArtifactName": "api:1",
        "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "alpine", "Name": "3.20"}}, "Results": list(results),
    } | more  # fmt: skip


def packages(*found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Target": "api:1 (alpine 3.20)",
        "Class": "os-pkgs",
        "Type": "alpine",
        "Vulnerabilities": list(found),
    } | more


def osv(*found: dict[str, Any], **more: Any) -> dict[str, Any]:
    source = {"path": "requirements.txt", "type": "lockfile"}
    return {"results": [{"source": source, "packages": list(found)}], "experimental_config": {}} | more


def osv_package(*records: dict[str, Any], groups: Any = None, name: str = "jinja2") -> dict[str, Any]:
    entry: dict[str, Any] = {"package": {"name": name, "version": "2.4.1", "ecosystem": "PyPI"}}
    entry["vulnerabilities"] = list(records)
    return entry | ({} if groups is None else {"groups": groups})


def log(*results: dict[str, Any], rules: Any = (), **more: Any) -> dict[str, Any]:
    run = {
        "tool": {"driver": {"name": "Trivy", "version": "0.60", "rules": list(rules)}},
        "results": list(results),
    }
    return {"version": "2.1.0", "runs": [run | more]}


def read(tmp_path: Path, *reports: Any) -> Report:
    paths = []
    for number, report in enumerate(reports):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(report))
    return vulnerabilities.read(paths, Wanted())


def counted(tmp_path: Path, *reports: Any) -> dict[str, int]:
    """The figures that are not zero."""
    return {name: count for name, count in read(tmp_path, *reports).summary.items() if count}


def refused(tmp_path: Path, report: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, report)
    message = str(caught.value)
    assert "0.json: " in message
    assert "\n" not in message
    return message.partition("0.json: ")[2]


# --- grype


def test_grype(tmp_path: Path) -> None:
    words = ("Critical", "High", "Medium", "Low", "Negligible", "Unknown", "", "Cataclysmic")
    matches = [
        grype_match(f"CVE-{n}", word, fix="fixed" if n < 2 else "not-fixed") for n, word in enumerate(words)
    ]
    found = read(
        tmp_path, grype(*matches, ignoredMatches=[grype_match("CVE-9", "Critical", appliedIgnoreRules=[{}])])
    )
    assert found.summary == {
        "critical": 1, "high": 1, "medium": 1, "low": 1, "negligible": 1, "unknown": 3, "fixable": 2, "suppressed": 1,
    }  # fmt: skip
    assert (found.format, found.tools) == ("grype", ("grype 0.92.0",))
    assert found.failed[:2] == ("critical CVE-0 openssl 1", "high CVE-1 openssl 1")
    assert len(found.failed) == 5
    assert found.files[0].media_type == "application/json"


@pytest.mark.parametrize(
    ("state", "fixable"), [("fixed", 1), ("not-fixed", 0), ("wont-fix", 0), ("unknown", 0)]
)
def test_what_grype_says_can_be_fixed(tmp_path: Path, state: str, fixable: int) -> None:
    assert read(tmp_path, grype(grype_match("CVE-1", "Low", fix=state))).summary["fixable"] == fixable


def test_one_vulnerability_of_one_package_counts_once_with_its_worst_severity(tmp_path: Path) -> None:
    twice = [
        grype_match("CVE-1", "Low"),
        grype_match("CVE-1", "High"),
        grype_match("CVE-1", "Unknown", fix="unknown"),
    ]
    assert counted(tmp_path, grype(*twice)) == {"high": 1, "fixable": 1}
    assert counted(tmp_path, grype(*twice), grype(*reversed(twice))) == {"high": 1, "fixable": 1}
    assert counted(tmp_path, grype(*twice, grype_match("CVE-1", "Low", "curl"))) == {
        "high": 1,
        "low": 1,
        "fixable": 2,
    }


def test_what_one_report_counts_another_cannot_ignore(tmp_path: Path) -> None:
    ignoring = grype(ignoredMatches=[grype_match("CVE-1", "Critical")])
    for reports in (
        (ignoring, grype(grype_match("CVE-1", "Low"))),
        (grype(grype_match("CVE-1", "Low")), ignoring),
    ):
        assert counted(tmp_path, *reports) == {"low": 1, "fixable": 1}


# --- trivy


def test_trivy(tmp_path: Path) -> None:
    modified = {"Type": "vulnerability", "Status": "not_affected", "Finding": trivy_one("CVE-8", "CRITICAL")}
    other = {"Type": "secret", "Status": "ignored", "Finding": {"RuleID": "x"}}
    found = [
        trivy_one("CVE-1", "CRITICAL", "7.62"),
        trivy_one("CVE-2", "UNKNOWN"),
        trivy_one("CVE-3", "MEDIUM"),
    ]
    secrets = {"Target": "a", "Class": "secret", "Secrets": [{"RuleID": "x", "Severity": "CRITICAL"}]}
    report = trivy(
        packages(*found, ExperimentalModifiedFindings=[modified, other]), secrets, Trivy={"Version": "0.68.1"}
    )
    assert counted(tmp_path, report) == {
        "critical": 1,
        "unknown": 1,
        "medium": 1,
        "fixable": 1,
        "suppressed": 1,
    }
    assert read(tmp_path, report).tools == ("trivy 0.68.1",)
    assert read(tmp_path, report).failed == ("critical CVE-1 curl 7.61.0", "unknown CVE-2 curl 7.61.0")


def test_trivy_that_found_nothing_passes_and_that_looked_at_nothing_does_not(tmp_path: Path) -> None:
    clean = {"Target": "package-lock.json", "Class": "lang-pkgs", "Type": "npm", "Packages": [{"Name": "a"}]}
    assert counted(tmp_path, trivy(clean)) == {}
    bare = trivy()
    del bare["Results"]
    for report in (trivy(), bare, trivy(Results=None), trivy({"Target": "Dockerfile", "Class": "config"})):
        assert "looked at no package" in refused(tmp_path, report)


# --- osv-scanner

V31 = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}
V4 = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}


@pytest.mark.parametrize(
    ("record", "severity"),
    [
        ({"database_specific": {"severity": "MODERATE"}}, "medium"),
        ({"database_specific": {"severity": "CRITICAL"}, "severity": [V31]}, "critical"),
        ({"database_specific": {"severity": "LOW"}, "severity": [V31]}, "high"),
        ({"severity": [V31]}, "high"),
        ({"severity": [V4]}, "critical"),
        ({"severity": [V31, V4]}, "critical"),
        ({"severity": [{"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:N/I:N/A:P"}]}, "medium"),
        ({"severity": [{"type": "Ubuntu", "score": "medium"}]}, "unknown"),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}]}, "unknown"),
        ({"affected": [{"severity": [V31]}]}, "high"),
        ({"affected": [{"ecosystem_specific": {"severity": "Low"}}]}, "low"),
        ({"database_specific": {"severity": 9}}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_severities_of_osv(tmp_path: Path, record: dict[str, Any], severity: str) -> None:
    assert counted(tmp_path, osv(osv_package({"id": "GHSA-1"} | record))) == {severity: 1}


@pytest.mark.parametrize(
    ("stated", "severity"),
    [
        ("9.8", "critical"),
        ("7.0", "high"),
        ("", "unknown"),
        ("99", "unknown"),
        ("-1", "unknown"),
        (7, "high"),
        (None, "unknown"),
    ],
)
def test_a_group_of_aliases_counts_once(tmp_path: Path, stated: Any, severity: str) -> None:
    group = {"ids": ["GHSA-1", "PYSEC-1"], "aliases": ["CVE-1", "GHSA-1", "PYSEC-1"], "max_severity": stated}
    records = [{"id": "GHSA-1"}, {"id": "PYSEC-1"}]
    assert counted(tmp_path, osv(osv_package(*records, groups=[group]))) == {severity: 1}
    alone = osv_package(
        *records, {"id": "GHSA-2", "severity": [V4]}, groups=[group | {"max_severity": "5.0"}]
    )
    assert counted(tmp_path, osv(alone)) == {"medium": 1, "critical": 1}


def test_what_osv_says_can_be_fixed(tmp_path: Path) -> None:
    events = [{"introduced": "0"}, {"fixed": "2.11"}]
    affected = {"package": {"name": "jinja2"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    record = {"id": "GHSA-1", "affected": [affected]}
    assert counted(tmp_path, osv(osv_package(record))) == {"unknown": 1, "fixable": 1}
    assert counted(tmp_path, osv(osv_package(record, name="other"))) == {"unknown": 1}


def test_osv_that_found_nothing(tmp_path: Path) -> None:
    assert counted(tmp_path, {"results": [], "experimental_config": {}}) == {}
    assert "did not finish" in refused(tmp_path, {"results": None})


# --- SARIF


@pytest.mark.parametrize(
    ("stated", "severity"),
    [
        *(
            ("9.8", "critical"),
            ("9.0", "critical"),
            ("8.9", "high"),
            ("7", "high"),
            ("4.0", "medium"),
            ("0.1", "low"),
        ),
        *((7.5, "high"), ("0.0", "low"), (None, "low"), ("", "low")),
        *(("NaN", "unknown"), ("11", "unknown"), ("high", "unknown"), (True, "unknown"), ("-5", "unknown")),
    ],
)
def test_severities_of_sarif(tmp_path: Path, stated: Any, severity: str) -> None:
    rule = {
        "id": "CVE-1",
        "properties": {"security-severity": stated},
        "defaultConfiguration": {"level": "note"},
    }
    assert counted(tmp_path, log({"ruleIndex": 0}, rules=[rule])) == {severity: 1}
    own = {"ruleId": "CVE-1", "level": "note", "properties": {"security-severity": stated}}
    assert counted(tmp_path, log(own)) == {severity: 1}


@pytest.mark.parametrize(
    ("result", "severity"),
    [
        ({"level": "error"}, {"high": 1}), ({"level": "warning"}, {"medium": 1}), ({"level": "note"}, {"low": 1}),
        ({"level": "none"}, {"negligible": 1}), ({}, {"medium": 1}), ({"kind": "pass"}, {}),
        ({"level": "error", "suppressions": [{"kind": "external"}]}, {"suppressed": 1}),
        ({"level": "error", "baselineState": "absent"}, {}),
    ],
)  # fmt: skip
def test_levels_of_sarif(tmp_path: Path, result: dict[str, Any], severity: dict[str, int]) -> None:
    assert counted(tmp_path, log(result)) == severity


def test_sarif_tells_packages_apart_by_place_and_message(tmp_path: Path) -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "requirements.txt"}}}
    results = [
        {"ruleId": "CVE-1", "message": {"text": text}, "locations": [place]} for text in ("a 1", "b 1", "a 1")
    ]
    found = read(tmp_path, log(*results))
    assert found.summary["medium"] == 2
    assert found.files[0].media_type == "application/sarif+json"


def test_a_sarif_run_that_did_not_succeed_fails(tmp_path: Path) -> None:
    found = read(tmp_path, log(invocations=[{"executionSuccessful": False}]))
    assert (found.result, found.failed) == ("fail", ("Trivy 0.60: its run did not succeed",))


def test_sarif_does_not_say_what_can_be_fixed(tmp_path: Path) -> None:
    assert "fixable" not in read(tmp_path, log()).summary
    assert "fixable" not in read(tmp_path, log(), grype()).summary
    with pytest.raises(UsageError, match="fixable is nothing that"):
        read_evidence("vulnerabilities", [tmp_path / "0.json"], Wanted(), {"fixable": 0}, {})


# --- verdicts


@pytest.mark.parametrize(
    ("severity", "verdict"),
    [
        ("Critical", "fail"),
        ("High", "fail"),
        ("Unknown", "fail"),
        ("Medium", "pass"),
        ("Low", "pass"),
        ("Negligible", "pass"),
    ],
)
def test_the_types_own_limits(tmp_path: Path, severity: str, verdict: str) -> None:
    read(tmp_path, grype(grype_match("CVE-1", severity)))
    path = [tmp_path / "0.json"]
    assert read_evidence("vulnerabilities", path, Wanted(), {}, {}).result == verdict
    assert read_evidence("vulnerabilities", path, Wanted(), {severity.lower(): 1}, {}).result == "pass"
    assert read_evidence("vulnerabilities", path, Wanted(), {severity.lower(): 0}, {}).result == "fail"


def test_several_formats_at_once(tmp_path: Path) -> None:
    found = read(
        tmp_path, grype(grype_match("CVE-1", "High")), trivy(packages(trivy_one("CVE-1", "HIGH"))), osv()
    )
    assert found.format == "grype, trivy, osv-scanner"
    assert found.summary["high"] == 2  # one of openssl, one of curl


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        (10, "critical"),
        (9, "critical"),
        (8.9, "high"),
        (7, "high"),
        (6.9, "medium"),
        (4, "medium"),
        (3.9, "low"),
        (0.1, "low"),
        (0, "negligible"),
    ],
)
def test_ratings(score: float, severity: str) -> None:
    assert rated(score) == severity


# --- wrong in one place or another


@pytest.mark.parametrize(
    "report",
    [
        *([], None, 1, "x", {}, {"matches": None}, {"matches": {}}, {"matches": []}, {"matches": [], "descriptor": {}}),
        *(grype(1), grype({}), grype({"vulnerability": {"id": "x"}}), grype(ignoredMatches={})),
        *(grype(grype_match("", "High")), grype(grype_match("x", "High", artifact={"name": 1}))),
        *({"SchemaVersion": 1}, {"SchemaVersion": "2"}, {"SchemaVersion": True}, trivy(1), trivy(packages(1))),
        *(trivy(packages(Vulnerabilities={})), trivy(packages({})), trivy(packages(trivy_one("x", 3)))),
        *([{"Target": "a", "Vulnerabilities": None}], {"results": {}}, {"results": [1]}, {"results": [{}]}),
        *(osv(1), osv({"vulnerabilities": [{}]}), osv(osv_package(groups=[{"ids": []}])), osv(osv_package(groups=[1]))),
        *(osv(osv_package({"id": "a", "severity": {}})), osv(osv_package({"id": "a", "severity": [{"score": 1}]}))),
        *(osv(osv_package({"id": "a", "affected": [{"ranges": [{"events": 1}]}]})), {"runs": []}, {"runs": [{}]}),
        # Two reports in one: which of them would count?
        *(grype() | osv(), grype() | trivy(), log() | {"matches": []}),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, report: Any) -> None:
    assert refused(tmp_path, report)


def test_a_folder_stands_for_its_reports(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(grype(grype_match("CVE-1", "Low"))))
    (tmp_path / "b.sarif").write_text(json.dumps(log({"level": "error"})))
    (tmp_path / "c.txt").write_text("")
    assert counted_folder(tmp_path) == {"low": 1, "high": 1}


def counted_folder(folder: Path) -> dict[str, int]:
    return {name: count for name, count in vulnerabilities.read([folder], Wanted()).summary.items() if count}
