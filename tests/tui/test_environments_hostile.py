"""Hostile text in everything that the time machine shows, and the bytes that a real terminal gets."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

import hostile
import seasons
import stage
import story
import test_real_terminal as real
from story import APPROVER, BUILDER, KEEPER, REPORTER, Book

from custody.kinds import (
    Approval,
    Artifact,
    Author,
    Evidence,
    Genesis,
    Policy,
    Running,
    Snapshot,
    Source,
    Trust,
)
from custody.ledger.entry import Subject
from custody.ledger.writer import Draft
from custody.text import safe_text
from custody.tui.app import Start
from custody.tui.links import Link


def ledger(path: Path) -> Path:
    """Two environments and a group, and a service for each payload, which stands wherever text is free."""
    book = Book(path)
    book.write(story.ROOT, Genesis(), [Draft("trust", Trust(story.TRUST).write())])
    book.write(KEEPER, Genesis(), [Draft("policy", Policy("production", seasons.POLICY).write())])
    for number in (1, 2):
        made = {
            name: _release(book, name, hostile.wrapped(evil), number)
            for name, evil in hostile.PAYLOADS.items()
        }
        for environment in ("prod-eu", "prod-us")[: 3 - number]:
            running = tuple(
                Running(name, subject, 1, hostile.wrapped(hostile.PAYLOADS[name]))
                for name, subject in made.items()
            )
            book.write(REPORTER, Genesis(), [Draft("snapshot", Snapshot(environment, running).write())])
            book.pass_time(hours=30)
    book.sign()
    return path


def _release(book: Book, name: str, evil: str, number: int) -> Subject:
    subject = Subject(name, hashlib.sha256(f"{name} {number}".encode()).hexdigest())
    person = Author(evil, evil, "")
    source = Source(parents=(seasons.commit(name, number - 1),), author=person, committer=person)
    body = Artifact(subject, 9, "file", evil, evil, seasons.commit(name, number), source=source)
    tests = Evidence("unit-tests", "junit", "fail", subject, name, description=evil)
    drafts = [Draft("artifact", body.write(), (subject,)), Draft("evidence", tests.write(), (subject,))]
    book.write(BUILDER, Genesis(repository=evil), drafts)
    approval = Approval(subject, "prod-eu", "approved", evil, evil)
    book.write(APPROVER, Genesis(), [Draft("approval", approval.write(), (subject,))])
    return subject


KEYS = ("home", "right", "shift+right", "n", "N", "d", "end", "d", "c", "K", "escape", "g", "escape", "ctrl+f",
        "escape", "b", "enter", "left", "tab", "right_square_bracket", "left_square_bracket", "e", "e",
        "y")  # fmt: skip
TYPED = (
    b"\x1b[H",
    b"\x1b[C",
    b"\x1b[1;2C",
    b"n",
    b"d",
    b"\x1b[F",
    b"d",
    b"c",
    b"b",
    b"\r",
    b"\x1b[D",
    b"\t",
    b"y",
)


def test_markup_and_controls_stand_there_as_they_are(tmp_path: Path) -> None:
    path = ledger(tmp_path / "hostile.ledger")

    async def run() -> str:
        shown = []
        app = stage.app_on(path, start=Start(Link("environments"), (), "Europe/Oslo"))
        async with stage.playing(app, (200, 60)) as pilot:
            for key in KEYS:
                await stage.press(pilot, key)
                shown.append(stage.text(pilot))
            assert pilot.app.is_running
        return "\n".join(shown)

    shown = asyncio.run(run())
    assert shown.replace("\n", "").isprintable()
    for name, payload in hostile.PAYLOADS.items():
        assert safe_text(hostile.wrapped(payload))[:10] in shown, name
    for payload in ("[green]", "[/nope]", "[@click"):
        assert f"EVIL{payload}" in shown


def test_no_hostile_byte_reaches_a_terminal_of_ascii_alone(tmp_path: Path) -> None:
    env = {"LC_ALL": "C", "LANG": "C", "NO_COLOR": "1"}
    path = ledger(tmp_path / "hostile.ledger")
    ended = real.tui(path, b"3", *TYPED, env=env, wait_for=b"INTACT AND ANCHORED")
    assert ended.code == 0 and b"Traceback" not in ended.out
    assert ended.out.count(b"EVIL") > 10
    for name, payload in hostile.TERMINAL.items():
        raw = payload.encode()
        assert b"EVIL" + raw not in ended.out and raw + b"LIVE" not in ended.out, name
    for forbidden in (b"\x1b]8;", b"\x1b]0;", b"\x1bP1$r", b"\xc2\x9b"):
        assert forbidden not in ended.out
    assert re.sub(rb"\x1b\[[0-9;?]*[ -/]*[@-~]", b"", ended.out).isascii()
