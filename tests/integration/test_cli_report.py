"""`custody report` on the samples: what it rests on, what it refuses, and that its command makes it again."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shlex
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cli_desk import Desk, Said
from harness import mistakes, screen, world
from test_cli_exports import leaf_of, verify_proof

SAMPLES = Path(__file__).resolve().parents[2] / "sample_ledgers"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "report.md"
HERE = ("--ledger", "redacted.ledger", "--root", "root.pub")
STORY = ("--ledger", "payments.ledger", "--root", "root.pub")
QUESTIONS: dict[str, tuple[str, ...]] = {
    "ledger": (),
    "artifact": ("artifact", "dabdf422"),
    "environment": ("environment", "prod", "--at", "2026-11-02T16:00"),
    "changes": (
        "environment",
        "prod@{2026-11-02 16:00}",
        "--since",
        "900 days ago",
        "--until",
        "2026-11-03T04:00",
    ),
    "unknown": ("environment", "prod", "--at", "2020-01-01T00:00"),
    "number": ("environment", "prod#1"),
    "back": ("environment", "prod~0"),
    "findings": ("findings",),
    "entry": ("entry", "42"),
    "genesis": ("entry", "0"),
}
TAMPERED = ("redacted", "fork", "unknown-writer")
MOMENT = {"TZ": "Europe/Oslo"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("report"))
    for name in ("payments.ledger", "root.pub", *(f"tampered/{one}.ledger" for one in TAMPERED)):
        shutil.copyfile(SAMPLES / name, desk.path(Path(name).name))
    return desk


def asked(desk: Desk, which: str, *more: str, exit: int = 0) -> Any:
    return desk("report", *QUESTIONS[which], *HERE, "--json", *more, exit=exit, **MOMENT).json


def without_moment(report: dict[str, Any]) -> dict[str, Any]:
    assert report["basis"].pop("asked")
    return report


@pytest.mark.parametrize("which", QUESTIONS)
def test_the_command_in_a_report_makes_the_report_again(desk: Desk, which: str) -> None:
    report = asked(desk, which)
    _, *arguments = shlex.split(report["basis"]["command"])
    # On another day, by another clock, and with nothing said in the environment.
    again = desk(*arguments, TZ="America/New_York").json
    assert again["basis"]["command"] == report["basis"]["command"]
    assert without_moment(again) == without_moment(report)


@pytest.mark.parametrize("which", ["ledger", "artifact", "changes", "entry"])
def test_every_format_tells_the_same_of_what_it_rests_on(desk: Desk, which: str) -> None:
    report = asked(desk, which)
    basis = report["basis"]
    digest = hashlib.sha256(desk.path("redacted.ledger").read_bytes()).hexdigest()
    assert basis["sha256"] == digest and basis["ledger"] == "redacted.ledger"
    assert basis["result"] == "verified" and report["exit"] == 0 and basis["findings"] == []
    verified = desk("verify", "redacted.ledger", "--root", "root.pub", "--json").json
    for name in ("origin", "roots", "size", "coveredSize", "rootHash", "trustVersion", "checkpoint"):
        assert basis[name] == verified[name], name
    assert basis["software"] == verified["software"]
    for form in ("md", "html"):
        text = desk("report", *QUESTIONS[which], *HERE, "--format", form, **MOMENT).out
        for shown in (
            digest,
            verified["rootHash"],
            verified["roots"][0],
            "redacted.ledger",
            "UTC",
            "Europe/Oslo",
        ):
            assert shown in text, shown
        assert text.index(digest) < text.index(verified["rootHash"]) < text.index("--format")
        assert f"custody report {report['subject']}" in text


def test_a_ledger_that_does_not_verify_says_so_first_and_tells_nothing_else(desk: Desk) -> None:
    fork = ("--ledger", "fork.ledger", "--root", "root.pub")
    for question in ((), ("artifact", "api"), ("environment", "prod"), ("entry", "2"), ("findings",)):
        report = desk("report", *question, *fork, "--json", exit=1).json
        assert (
            report["exit"] == 1 and report["answer"] == {} and report["title"] == "NOT VERIFIED: fork.ledger"
        )
        assert {one["code"] for one in report["basis"]["findings"]} == {"fork"}
        assert report["basis"]["result"] == "NOT VERIFIED"
    text = desk("report", "artifact", "api", *fork, exit=1).out
    assert text.splitlines()[2] == "**✗ NOT VERIFIED**"
    _, *arguments = shlex.split(report["basis"]["command"])
    again = desk(*arguments, exit=1).json
    assert without_moment(again) == without_moment(report)
    page = desk("report", *fork, "--out", "fork.html", exit=1)
    assert page.out.startswith("fork.html: ") and "NOT VERIFIED" in desk.path("fork.html").read_text("utf-8")


def test_a_gap_is_stated_and_an_answer_is_given(desk: Desk) -> None:
    stranger = ("--ledger", "unknown-writer.ledger", "--root", "root.pub")
    report = desk("report", *stranger, "--json", exit=4).json
    assert report["exit"] == 4 and {one["code"] for one in report["basis"]["findings"]} == {"unknown-writer"}
    assert report["answer"]["writers"]["strangers"] == 1
    nobody = desk("report", "--ledger", "redacted.ledger", "--json", exit=4).json
    assert {one["code"] for one in nobody["basis"]["findings"]} >= {"no-root"}
    assert nobody["basis"]["roots"] == [] and "--root" not in nobody["basis"]["command"]
    assert nobody["basis"]["checkpoint"] is None


def test_the_subjects_tell_what_the_commands_tell(desk: Desk) -> None:
    # A moment, and a state by its number, in which something ran whose verdict was another later on.
    for question, services in ((("prod", "--at", "2026-11-19T02:30"), 6), (("prod#51",), 7)):
        env = desk("env", "show", *question, *STORY, "--json", **MOMENT).json["answer"]["state"]
        state = desk("report", "environment", *question, *STORY, "--json", **MOMENT).json["answer"]["state"]
        assert state["number"] == env["number"] and state["proof"]["entry"] == env["proof"]["entry"]
        assert [one["sha256"] for one in state["services"]] == [one["sha256"] for one in env["services"]]
        assert len(state["services"]) == services
        assert [(one["verdictThen"], one["verdictNow"]) for one in state["services"]] == [
            (one["verdict"]["whenItStarted"], one["verdict"]["atTheMoment"]) for one in env["services"]
        ]
    path = desk("trace", "51d5ae6a", *STORY, "--json").json["answer"]
    told = desk("report", "artifact", "51d5ae6a", *STORY, "--json").json["answer"]
    assert [one["title"] for one in told["path"]["path"]] == [one["title"] for one in path["items"]]
    assert [one["outcome"] for one in told["verdict"]["verdicts"]] == ["passed", "failed"]
    assert {one["state"] for one in told["verdict"]["controls"]} >= {"excepted", "failed", "satisfied"}
    found = desk("findings", "redacted.ledger", "--root", "root.pub", "--json").json["answer"]
    assert [one["message"] for one in asked(desk, "findings")["answer"]["findings"]["findings"]] == [
        one["message"] for one in found
    ]
    bounds = ("--since", "2020-01-01T00:00", "--until", "2026-11-19T04:00")
    log = desk("env", "log", "prod", *bounds, "-n", "999", *STORY, "--json", **MOMENT).json["answer"][
        "changes"
    ]
    within = desk("report", "environment", "prod", *bounds, *STORY, "--json", **MOMENT).json["answer"]["log"][
        "log"
    ]
    assert len(log) > 50 and [one["proof"]["entry"] for one in within] == [
        one["proof"]["entry"] for one in log
    ]
    whole = asked(desk, "ledger")
    assert sum(one["count"] for one in whole["answer"]["kinds"]["kinds"]) == whole["basis"]["size"]
    assert asked(desk, "unknown")["answer"]["state"]["known"] is False


def test_every_entry_that_an_answer_names_is_listed_with_whose_word_it_is(desk: Desk) -> None:
    for which in ("ledger", "artifact", "changes", "findings"):
        answer = asked(desk, which)["answer"]
        listed = {one["entry"]: one for one in answer.pop("proof")["entries"]}
        named = set(_named(answer))
        assert named and named == set(listed), which
        assert all(one["writer"] and one["checkpoint"] == "covered" for one in listed.values())


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"position", "entry"}:
            yield value["entry"]
        for one in value.values():
            yield from _named(one)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)


def test_the_proof_in_an_entrys_report_holds(desk: Desk) -> None:
    content = asked(desk, "entry")["answer"]
    assert hashlib.sha256(content["signed"]["header"].encode()).hexdigest() == content["entry"]["entry"]
    envelope = desk("export", "entry", "42", *HERE, "--json").json
    assert base64.b64decode(envelope["payload"]).decode() == content["signed"]["header"]
    leaf = leaf_of(envelope)
    lines = content["proof"]["tlogProof"].split("\n")
    size = asked(desk, "entry")["basis"]["size"]
    assert verify_proof(content["proof"]["tlogProof"], leaf, _custodian(desk)) == (
        lines[lines.index("") + 1],
        42,
        size,
    )


def _custodian(desk: Desk) -> bytes:
    """The raw key of the custodian: the one that signed the merges."""
    entries = desk("log", "--kind", "merge", "-n", "1", *HERE, "--json").json["answer"]
    return bytes.fromhex(desk("show", entries[0]["id"], *HERE, "--json").json["answer"]["key"])


# --- files


def test_a_file_is_written_whole_and_nothing_is_overwritten_unasked(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    said = desk("report", *HERE, "--out", str(out), "--json").json
    data = out.read_bytes()
    assert said == {"file": str(out), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    assert data.startswith(b"<!DOCTYPE html>")
    assert desk("report", *HERE, "--out", str(out), exit=2).reason == "exists"
    assert out.read_bytes() == data
    desk("report", "findings", *HERE, "--out", str(out), "--force", "--format", "md")
    assert out.read_bytes().startswith(b"# ") and os.listdir(tmp_path) == ["r.html"]
    link = tmp_path / "link.md"
    link.symlink_to(tmp_path / "elsewhere")
    assert desk("report", *HERE, "--out", str(link), exit=2).reason == "exists"
    desk("report", *HERE, "--out", str(link), "--force")
    assert not link.is_symlink() and not (tmp_path / "elsewhere").exists()
    assert desk("report", *HERE, "--out", str(tmp_path / "no" / "r.md"), exit=2).reason == "unwritable"


MISTAKES = [
    (("report", "nonsense", *HERE), "choice"),
    (("report", "artifact", *HERE), "query"),
    (("report", "ledger", "x", *HERE), "query"),
    (("report", "artifact", "nothing-of-that-name", *HERE), "unknown"),
    (("report", "artifact", "payments-api", *HERE), "ambiguous"),
    (("report", "environment", "nowhere", *HERE), "no-environment"),
    (("report", "environment", "prod#999", *HERE), "state"),
    (("report", "environment", "prod#1", "--at", "yesterday 10:00", *HERE), "moment"),
    (
        (
            "report",
            "environment",
            "prod",
            "--since",
            "2026-11-19T04:00",
            "--until",
            "2026-11-18T04:00",
            *HERE,
        ),
        "moment",
    ),
    (("report", "findings", "--at", "yesterday 10:00", *HERE), "moment"),
    (("report", "entry", "999999", *HERE), "entry"),
    (("report", "--format", "pdf", *HERE), "choice"),
    (("report", "--format", "md", "--json", *HERE), "format"),
    (("report", "--of", "ledger", *HERE), "subject"),
    (("report", "pack", *HERE), "out"),
    (("report", "pack", "--out", "p", "--format", "md", *HERE), "format"),
    (("report", "pack", "--out", "p", "--force", *HERE), "exists"),
    (("report", "pack", "--out", "no/p", *HERE), "unwritable"),
    (("report", "pack", "--out", "root.pub", *HERE), "exists"),
    (("report", "pack", "--of", "pack", "--out", "p", *HERE), "choice"),
    (("report", *HERE, "--out", "redacted.ledger", "--force"), "ledger"),
    (("report", *HERE, "--out", ".", "--force"), "folder"),
    (("report", "pack", "--of", "environment", "--out", "p", *HERE), "query"),
]


@pytest.mark.parametrize(
    ("command", "reason"), MISTAKES, ids=lambda one: one if isinstance(one, str) else None
)
def test_nothing_is_written_when_it_fails(desk: Desk, command: tuple[str, ...], reason: str) -> None:
    before = sorted(os.listdir(desk.folder))
    ledger = desk.path("redacted.ledger").read_bytes()
    out = () if "--out" in command or reason == "out" else ("--out", "never.md")
    if reason == "format" and "--json" in command:
        out = ()
    said = desk(*command, *out, exit=2)
    assert said.reason == reason and said.out == ""
    assert sorted(os.listdir(desk.folder)) == before
    assert desk.path("redacted.ledger").read_bytes() == ledger


def test_a_ledger_that_is_refused_is_no_report(desk: Desk) -> None:
    desk.path("text.ledger").write_text("no ledger")
    assert desk("report", "--ledger", "text.ledger", "--out", "x.md", exit=3).out == ""
    assert not desk.path("x.md").exists()


# --- the pack


def sums(folder: Path) -> dict[str, str]:
    lines = (folder / "SHA256SUMS").read_text("ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_pack_proves_its_report_without_custody(desk: Desk) -> None:
    said = desk("report", "pack", "dabdf422", *HERE, "--out", "pack", "--json").json
    folder = desk.path("pack")
    listed = sums(folder)
    assert set(listed) | {"SHA256SUMS"} == files(folder) == {one["file"] for one in said["files"]}
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == listed[name] for name in listed)
    report = json.loads((folder / "report.json").read_text("ascii"))
    assert without_moment(report)["answer"] == asked(desk, "artifact")["answer"]
    key = _custodian(desk)
    checkpoint = (folder / "checkpoint").read_text("utf-8")
    found: dict[str, dict[str, Any]] = {}
    keys: dict[str, str] = {}
    for path in sorted((folder / "entries").glob("*.dsse.json")):
        envelope = json.loads(path.read_bytes())
        header = json.loads(base64.b64decode(envelope["payload"]))["predicate"]
        entry = hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest()
        stem = str(path).removesuffix(".dsse.json")
        assert Path(stem).name == f"{int(Path(stem).name[:6]):06}-{entry[:12]}"
        proof = Path(f"{stem}.tlog-proof").read_text("utf-8")
        assert verify_proof(proof, leaf_of(envelope), key)[1] == int(Path(stem).name[:6])
        assert proof.endswith(f"\n\n{checkpoint}")
        body = Path(f"{stem}.body.json")
        if body.exists():
            assert hashlib.sha256(body.read_bytes()).hexdigest() == header["body"]["sha256"]
        found[entry] = header
        if header["kind"] == "genesis":
            keys[entry] = header["key"]
    # Everything that the report names, the geneses that name the keys, and every trust document.
    assert set(_named(report["answer"])) <= set(found)
    assert all(header.get("chain", entry) in keys for entry, header in found.items())
    assert sum(header["kind"] == "trust" for header in found.values()) == 2
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    assert desk("report", "pack", "dabdf422", *HERE, "--out", "pack", exit=2).reason == "exists"
    assert {name: (folder / name).read_bytes() for name in files(folder)} == before
    _, *arguments = shlex.split(report["basis"]["command"])
    shutil.rmtree(folder)
    desk(*arguments, TZ="Asia/Tokyo")
    again = json.loads((folder / "report.json").read_text("ascii"))
    assert without_moment(again) == report


@pytest.mark.parametrize(
    ("of", "count"),
    [((), 2), (("--of", "findings"), 2), (("42", "--of", "entry"), 2), (("prod", "--of", "environment"), 9)],
)
def test_a_pack_can_be_of_anything(desk: Desk, tmp_path: Path, of: tuple[str, ...], count: int) -> None:
    folder = tmp_path / "pack"
    desk("report", "pack", *of, *HERE, "--out", str(folder))
    report = json.loads((folder / "report.json").read_text("ascii"))
    entries = {path.name.split(".")[0][7:] for path in (folder / "entries").iterdir()}
    assert {one[:12] for one in _named(report["answer"])} <= entries and len(entries) >= count
    assert os.listdir(tmp_path) == ["pack"]


def test_a_pack_of_a_ledger_with_a_fault_holds_its_report_alone(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    desk("report", "pack", "--ledger", "fork.ledger", "--root", "root.pub", "--out", str(folder), exit=1)
    assert files(folder) == {"README.md", "report.md", "report.html", "report.json", "SHA256SUMS"}
    assert "did not verify" in (folder / "README.md").read_text("utf-8")


def test_an_erased_body_is_not_in_a_pack_and_its_entry_is(desk: Desk, tmp_path: Path) -> None:
    (redacted,) = [
        one for one in asked(desk, "findings")["answer"]["findings"]["findings"] if one["code"] == "redacted"
    ]
    desk("report", "pack", "--of", "findings", *HERE, "--out", str(tmp_path / "pack"))
    names = {
        path.name for path in (tmp_path / "pack" / "entries").glob(f"*-{redacted['at']['entry'][:12]}.*")
    }
    assert {name.split(".", 1)[1] for name in names} == {"dsse.json", "tlog-proof"}


def test_a_pack_that_cannot_be_finished_leaves_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custody import system

    real, count = system.create_exclusive, 0

    def full(path: Path, data: bytes, mode: int) -> None:
        nonlocal count
        count += 1
        if count > 7:
            raise OSError(28, "No space left on device")
        real(path, data, mode)

    monkeypatch.setattr(system, "create_exclusive", full)
    said = desk("report", "pack", *HERE, "--out", str(tmp_path / "pack"), exit=2)
    assert said.reason == "unwritable" and count == 8 and os.listdir(tmp_path) == []


# --- hostile ledgers


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.update((tag, *(name for name, _ in attrs)))


def test_a_hostile_ledger_drives_neither_terminal_nor_page(tmp_path: Path) -> None:
    some = {name: screen.PAYLOADS[name] for name in ("clipboard", "c1-csi", "line")}
    some["page"] = "</td></table><script>x</script><img src=x onerror=y>|`[a](http://evil.example)"
    world.write_keys(tmp_path)
    screen.hostile_ledger(tmp_path, some)
    given = (*mistakes.LEDGER, *mistakes.ROOT)
    count = len(world.entries(tmp_path / "main.ledger"))
    questions = [
        (),
        ("findings",),
        ("environment", "prod", "--since", "2020-01-01T00:00"),
        *(("artifact", f"artifact-{number}") for number in range(len(some))),
        *(("entry", str(position)) for position in range(count - 14, count, 2)),
    ]
    desk = Desk(tmp_path)
    together = ""
    for question in questions:
        for form in ("md", "html", "json"):
            said: Said = desk("report", *question, *given, "--format", form, exit=4)
            screen.check_harmless(said.out, f"{question} {form}", terminal=False)
            together += said.out
            if form == "html":
                page = _Elements()
                page.feed(said.out)
                assert not page.seen & {
                    "script",
                    "img",
                    "a",
                    "src",
                    "href",
                    "onerror",
                    "link",
                    "iframe",
                    "svg",
                }
    for field in ("reason", "version", "source", "url", "running", "description"):
        assert together.count(f"~{field}") >= len(some), field


def test_a_ledger_whose_name_is_hostile_can_be_asked_again(desk: Desk) -> None:
    name = "it's\x1b]0;x\x07 $(x) `y`.ledger"
    shutil.copyfile(desk.path("redacted.ledger"), desk.path(name))
    report = desk("report", "findings", "--ledger", name, "--root", "root.pub", "--json").json
    assert report["basis"]["ledger"] == name
    line = report["basis"]["command"]
    assert line.isprintable() and line.isascii()
    import subprocess

    environ = {**world.environment(desk.folder), "TZ": "UTC"}
    python = shlex.quote(sys.executable)
    done = subprocess.run(
        ["bash", "-c", f"custody() {{ {python} -m custody \"$@\"; }}; {line}"],
        cwd=desk.folder, env=environ, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert without_moment(json.loads(done.stdout)) == without_moment(report)
    text = desk("report", "--ledger", name, "--root", "root.pub").out
    assert "\x1b" not in text and "\\x1b" in text


# --- documentation


def test_every_name_in_the_json_is_documented(desk: Desk) -> None:
    text = DOCS.read_text("utf-8")
    documented = set(re.findall(r"`([A-Za-z][A-Za-z0-9]*)`", text))
    for which in QUESTIONS:
        report = asked(desk, which)
        assert set(_keys(report)) - documented == set(), which


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            if name not in ("kinds",) or not isinstance(one, dict) or "kinds" in one:
                yield from _keys(one)
    elif isinstance(value, list):
        for one in value:
            yield from _keys(one)
