"""Reports, names and policies of strangers among artifacts and approvals, down to the bytes a terminal gets."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from xml.sax.saxutils import quoteattr

import hostile
import story
from release import POLICY
from test_real_terminal import tui

from custody.kinds import Evidence, Extras, File, Genesis, Policy
from custody.ledger.writer import Draft

DOWN = b"\x1b[B"
BEGIN, STOP = "Ev", "Li"  # short, so that all payloads together fit into any field
EVIL = "".join(f"{BEGIN}{payload}{STOP}" for payload in hostile.TERMINAL.values())
END, UP = b"\x1b[F", b"\x1b[5~"
WALK = (
    b"2", b"\r", b"]", b"]" + DOWN * 9, b"]", DOWN, DOWN, DOWN, DOWN, DOWN, b"\r" + DOWN, b"]" + DOWN, b"y\x1b",
    b"fEVIL\xc2\x9b2J\r", b"\x1b", b"a", b"\r", DOWN * 6, UP + END, b"\x1b", b"w", b"aEVIL\r", END, b"\r",
    b"/EVIL\r", b"\x1b", b"\x1b", b"\x1b", b"1",
)  # fmt: skip


def reports() -> dict[str, tuple[str, bytes, str]]:
    """By control its type, its bytes and their media type."""
    message = {"text": EVIL}
    place = {"physicalLocation": {"artifactLocation": {"uri": EVIL}, "region": {"startLine": 1}}}
    result = {"ruleId": EVIL, "level": "error", "message": message, "locations": [place]}
    driver = {"name": EVIL, "version": EVIL}
    sarif = {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": [result]}]}
    part = {"type": "library", "name": EVIL, "version": EVIL, "licenses": [{"license": {"name": EVIL}}]}
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [part]}
    match = {"vulnerability": {"id": EVIL, "severity": EVIL}, "artifact": {"name": EVIL, "version": EVIL}}
    grype = {"descriptor": {"name": EVIL}, "matches": [match]}
    in_xml = quoteattr("".join(one for one in EVIL if one.isprintable() or one in "\x9b\x9d\u202e\u200b"))
    case = f'<testcase classname={in_xml} name="x" time={in_xml}><failure/></testcase>'
    junit = f"<testsuite name={in_xml}>{case}</testsuite>"
    return {
        "tests": ("junit", junit.encode(), "application/xml"),
        "analysis": ("sarif", json.dumps(sarif).encode(), "application/sarif+json"),
        "bill": ("sbom", json.dumps(bill).encode(), "application/vnd.cyclonedx+json"),
        "scan": ("vulnerabilities", json.dumps(grype).encode(), "application/json"),
        "text": ("generic", EVIL.encode(), "text/plain"),
        "wrong": ("sarif", json.dumps({"version": EVIL, "runs": [1]}).encode(), "application/sarif+json"),
    }


def ledger(path: Path) -> Path:
    """The ledger in which all that can is hostile, with reports that are too, under a policy that they fail."""
    hostile.ledger(path, EVIL)
    book = story.Book(path.with_name("unused.ledger"))
    book.path = path
    api = story.artifact("api", "1")
    book.write(story.KEEPER, Genesis(), [Draft("policy", Policy("production", POLICY).write())])
    drafts = []
    for control, (type, data, media_type) in reports().items():
        named = Extras(files=(File(EVIL, hashlib.sha256(data).hexdigest()),))
        body = Evidence(control, type, "fail", api, api.name, extras=named).write()
        drafts.append(Draft("evidence", body, (api,), ((data, media_type),)))
    book.write(story.BUILDER, Genesis(EVIL, EVIL, EVIL), drafts)
    return path


def test_no_byte_of_a_report_drives_the_terminal(tmp_path: Path) -> None:
    ended = tui(ledger(tmp_path / "hostile.ledger"), *WALK, env={"CUSTODY_KEY_FILE": f"/EVIL{chr(0x9B)}2J"})
    assert ended.code == 0
    assert b"Traceback" not in ended.out and b"stopped (" not in ended.out
    for shown in (
        b"Verdict now",
        b"Attached to",
        b"Level",
        b"Component",
        b"Severity",
        b"Test case",
        b"cannot be read",
    ):
        assert shown in ended.out, shown
    assert ended.out.count(BEGIN.encode()) > 300
    for name, payload in hostile.TERMINAL.items():
        raw = payload.encode()
        assert BEGIN.encode() + raw not in ended.out, name
        assert raw + STOP.encode() not in ended.out, name
    for forbidden in (b"\x1b]8;", b"\x1b]0;", b"\x1bP1$r", b"http://evil.example\x07", b"\xc2\x9b"):
        assert forbidden not in ended.out
