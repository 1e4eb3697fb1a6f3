"""Commands that show a stranger's text: every question, every entry, every mistake that is quoted back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from harness import screen, world

LEDGER = ("-l", "main.ledger")
ROOT = ("--root", "root.key.pub")
QUESTIONS = [
    ("verify", "main.ledger", *ROOT),
    ("verify", "main.ledger", *ROOT, "--json"),
    ("log", "-n", "1000", *LEDGER, *ROOT),
    ("log", "--json", *LEDGER, *ROOT),
    ("artifacts", "-n", "1000", *LEDGER, *ROOT),
    ("env", "list", *LEDGER, *ROOT),
    ("env", "show", "prod", *LEDGER, *ROOT),
    ("env", "log", "prod", "-n", "1000", *LEDGER, *ROOT),
    ("env", "log", "prod", "--json", *LEDGER, *ROOT),
    ("report", *LEDGER, *ROOT),
    ("report", "environment", "prod", "--since", "2020-01-01T00:00", *LEDGER, *ROOT),
    ("env", "diff", "prod#1", "prod", *LEDGER, *ROOT),
    ("env", "deployments", "prod", "-n", "1000", *LEDGER, *ROOT),
    ("env", "windows", "prod", "--interval", "1s", *LEDGER, *ROOT),
    ("env", "where", "artifact-0", *LEDGER, *ROOT),
    ("trace", "artifact-0", "--tree", *LEDGER, *ROOT),
    ("trace", "prod@{now}", "--before", "5000d", *LEDGER, *ROOT),
    ("search", "artifact", "-n", "1000", *LEDGER, *ROOT),
    ("export", "events", *LEDGER, *ROOT),
    ("export", "events", "--format", "jsonl", *LEDGER, *ROOT),
]


def each(count: int, payloads: int) -> list[tuple[str, ...]]:
    """`show` for every entry, `trace` for every artifact, two exports."""
    shows = [("show", str(position), *LEDGER, *ROOT) for position in range(2, count)]
    traces = [("trace", f"artifact-{number}", *LEDGER, *ROOT) for number in range(payloads)]
    return [
        *shows,
        *traces,
        ("export", "entry", "4", *LEDGER, *ROOT),
        ("show", "4", "--json", *LEDGER, *ROOT),
    ]


FIELDS = (
    "flow trail job repository branch provider id url runner actor version source key value failed count description"
    " annotation other note why link running reason given approval policy author request"
).split()


def ask_everything(folder: Path, payloads: Mapping[str, str], terminal: bool) -> None:
    """Every question about `screen.hostile_ledger`: nothing harmful comes out, and every field is shown."""
    count = len(world.entries(folder / "main.ledger"))
    commands = [*QUESTIONS, *each(count, len(payloads))]
    env = world.environment(folder, TERM="xterm-256color")
    outputs = (screen.in_terminal if terminal else screen.piped)(folder, commands, env)
    for command, output in zip(commands, outputs, strict=True):
        screen.check_harmless(output, " ".join(command), terminal)
        if command[0] == "trace" and command[2] == "-l":
            payload = list(payloads.values())[int(command[1].rpartition("-")[2])]
            assert f"{screen.shown(payload)}~reason" in output, output
    together = "\n".join(outputs)
    for field in FIELDS:
        assert together.count(f"~{field}") >= len(payloads), field
    assert not terminal or "\x1b[" in outputs[0]  # colour was on: the terminal was taken for one


def names(payloads: Mapping[str, str]) -> dict[str, str]:
    """Names of files: a payload each, and one that is no text."""
    return {key: f"{text}.ledger" for key, text in payloads.items() if "/" not in text} | {
        "surrogate": os.fsdecode(b"\xff\xfe\x1b[2J.ledger")
    }


def give_names(folder: Path, payloads: Mapping[str, str], terminal: bool) -> None:
    """As a ledger that is there, as one that is not, as an export that is left out, as a wrong anything."""
    world.make_world(folder)
    stranger = folder / "stranger"
    world.append(stranger, [world.note(last=True)], "stranger")
    given = names(payloads)
    commands: list[tuple[str, ...]] = []
    for name in given.values():
        (folder / name).write_bytes((folder / "main.ledger").read_bytes())
        left_out = f"s{name}"
        (folder / left_out).write_bytes(stranger.read_bytes())
        commands += [
            ("verify", name),
            ("verify", f"no-{name}"),
            ("merge", "main.ledger", left_out, "--key", "keeper.key", *ROOT),
            ("merge", "main.ledger", left_out, f"no-{name}", "--skip-bad", "--key", "keeper.key", *ROOT),
            ("append", "note", "x", "-l", name, "--key", "ci.key"),
            ("append", "artifact", name, *LEDGER, "--key", "ci.key"),
            ("append", "policy", name, *LEDGER, "--key", "ci.key"),
            ("append", "trust", name, *LEDGER, "--key", "ci.key"),
            ("append", "evidence", name, "--type", "junit", *LEDGER, "--key", "ci.key"),
            ("append", "snapshot", "--env", "prod", name, *LEDGER, "--key", "ci.key"),
            ("append", "approval", name, "--env", name, "--yes", *LEDGER, "--key", "ci.key"),
            ("gate", name, "--env", "prod", *LEDGER),
            ("gate", "api.whl", "--env", name, *LEDGER),
            ("gate", "--what-if", "--policy", name, *LEDGER),
            (
                "append",
                "approval",
                "api.whl",
                "--env",
                "prod",
                "--from-tag",
                name,
                *LEDGER,
                "--key",
                "ci.key",
                "--yes",
            ),
            ("append", "note", "x", *LEDGER, "--key", name),
            ("append", "note", "x", *LEDGER, "--key", "ci.key", "--once", "b", "--trail", name),
            ("append", "note", name, *LEDGER, "--key", "ci.key", "--once", "b"),
            ("append", "note", name, *LEDGER, "--key", "ci.key", "--attach", f"no-{name}"),
            ("append", "evidence", "--result", name, *LEDGER, "--key", "ci.key"),
            ("append", "evidence", "--type", name, *LEDGER, "--key", "ci.key"),
            ("show", name, *LEDGER),
            ("trace", name, *LEDGER),
            ("trace", f"no-{name}", *LEDGER),
            ("artifacts", name, *LEDGER),
            ("env", "show", name, *LEDGER),
            ("env", "show", "prod", "--at", name, *LEDGER),
            ("env", "show", "prod", "--tz", name, *LEDGER),
            ("env", "log", name, *LEDGER),
            ("env", "diff", name, name, *LEDGER),
            ("env", "deployments", name, *LEDGER),
            ("env", "where", name, *LEDGER),
            ("env", "windows", "prod", "--interval", name, *LEDGER),
            ("env", "show", "prod", "--known-at", name, *LEDGER),
            ("search", name, *LEDGER),
            ("export", "events", "--env", name, *LEDGER),
            ("log", "--kind", name, *LEDGER),
            ("export", "entry", "1", "-o", name, *LEDGER),
            ("trust", "pin", name, name),
            ("init", name, "--origin", world.ORIGIN, "--key", "root.key"),
            ("init", f"new{name}", "--origin", name, "--key", "root.key"),
            ("redact", name, "--reason", name, *LEDGER, "--key", "keeper.key"),
            ("key", "new", f"key{name}", "--comment", name),
            ("key", "show", "--key", f"key{name}"),
            ("checkpoint", "-l", f"no-{name}", "--key", "keeper.key"),
            (name,),
            (f"--{name}",),
            ("verify", f"--{name}", "main.ledger"),
            ("append", name),
            ("log", "-n", name, *LEDGER),
        ]
    run = screen.in_terminal if terminal else screen.piped
    outputs = run(folder, commands, world.environment(folder, TERM="xterm-256color"))
    for command, output in zip(commands, outputs, strict=True):
        screen.check_harmless(output, repr(command), terminal)
        assert output or command[:2] in (("export", "entry"), ("env", "log")), command
        if command[0] == "verify" and command[1] in given.values():
            assert screen.shown(command[1]) in output
        if command[:2] == ("merge", "main.ledger") and len(command) == 7:
            recorded = command[2].encode("utf-8", "backslashreplace").decode()  # as a merge entry names it
            assert "left out" in output and screen.shown(recorded) in output, output


def give_contents(folder: Path, payloads: Mapping[str, str], terminal: bool) -> None:
    """What a parser complains about is quoted in its complaint."""
    world.make_world(folder)
    commands: list[tuple[str, ...]] = []
    for number, payload in enumerate(payloads.values()):
        files = {
            "junit.xml": f'<testsuite><testcase name="{payload}"',
            "snapshot.json": f'{{"services": [{{"name": "{payload}", "more{payload}": 1}}]}}',
            "policy.toml": f'a = "{payload}\n[{payload}',
            "trust.toml": f'origin = "{payload}"\n"{payload}" = 1\n',
            "key.pub": f"ssh-ed25519 {payload}",
            "private.key": payload,
        }
        place = folder / str(number)
        place.mkdir()
        for name, text in files.items():
            (place / name).write_text(text, "utf-8", "surrogatepass")
        (place / "private.key").chmod(0o600)
        here = str(number)
        commands += [
            ("append", "evidence", f"{here}/junit.xml", "--type", "junit", *LEDGER, "--key", "ci.key"),
            (
                "append",
                "snapshot",
                "prod",
                f"{here}/snapshot.json",
                *LEDGER,
                "--key",
                "ci.key",
            ),
            ("append", "policy", f"{here}/policy.toml", *LEDGER, "--key", "ci.key"),
            ("append", "trust", f"{here}/trust.toml", *LEDGER, "--key", "ci.key"),
            ("init", f"{here}/x.ledger", "--trust", f"{here}/trust.toml", "--key", "root.key"),
            ("verify", "main.ledger", "--root", f"{here}/key.pub"),
            ("verify", "main.ledger", "--checkpoint", f"{here}/key.pub"),
            ("append", "note", "x", *LEDGER, "--key", f"{here}/private.key"),
        ]
    run = screen.in_terminal if terminal else screen.piped
    outputs = run(folder, commands, world.environment(folder, TERM="xterm-256color"))
    for command, output in zip(commands, outputs, strict=True):
        screen.check_harmless(output, repr(command), terminal)
        assert output, command
