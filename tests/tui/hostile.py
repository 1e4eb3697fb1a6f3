"""A ledger in which everything that can hold a stranger's text holds a hostile one."""

from __future__ import annotations

from pathlib import Path

import story
from story import APPROVER, BUILDER, REPORTER, ROOT, Book, artifact

from custody.kinds import (
    Approval,
    Artifact,
    Author,
    Build,
    Deployment,
    Evidence,
    Extras,
    File,
    Genesis,
    Link,
    Material,
    Note,
    Run,
    Running,
    Snapshot,
    Source,
    Trust,
)
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


def wrapped(payload: str) -> str:
    return f"EVIL{payload}LIVE"


def ledger(path: Path, payload: str) -> Path:
    """One payload, in every field of every body that takes free text."""
    evil = wrapped(payload)
    book = Book(path)
    book.write(ROOT, Genesis(), [Draft("trust", Trust(story.TRUST).write())])
    api = artifact("api", "1")
    run = Run(evil, evil, evil, evil, evil, evil)
    genesis = Genesis(evil, evil, evil, evil, "a" * 40, evil, run)
    author = Author(evil, evil)
    source = Source("a" * 40, ("b" * 40,), evil, author, author, "ssh", True)
    build = Build(evil, {evil: evil}, (Material("0" * 64, evil, evil),), evil, evil)
    extras = Extras({evil: evil}, (Link("ticket", evil),), (File(evil, "0" * 64),))
    evidence = Evidence(
        "unit-tests",
        "junit",
        "fail",
        api,
        "api",
        "",
        {evil: 1},
        (evil, evil),
        evil,
        evil,
        (evil,),
        licences={evil: 1},
        conditions=(evil,),
        extras=extras,
    )
    made = Artifact(api, 10, "file", evil, evil, "", source=source, build=build, extras=extras)
    book.write(
        BUILDER,
        genesis,
        [
            Draft(
                "artifact",
                made.write(),
                (api,),
            ),
            Draft("evidence", evidence.write(), (api,)),
            Draft("note", {**Note(evil).write(), evil: evil}),
        ],
    )
    approval = Approval(api, "prod", "approved", evil, evil, extras=extras)
    book.write(APPROVER, genesis, [Draft("approval", approval.write(), (api,))])
    mine = Approval(api, "staging", "approved", evil, extras=extras)
    book.write(APPROVER, genesis, [Draft("approval", mine.write(), (api,))])
    drafts = [
        Draft("deployment", Deployment(api, "prod", "api", evil, extras).write(), (api,)),
        Draft("snapshot", Snapshot("prod", (Running("api", api, 1, evil),)).write()),
        Draft(
            "snapshot", {"environment": evil, "running": evil}
        ),  # not of its kind's form: a message quotes it
        Draft("redaction", {"entry": evil, "blobs": [], "reason": evil}),  # by one who may not
    ]
    book.write(REPORTER, genesis, drafts)
    return path
