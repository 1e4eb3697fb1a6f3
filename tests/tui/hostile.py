"""A ledger in which everything that can hold a stranger's text holds a hostile one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.sax.saxutils import quoteattr

import release
import story
from story import APPROVER, BUILDER, KEEPER, REPORTER, ROOT, Book, artifact

from custody.kinds import (
    Allow,
    Approval,
    Artifact,
    Author,
    Build,
    Change,
    Deployment,
    Evidence,
    Extras,
    File,
    Genesis,
    Link,
    Material,
    Note,
    Policy,
    PullRequest,
    Review,
    Run,
    Running,
    Snapshot,
    Source,
    Trust,
)
from custody.ledger import timestamps
from custody.ledger.entry import Subject
from custody.ledger.writer import Draft

# Case 52 of the attacks: what a terminal would act on, or show as something else.
TERMINAL = {
    "clear": "\x1b[2J",
    "colour": "\x1b[32m",
    "title": "\x1b]0;gone\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "link": "\x1b]8;;http://evil.example\x07",
    "device": "\x1bP1$r0m\x1b\\",
    "c1-csi": "\x9b2J",
    "c1-osc": "\x9d0;gone\x9c",
    "return": "\r",
    "backspace": "\b\b\b",
    "bell": "\x07",
    "delete": "\x7f",
    "newline": "\n",
    "tab": "\t",
    "line-separator": "\u2028",
    "override": "\u202e",
    "isolate": "\u2066",
    "zero-width": "\u200b\u200d\ufeff",
    "tag": "\U000e0041\U000e007f",
}
# Case 53: what a markup reader would act on.
MARKUP = {
    "style": "[green]PASS[/green]",
    "unopened": "[/nope]",
    "weblink": "[link=http://evil.example]x[/link]",
    "action": "[@click=app.quit]x[/]",
    "emoji": ":skull:",
    "variable": "[$error]$primary[/]",
}
PAYLOADS = {**TERMINAL, **MARKUP}
_BEGIN, _STOP = "Ev", "Li"  # short, so that all of one kind together fit into any field (200 characters)


def wrapped(payload: str) -> str:
    return f"EVIL{payload}LIVE"


def every(field: str, payloads: Mapping[str, str] = TERMINAL) -> str:
    """All payloads in one text, behind the field's name: where that is on view, a payload stands. Each field has
    another one first, because a column has room for no more.
    """
    each = [f"{_BEGIN}{payload}{_STOP}" for payload in payloads.values()]
    turned = sum(map(ord, field)) % len(each)
    text = f"~{field}" + "".join(each[turned:] + each[:turned])
    assert len(text) <= 200
    return text


def raw(out: bytes, payloads: Mapping[str, str] = TERMINAL) -> list[str]:
    """The payloads that are among these bytes as they are."""
    return [
        name
        for name, payload in payloads.items()
        if _BEGIN.encode() + payload.encode() in out or payload.encode() + _STOP.encode() in out
    ]


def ledger(path: Path, text: Callable[[str], str]) -> Path:
    """Hostile text in every field of every body that takes free text; `text` gives it, by the field's name.

    One artifact waits for an approval in "prod" and fails its policy there; another is approved, deployed and runs.
    """
    book = Book(path)
    book.write(ROOT, Genesis(), [Draft("trust", Trust(story.TRUST).write())])
    policy = Policy(
        "production", f"{release.POLICY}# {text('policy')[:60].encode('unicode_escape').decode()}"
    )
    book.write(KEEPER, Genesis(), [Draft("policy", policy.write())])
    base, api = artifact("api", "1"), artifact("api", "2")
    _build(book, base, "a", text)
    book.write(APPROVER, _genesis(text), [_approval(base, "prod", text)])
    runs = Running("api", base, 1, text("running"))
    book.write(
        REPORTER,
        _genesis(text),
        [
            Draft(
                "deployment",
                Deployment(base, "prod", "api", text("deployed"), _extras(text)).write(),
                (base,),
            ),
            Draft("snapshot", Snapshot("prod", (runs,), _extras(text)).write()),
            Draft("snapshot", Snapshot("staging", (runs,)).write()),
        ],
    )
    _build(book, api, "b", text)
    book.write(APPROVER, _genesis(text), [_approval(api, "staging", text)])
    until = timestamps.from_datetime(book.now + timedelta(days=3))
    allowed = Allow("prod", until, text("allowed"), api, "", ("unit-tests",), _extras(text))
    book.write(KEEPER, _genesis(text), [Draft("allow", allowed.write(), (api,))])
    drafts = [
        Draft("snapshot", Snapshot("prod", (replace(runs, artifact=api, version=text("now")),)).write()),
        # Not of their kind's form: messages quote them.
        Draft("snapshot", {"environment": text("bad"), "running": text("bad")}),
        Draft("redaction", {"entry": text("bad"), "blobs": [], "reason": text("bad")}),  # by one who may not
        Draft("note", {**Note(text("note")).write(), text("key"): {text("deep"): [text("item")]}}),
    ]
    book.write(REPORTER, _genesis(text), drafts)
    return path


def _genesis(text: Callable[[str], str]) -> Genesis:
    run = Run(text("provider"), text("id"), text("attempt"), text("url"), text("runner"), text("actor"))
    return Genesis(text("flow"), text("trail"), text("job"), text("origin"), "a" * 40, text("head"), run)


def _extras(text: Callable[[str], str]) -> Extras:
    return Extras({text("remark"): text("remarked")}, (Link("ticket", text("link")),), ())


def _approval(subject: Subject, environment: str, text: Callable[[str], str]) -> Draft:
    body = Approval(subject, environment, "approved", text("reason"), text("giver"), extras=_extras(text))
    return Draft("approval", body.write(), (subject,))


def _build(book: Book, subject: Subject, digit: str, text: Callable[[str], str]) -> None:
    commit, before = digit * 40, chr(ord(digit) - 1) * 40 if digit > "a" else "0" * 40
    author = Author(text("author")[:90], text("mail")[:90])  # one line for both
    source = Source("c" * 40, (before,), text("branch"), author, author, "ssh", True, (author,),
                    since=before if digit > "a" else "", commits=(commit,) if digit > "a" else ())  # fmt: skip
    materials = (Material("0" * 64, text("material"), text("uri")), Material("1" * 64, "", text("unnamed")))
    made_by = Build(text("build"), {text("name"): text("value")}, materials, text("builder"), text("invoked"))
    made = Artifact(
        subject, 10, "file", text("version"), text("repository"), commit, source=source, build=made_by,
        extras=_extras(text),
    )  # fmt: skip
    request = PullRequest(
        text("request"), "merged", text("opener"), (Change(commit, (text("writer"),), text("committer")),),
        (Review(text("reviewer"), "approved", "", commit),), text("number")[:100], commit,
    )  # fmt: skip
    reviewed = Evidence("pull-request", "pull-request", "pass", commit=commit, pull_request=request)
    tests = Evidence(
        "unit-tests", "junit", "fail", subject, subject.name, "", {text("counted"): 1}, (text("failed"), text("also")),
        text("described"), text("format"), (text("tool"),), licences={text("licence"): 1},
        conditions=(text("condition"),), extras=_extras(text),
    )  # fmt: skip
    drafts = [
        Draft("artifact", made.write(), (subject,)),
        Draft("evidence", reviewed.write()),
        Draft("evidence", tests.write(), (subject,)),
    ]
    for control, (type, data, media_type) in reports(text).items():
        named = Extras(files=(File(text("file"), hashlib.sha256(data).hexdigest()),))
        body = Evidence(control, type, "fail", subject, subject.name, extras=named).write()
        drafts.append(Draft("evidence", body, (subject,), ((data, media_type),)))
    book.write(BUILDER, _genesis(text), drafts)


def reports(text: Callable[[str], str]) -> dict[str, tuple[str, bytes, str]]:
    """Attachments with hostile text in them: by control its type, its bytes and their media type."""
    message = {"text": text("message")}
    place = {"physicalLocation": {"artifactLocation": {"uri": text("place")}, "region": {"startLine": 1}}}
    result = {"ruleId": text("rule"), "level": "error", "message": message, "locations": [place]}
    driver = {"name": text("linter"), "version": text("linted")}
    sarif = {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": [result]}]}
    part = {"type": "library", "name": text("part"), "version": text("part-version"),
            "licenses": [{"license": {"name": text("part-licence")}}]}  # fmt: skip
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [part]}
    found = {"name": text("package"), "version": text("package-version")}
    match = {"vulnerability": {"id": text("weakness"), "severity": text("severity")}, "artifact": found}
    grype = {"descriptor": {"name": text("scanner")}, "matches": [match]}
    suite, case = (quoteattr("".join(filter(_in_xml, text(one)))) for one in ("suite", "case"))
    failed = f"<testcase classname={case} name={case} time={case}><failure/></testcase>"
    junit = f"<testsuite name={suite}>{failed}</testsuite>"
    return {
        "tests": ("junit", junit.encode(), "application/xml"),
        "analysis": ("sarif", json.dumps(sarif).encode(), "application/sarif+json"),
        "bill": ("sbom", json.dumps(bill).encode(), "application/vnd.cyclonedx+json"),
        "scan": ("vulnerabilities", json.dumps(grype).encode(), "application/json"),
        "text": ("generic", text("plain").encode(), "text/plain"),
        "wrong": (
            "sarif",
            json.dumps({"version": text("wrong"), "runs": [1]}).encode(),
            "application/sarif+json",
        ),
    }


def _in_xml(char: str) -> bool:
    """Whether XML 1.0 lets it in."""
    return char in "\t\n\r" or (
        char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"
    )
