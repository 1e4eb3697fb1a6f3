"""Text that wants to drive a terminal, put into every field there is, and a terminal that records what reaches it.

The terminal is a real one (a pty with a size); what a command writes to it is read as bytes, which is the only place
where an escape sequence can be seen.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from custody.kinds import (
    Approval,
    Artifact,
    Deployment,
    Evidence,
    Extras,
    Genesis,
    Link,
    Note,
    Policy,
    Run,
    Running,
    Snapshot,
)
from custody.kinds.artifact import Author, Source
from custody.kinds.pull_request import Change, PullRequest
from custody.ledger.entry import Subject
from custody.ledger.writer import Draft
from custody.text import safe_text
from harness import world

PAYLOADS = {
    "clear": "\x1b[2J\x1b[H",
    "colour": "\x1b[35mPASS\x1b[0m",
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "link": "\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\",
    "device": "\x1bP$q\x1b\\",
    "c1-csi": "\x9b2J",
    "c1-osc": "\x9d0;owned\x9c",
    "return": "\rPASS\x1b[K",
    "backspace": "\x08\x08\x08",
    "bell": "\x07",
    "delete": "\x7f",
    "line": "\nverified\n",
    "tab": "\t",
    "vertical": "\x0b\x0c",
    "separators": "\u2028\u2029",
    "nel": "\x85",
    "rtl": "\u202egpj.exe",
    "isolate": "\u2066\u2069",
    "zero-width": "pa\u200bs\u200ds\ufeff",
    "tags": "\U000e0041\U000e0042",
    "fillers": "\u3164\u115f\u2800\u00ad",
    "selector": "x\ufe0f",
    "private": "\ue000",
    "marks": "a" + "\u0301" * 20,
    "markup": "[green]PASS[/green][@click=app.quit]x[/] :skull:",
}
_OURS = re.compile(r"\x1b\[(?:0|2|1|32|33|31;1)m")
_PROGRESS = re.compile(r"\r(?:verifying [^\r\n\x1b]*)?\x1b\[K")
_SEPARATOR = "@@@@ ran "


def hostile_ledger(folder: Path, payloads: Mapping[str, str] = PAYLOADS) -> Path:
    """A ledger, verified but for what it says, whose every free text is a payload and the field's name."""
    path = folder / "main.ledger"
    fixed = world.Fixed("screen")
    world.make_main(path, fixed)
    for number, payload in enumerate(payloads.values()):

        def text(field: str, payload: str = payload) -> str:
            return f"{payload}~{field}"

        digest = f"{number:02x}" * 32
        subject = Subject(f"artifact-{number}", digest)
        run = Run(text("provider"), text("id"), "1", text("url"), text("runner"), text("actor"))
        context = Genesis(
            flow=text("flow"), trail=text("trail"), job=text("job"), repository=text("repository"),
            branch=text("branch"), run=run,
        )  # fmt: skip
        linked = Extras(links=(Link("a", text("link")),))
        given = Extras(links=(Link("b", text("approval")),))
        artifact = Artifact(
            subject,
            1,
            version=text("version"),
            repository=text("source"),
            commit=f"{number:02x}" * 20,
            source=Source(parents=("ab" * 20,), author=Author(text("author"))),
            extras=Extras({text("key"): text("value")}),
        )
        evidence = Evidence(
            "unit", "junit", "fail", subject, summary={text("count"): 1}, failed=(text("failed"), "other"),
            description=text("description"), extras=Extras({"a": text("annotation")}),
        )  # fmt: skip
        change = Change(f"{number:02x}" * 20, (text("changer"),))
        request = PullRequest(
            text("request"), "merged", text("opener"), (change,), (), merge_commit=f"{number:02x}" * 20
        )
        reviewed = Evidence("review", "pull-request", "pass", commit=change.commit, pull_request=request)
        drafts = [
            Draft("evidence", reviewed.write()),
            Draft("artifact", artifact.write(), (subject,)),
            Draft("evidence", evidence.write(), (subject,)),
            Draft(
                "evidence",
                Evidence("x", "generic", "pass", commit="ab" * 20, description=text("other")).write(),
            ),
            Draft("note", Note(text("note")).write()),
            Draft(
                "deployment",
                Deployment(subject, "prod", f"s{number}", text("why"), linked).write(),
                (subject,),
            ),
            Draft(
                "snapshot", Snapshot("prod", (Running(f"s{number}", subject, 1, text("running")),)).write()
            ),
            Draft("seal", {}, last=True),
        ]
        world.append(path, drafts, context=context.write(), fixed=fixed)
        approval = Approval(
            subject,
            "prod",
            "approved",
            text("reason"),
            text("given"),
            extras=given,
        )
        world.append(
            path, [Draft("approval", approval.write(), (subject,), last=True)], "approver", fixed=fixed
        )
        policy = Policy("policy", f'text = "{number}" # {text("policy")}')
        world.append(path, [Draft("policy", policy.write(), last=True)], "keeper", fixed=fixed)
    return path


def in_terminal(
    folder: Path, commands: Sequence[Sequence[str]], env: Mapping[str, str], size: tuple[int, int] = (40, 200)
) -> list[str]:
    """Run commands one after the other in one process on a terminal; what each of them wrote to it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    process = _start(folder, commands, env, theirs)
    os.close(theirs)
    parts = []
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        try:
            part = os.read(ours, 65536) if ready else b""
        except OSError:  # EIO: the other side has gone
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    process.wait()
    return _split(b"".join(parts).replace(b"\r\n", b"\n"), len(commands))


def piped(folder: Path, commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> list[str]:
    """The same without a terminal."""
    process = _start(folder, commands, env, subprocess.PIPE)
    out, _ = process.communicate()
    # CSV has CRLF (RFC 4180); right in front of a line's end a carriage return moves nothing.
    return _split(out.replace(b"\r\n", b"\n"), len(commands))


def _start(
    folder: Path, commands: Sequence[Sequence[str]], env: Mapping[str, str], stream: int
) -> subprocess.Popen[bytes]:
    tests = Path(__file__).resolve().parents[1]
    environ = {**env, "PYTHONPATH": f"{tests}{os.pathsep}{env['PYTHONPATH']}"}
    commands = [[os.fsencode(word).hex() for word in command] for command in commands]
    # More than the system lets a command line hold.
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as told:
        json.dump(commands, told)
    return subprocess.Popen(
        [sys.executable, "-m", "harness.screen", told.name],
        cwd=folder,
        env=environ,
        stdin=stream if stream != subprocess.PIPE else subprocess.DEVNULL,
        stdout=stream,
        stderr=stream if stream != subprocess.PIPE else subprocess.STDOUT,
        start_new_session=True,
    )


def _split(out: bytes, count: int) -> list[str]:
    text = out.decode("utf-8", "surrogateescape")
    parts = re.split(rf"{_SEPARATOR}-?\d+\n", text)
    for number, part in enumerate(parts):
        assert "Traceback" not in part and "did not foresee" not in part, f"command {number}: {part}"
    assert len(parts) == count + 1, text[-3000:]
    return parts[:count]


def check_harmless(output: str, where: str, terminal: bool) -> None:
    """Nothing in it drives a terminal, is invisible, or reorders what is seen; custody's own colours apart."""
    if terminal:
        output = _OURS.sub("", _PROGRESS.sub("", output))
    for line in output.split("\n"):
        for place, char in enumerate(line):
            category = unicodedata.category(char)
            hidden = (
                category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or char in "\u3164\u115f\u2800\ufe0f"
            )
            assert not hidden, f"{where}: {char!r} in {line[max(0, place - 40) : place + 40]!r}"
        assert "\u0301" * 4 not in line, f"{where}: marks are piled up in {line!r}"


def shown(payload: str) -> str:
    """How a payload must look."""
    return safe_text(payload, None)


def main(told: str) -> None:
    from custody.cli.main import main as custody

    commands = json.loads(Path(told).read_text())
    os.unlink(told)
    for command in commands:
        sys.argv = ["custody", *(os.fsdecode(bytes.fromhex(word)) for word in command)]
        code: object = None
        try:
            custody()
        except SystemExit as leaving:
            code = leaving.code
        print(f"{_SEPARATOR}{code}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
