"""What scanners for known vulnerabilities found: the JSON of grype, trivy and osv-scanner, and SARIF.

A vulnerability counts once for each version of a package it is in, however often and by however many of the reports it
is named, with the worst severity that any of them gives it; ignored or suppressed only where none of them counts it.
A severity that nobody states, or that custody does not understand, is "unknown", never none.

* grype (`-o json`): `matches`, and `ignoredMatches` as suppressed.
* trivy (`--format json`, schema 2): the vulnerabilities of its results, and modified findings as suppressed. Other
  classes of result (config, secret, license) are no vulnerabilities; a report without a result for packages is an
  error, because then no package was looked at.
* osv-scanner (`--format json`): groups of aliases count once. The severity is the worst that the group or its records
  state: a word of the database, a score, or a CVSS vector (versions 2, 3 and 4), of which the base score is computed.
* SARIF: a result for each rule, place and message. `security-severity` of the result or its rule is a CVSS score;
  without one the level tells: error is high, warning medium, note low, none negligible.

Scores are rated as CVSS rates them: from 9.0 critical, 7.0 high, 4.0 medium, above 0 low, 0 negligible.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from custody.errors import InputError
from custody.record import sarif
from custody.record.cvss import base_score
from custody.record.inputs import read_reports
from custody.record.report import KEPT, KEPT_NAME, Report, Result, Wanted
from custody.record.tool_json import (
    Object,
    an_object,
    items,
    member,
    members,
    needed,
    parse_tool_json,
    text,
    texts,
)

SEVERITIES = ("critical", "high", "medium", "low", "negligible", "unknown")
"""From the worst to the least; "unknown" is none of them, and listed last."""

_WORDS = {one: one for one in SEVERITIES} | {"important": "high", "moderate": "medium", "none": "negligible"}
# Of two statements about one vulnerability the worse holds; one that is known says more than one that is not.
_RANK = {one: rank for rank, one in enumerate(("unknown", *reversed(SEVERITIES[:-1])))}
_SCORE = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,10})?")
_NAMED = ("critical", "high", "unknown")
"""Whose names are kept: those that the type's own limits are about."""


class Vulnerability(NamedTuple):
    """One that a report names. `package` is with its version; `fixable` is None where the format does not say."""

    id: str
    package: str
    severity: str
    fixable: bool | None
    suppressed: bool = False


class _Scan(NamedTuple):
    """What one report says."""

    format: str
    media_type: str
    tools: tuple[str, ...]
    found: list[Vulnerability]
    broken: tuple[str, ...] = ()


def read(paths: Sequence[Path], wanted: Wanted) -> Report:
    """Reports of vulnerabilities as evidence. Raises InputError naming the file and why.

    `fixable` is counted where all of the reports say of what they found whether there is a fix.
    """
    found: dict[tuple[str, str], Vulnerability] = {}
    formats: dict[str, None] = {}
    tools: dict[str, None] = {}
    broken: list[str] = []

    def parse(data: bytes) -> str:
        scan = read_scan(parse_tool_json(data))
        formats[scan.format] = None
        tools.update(dict.fromkeys(scan.tools))
        broken.extend(sarif.did_not_succeed(tool) for tool in scan.broken)
        for one in scan.found:
            key = one.id, one.package
            found[key] = _worse(found[key], one) if key in found else one
        return scan.media_type

    files = read_reports(
        paths, ".json .sarif", "a report of grype, trivy or osv-scanner, or a SARIF file", parse
    )
    summary = dict.fromkeys(SEVERITIES, 0)
    names: dict[str, list[str]] = {severity: [] for severity in _NAMED}
    open_ones = [one for one in found.values() if not one.suppressed]
    for one in open_ones:
        summary[one.severity] += 1
        if one.severity in names and len(names[one.severity]) < KEPT:
            names[one.severity].append(f"{one.severity} {one.id} {one.package}".strip()[:KEPT_NAME])
    if sarif.FORMAT not in formats:
        summary["fixable"] = sum(one.fixable is True for one in open_ones)
    summary["suppressed"] = len(found) - len(open_ones)
    failed = [*broken, *(name for severity in _NAMED for name in names[severity])]
    result: Result | None = "fail" if broken else None
    return Report(
        ", ".join(formats),
        files,
        summary,
        tuple(failed[:KEPT]),
        tuple(tools)[: sarif.KEPT_TOOLS],
        result=result,
    )


def _worse(one: Vulnerability, other: Vulnerability) -> Vulnerability:
    """Two statements about one vulnerability of one package as one. What is suppressed weighs less than what is not."""
    if one.suppressed != other.suppressed:
        return other if one.suppressed else one
    worst = max(one, other, key=lambda each: _RANK[each.severity])
    return worst._replace(fixable=one.fixable or other.fixable)


def read_scan(value: Any) -> _Scan:
    """One report, by the members that only its tool's have. Raises InputError."""
    report = an_object(value, "the report")
    readers = {"matches": _grype, "SchemaVersion": _trivy, "results": _osv, "runs": _sarif}
    fitting = [name for name in readers if name in report]
    if len(fitting) != 1:
        which = "more than one of them" if fitting else "neither"
        raise InputError(f"a report of grype, trivy or osv-scanner, or SARIF? It looks like {which}")
    return readers[fitting[0]](report)


def rated(score: float) -> str:
    """The word for a CVSS base score (the qualitative severity rating scale of CVSS 3.1, section 5, and 4.0)."""
    for least, severity in ((9.0, "critical"), (7.0, "high"), (4.0, "medium")):
        if score >= least:
            return severity
    return "low" if score > 0 else "negligible"


def _worded(severity: str) -> str:
    return _WORDS.get(severity.strip().lower(), "unknown")


def _scored(written: object) -> str | None:
    """A score that a tool wrote, as text or as a number, rated; None where there is none, or none that can be."""
    if isinstance(written, bool) or not isinstance(written, (str, int, float)):
        return None
    found = _SCORE.fullmatch(str(written).strip()[:40])
    return rated(float(found[0])) if found and float(found[0]) <= 10 else None


# --- grype


def _grype(report: Object) -> _Scan:
    descriptor = member(report, "descriptor", "report")
    tool = f"{needed(descriptor, 'name', 'descriptor')} {text(descriptor, 'version', 'descriptor')}".strip()
    if not isinstance(report["matches"], list):
        raise InputError("matches is not a list: the scanner did not finish")
    found = [
        _grype_match(match, suppressed=key == "ignoredMatches")
        for key in ("matches", "ignoredMatches")
        for match in members(report, key, "report")
    ]
    return _Scan("grype", "application/json", (tool[:KEPT_NAME],), found)


def _grype_match(match: Object, *, suppressed: bool) -> Vulnerability:
    vulnerability, artifact = member(match, "vulnerability", "match"), member(match, "artifact", "match")
    fix = member(vulnerability, "fix", "vulnerability")
    return Vulnerability(
        needed(vulnerability, "id", "vulnerability"),
        _package(needed(artifact, "name", "artifact"), text(artifact, "version", "artifact")),
        _worded(text(vulnerability, "severity", "vulnerability")),
        text(fix, "state", "fix") == "fixed",
        suppressed,
    )


# --- trivy


def _trivy(report: Object) -> _Scan:
    if report["SchemaVersion"] != 2:
        raise InputError("a trivy report of another schema than 2, which is what custody reads")
    version = text(member(report, "Trivy", "report"), "Version", "Trivy")
    found: list[Vulnerability] = []
    scanned = False
    for result in members(report, "Results", "report"):
        kind = text(result, "Class", "result")
        listed = members(result, "Vulnerabilities", "result")
        scanned = scanned or bool(listed) or kind in ("", "os-pkgs", "lang-pkgs")
        found += [_trivy_vulnerability(one, suppressed=False) for one in listed]
        found += [
            _trivy_vulnerability(member(one, "Finding", "finding"), suppressed=True)
            for one in members(result, "ExperimentalModifiedFindings", "result")
            if text(one, "Type", "finding") == "vulnerability"
        ]
    if not scanned:
        message = "trivy looked at no package; if there are some, let it scan for vulnerabilities with --list-all-pkgs"
        raise InputError(message, code="no-packages")
    return _Scan("trivy", "application/json", (f"trivy {version}".strip()[:KEPT_NAME],), found)


def _trivy_vulnerability(one: Object, *, suppressed: bool) -> Vulnerability:
    return Vulnerability(
        needed(one, "VulnerabilityID", "vulnerability"),
        _package(needed(one, "PkgName", "vulnerability"), text(one, "InstalledVersion", "vulnerability")),
        _worded(text(one, "Severity", "vulnerability")),
        bool(text(one, "FixedVersion", "vulnerability")),
        suppressed,
    )


# --- osv-scanner


def _osv(report: Object) -> _Scan:
    if not isinstance(report["results"], list):
        raise InputError("results is not a list: the scanner did not finish")
    found: list[Vulnerability] = []
    for result in members(report, "results", "report"):
        if not isinstance(result.get("packages"), list):
            raise InputError("not osv-scanner's: a result without packages")
        for entry in members(result, "packages", "result"):
            found += _osv_package(entry)
    return _Scan("osv-scanner", "application/json", ("osv-scanner",), found)


def _osv_package(entry: Object) -> list[Vulnerability]:
    package = member(entry, "package", "package")
    name = text(package, "name", "package") or text(package, "commit", "package")
    whole = _package(name, text(package, "version", "package"))
    records = {
        needed(one, "id", "vulnerability"): one for one in members(entry, "vulnerabilities", "package")
    }
    groups = [(texts(one, "ids", "group"), one) for one in members(entry, "groups", "package")]
    grouped = {one for ids, _ in groups for one in ids}
    alone: list[tuple[list[str], Object]] = [([one], {}) for one in records if one not in grouped]
    found = []
    for ids, group in (*groups, *alone):
        if not ids:
            raise InputError("not osv-scanner's: a group without ids")
        members_of = [records[one] for one in ids if one in records]
        stated = [
            _scored(group.get("max_severity")),
            *(one for each in members_of for one in _osv_severities(each)),
        ]
        worst = max((one for one in stated if one), key=_RANK.__getitem__, default="unknown")
        fixable = any(_osv_fixed(one, name) for one in members_of)
        found.append(Vulnerability(ids[0], whole, worst, fixable))
    return found


def _osv_severities(record: Object) -> list[str | None]:
    """What a record of OSV's schema says of itself and of the packages it affects."""
    holders = [record, *members(record, "affected", "vulnerability")]
    said: list[str | None] = []
    for holder in holders:
        for key in ("database_specific", "ecosystem_specific"):
            specific = holder.get(key)
            if isinstance(specific, dict) and isinstance(word := specific.get("severity"), str):
                said.append(_worded(word))
        for one in members(holder, "severity", "vulnerability"):
            score = base_score(text(one, "score", "severity"))
            said.append(None if score is None else rated(score))
    return said


def _osv_fixed(record: Object, name: str) -> bool:
    return any(
        isinstance(event, dict) and event.get("fixed")
        for affected in members(record, "affected", "vulnerability")
        if text(member(affected, "package", "affected"), "name", "package") in (name, "")
        for span in members(affected, "ranges", "affected")
        for event in items(span, "events", "range")
    )


# --- SARIF


def _sarif(report: Object) -> _Scan:
    log = sarif.parse_log(report)
    found = []
    for finding in log.findings():
        if finding.level == "none" and (text(finding.result, "kind", "result") or "fail") != "fail":
            continue
        message = member(finding.result, "message", "result")
        said = text(message, "text", "message") or text(message, "id", "message")
        arguments = texts(message, "arguments", "message")
        about = " ".join(filter(None, (finding.uri, said, *arguments)))
        found.append(
            Vulnerability(finding.rule_id, about, _sarif_severity(finding), None, finding.suppressed)
        )
    return _Scan(sarif.FORMAT, sarif.MEDIA_TYPE, log.tools, found, log.broken)


def _sarif_severity(finding: sarif.Finding) -> str:
    for holder, place in ((finding.result, "result"), (finding.rule, "rule")):
        stated = member(holder, "properties", place).get("security-severity")
        if stated not in (None, ""):
            severity = _scored(stated)
            if severity is None:
                return "unknown"
            if severity != "negligible":
                return severity
    return {"error": "high", "warning": "medium", "note": "low", "none": "negligible"}[finding.level]


def _package(name: str, version: str) -> str:
    return f"{name} {version}".strip()
