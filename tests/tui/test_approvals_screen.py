"""Approvals: what waits for whom, what an approver sees, and a word given with one's own key."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import release
import stage
from textual.pilot import Pilot
from textual.widgets import Input

from custody.errors import UsageError
from custody.keys.find import find_signer
from custody.kinds import Approval
from custody.kinds.fields import Fields
from custody.ledger import timestamps
from custody.ledger.canonical import decode_object
from custody.ledger.entry import MAX_BODY, parse_header
from custody.ledger.reader import open_ledger
from custody.tui.app import CustodyApp, Start
from custody.tui.screens import approvals_reading
from custody.tui.screens.approvals import ApprovalsScreen
from custody.tui.screens.signing import SigningScreen
from custody.tui.widgets.prompt import Prompt
from custody.tui.widgets.table import Table

Play = Callable[[Pilot[None]], Awaitable[None]]
ROOTS = Start(roots=(release.ROOT.public.fingerprint,))
SHORT = release.WAITS.sha256[:12]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release.ledger(tmp_path_factory.mktemp("release") / "release.ledger")


@pytest.fixture
def ledger(original: Path, tmp_path: Path) -> Path:
    """A ledger of the test's own, to be written to."""
    return Path(shutil.copy(original, tmp_path / "release.ledger"))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return release.keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(autouse=True)
def _a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word is given on the day of the ledger, so that pictures are the same on every other."""
    monkeypatch.setattr(timestamps, "now", lambda: "2026-11-17T09:00:00.000Z")


def play(ledger: Path, scene: Play, size: tuple[int, int] = (120, 40), start: Start = ROOTS) -> None:
    async def run() -> None:
        app = CustodyApp(open_ledger(ledger), release.EXPECTED, stage.Full, start=start)
        async with stage.playing(app, size) as pilot:
            await stage.press(pilot, "4")
            await scene(pilot)

    asyncio.run(run())


async def type_in(pilot: Pilot[None], text: str) -> None:
    """Type a line, all at once, and enter it."""
    assert pilot.app.screen.query_one(Prompt).is_open
    pilot.app.screen.query_one(Prompt).query_one(Input).value = text
    await stage.press(pilot, "enter")


async def choose_file(pilot: Pilot[None], path: Path) -> None:
    """Among the keys the last line: another file."""
    await stage.press(pilot, "end", "enter")
    await type_in(pilot, str(path))


async def signing(pilot: Pilot[None], key: Path, verb: str = "a", reason: str = "") -> str:
    """Up to the last look."""
    await stage.press(pilot, verb)
    await type_in(pilot, reason)
    await choose_file(pilot, key)
    return stage.text(pilot)


def count(ledger: Path) -> int:
    with open_ledger(ledger) as snapshot:
        return snapshot.count


def last_word(ledger: Path) -> tuple[Approval, bool]:
    """The approval at the log's end, and whether it closes its chain."""
    with open_ledger(ledger) as snapshot:
        row = snapshot.row(snapshot.count - 1)
        assert row is not None
        header = parse_header(row.header)
        body = snapshot.blob(header.body)
        assert body is not None and header.kind == "approval"
        return Approval.read(Fields(decode_object(body, MAX_BODY), "approval")), header.last


# --- what is shown


def test_what_waits_for_whom_and_what_bears_on_it(original: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await waits(pilot)
        await sees(pilot)
        await searches(pilot)
        await leads_on(pilot)

    play(original, scene)


async def waits(pilot: Pilot[None]) -> None:
    shown = stage.text(pilot)
    assert "2 wait" in shown and "payments-api" in shown and "checkout-web" in shown
    table = pilot.app.screen.query_one("#waiting", Table)
    rows = [table.row(number) or () for number in range(table.count)]
    assert [row[2][0] for row in rows] == ["payments-api", "checkout-web"]
    assert rows[1][6][0] == "unit-tests, static-analysis"  # what else is in its way
    assert "1.4.0" not in shown  # it was approved; an approval by an author takes 1.5.0 off no list
    await stage.press(pilot, "y")
    assert f"custody gate {release.WAITS.sha256} --env prod" in pilot.app.clipboard


async def sees(pilot: Pilot[None]) -> None:
    await stage.press(pilot, "enter")
    shown = stage.text(pilot)
    for told in (
        release.WAITS.sha256, "ci-builder", "0 of 1 approval needed", "since c9e33a8c0116",
        "dev-1  reviewed by dev-2", "unit-tests: pass", "Can approve  release-manager, risk-officer",
        'opened pull request "17"',
    ):  # fmt: skip
        assert told in shown, told
    await stage.press(pilot, "escape")
    assert pilot.app.focused is pilot.app.screen.query_one("#waiting")


async def searches(pilot: Pilot[None]) -> None:
    await stage.press(pilot, "w")
    assert "2 given" in stage.text(pilot) and "change board 4711" in stage.text(pilot)
    await stage.press(pilot, "ctrl+f", *"ris")
    assert pilot.app.screen.query_one("#given", Table).count == 1
    await stage.press(pilot, "enter", "w")
    assert "0 of 2 that wait" in stage.text(pilot)
    await stage.press(pilot, "escape")
    assert "2 wait" in stage.text(pilot)


async def leads_on(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, CustodyApp)
    await stage.press(pilot, "o")
    assert app.tab == "entries"
    await stage.press(pilot, "backspace", "t")
    assert app.tab == "artifacts" and release.WAITS.sha256 in stage.text(pilot)
    await stage.press(pilot, "a")
    assert app.tab == "approvals" and "payments-api 1.5.0 for prod" in stage.text(pilot)


# --- a word is given


def test_an_approval_from_end_to_end(ledger: Path, keys: dict[str, Path]) -> None:
    before = count(ledger)

    async def scene(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, CustodyApp)
        shown = await signing(pilot, keys["risk-officer"], reason="change 4712")
        for told in (
            "Approve this?", "payments-api 1.5.0", release.WAITS.sha256, "risk-officer  SHA256:", "change 4712",
            "✓ release: 1 of 1 approval needed",
        ):  # fmt: skip
            assert told in shown, told
        assert count(ledger) == before
        session = app.session
        await stage.press(pilot, "y")
        await stage.settle(pilot)
        assert app.session is not session  # through the gate once more, and verified
        shown = stage.text(pilot)
        assert f"Approved  payments-api for prod, recorded at position {before + 1}" in shown
        assert "INTACT, WITH A GAP" in shown and "uncovered-tail" in shown
        assert "1 wait" in shown
        await stage.press(pilot, "w")
        assert "risk-officer" in stage.text(pilot) and "change 4712" in stage.text(pilot)

    play(ledger, scene)
    word, last = last_word(ledger)
    assert last and count(ledger) == before + 2  # a genesis and the act: a chain of its own
    assert (word.artifact, word.environment, word.decision, word.reason) == (
        release.WAITS,
        "prod",
        "approved",
        "change 4712",
    )
    assert word.commits is not None and word.policy is not None
    assert word.commits.head == release.commit_of(release.WAITS, "1.5.0")
    assert word.commits.base == release.commit_of(release.APPROVED, "1.4.0")
    assert word.policy.name == "production"


def test_a_word_that_would_not_count_is_refused_and_a_no_needs_a_reason(
    ledger: Path, keys: dict[str, Path]
) -> None:
    before = ledger.read_bytes()
    refused = [
        ("dev-1", "a", 'dev-1\'s does not, who opened pull request "17"'),
        ("nobody", "x", "the key is nobody's in the trust document"),
        ("ci-builder", "x", "ci-builder has no role that may record approvals"),
    ]

    async def scene(pilot: Pilot[None]) -> None:
        for key, verb, why in refused:
            shown = await signing(pilot, keys[key], verb, "no" if verb == "x" else "")
            assert why in " ".join(shown.split()) and "is not recorded" in shown
            await stage.press(pilot, "y")  # is not even tried
            assert isinstance(pilot.app.screen, SigningScreen) and "y tries again" not in stage.text(pilot)
            await stage.press(pilot, "escape", "escape", "escape")
            assert isinstance(pilot.app.screen, ApprovalsScreen)
        assert ledger.read_bytes() == before
        await stage.press(pilot, "x")
        await type_in(pilot, "  ")
        assert "a rejection needs a reason" in stage.text(pilot)
        await type_in(pilot, "the scan is too old")
        await choose_file(pilot, keys["dev-1"])  # an author may say no
        assert "Reject this?" in stage.text(pilot) and "dev-1 rejected it" in stage.text(pilot)
        await stage.press(pilot, "y")
        await stage.settle(pilot)
        assert "Rejected  payments-api for prod" in stage.text(pilot)

    play(ledger, scene)
    word, _ = last_word(ledger)
    assert (word.decision, word.reason) == ("rejected", "the scan is too old")


def test_an_encrypted_key_asks_for_its_passphrase_and_keeps_none(ledger: Path, keys: dict[str, Path]) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await signing(pilot, keys["encrypted"])
        typing = pilot.app.screen.query_one(Prompt).query_one(Input)
        assert typing.password and "Passphrase" in stage.text(pilot)
        await stage.press(pilot, *"wrong", "enter")
        assert "the passphrase is wrong" in stage.text(pilot) and typing.value == "wrong"
        typing.value = release.PASSPHRASE
        await pilot.pause()
        assert release.PASSPHRASE not in stage.text(pilot)
        screen = pilot.app.screen
        await stage.press(pilot, "enter")
        assert "Approve this?" in stage.text(pilot) and not typing.value
        await stage.press(pilot, "y")
        await stage.settle(pilot)
        assert "Approved  payments-api" in stage.text(pilot)
        assert isinstance(screen, SigningScreen) and screen._signer is None

    play(ledger, scene)
    assert last_word(ledger)[0].decision == "approved"


def test_keys_are_offered_with_whose_they_are_and_escape_leads_back(
    ledger: Path, keys: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = keys["risk-officer"]
    Path(f"{path}.pub").write_text(release.APPROVER.public.openssh())
    monkeypatch.setenv("CUSTODY_KEY_FILE", str(path))
    loose = Path(shutil.copy(path, tmp_path / "loose.key"))
    loose.chmod(0o644)
    before = ledger.read_bytes()

    async def scene(pilot: Pilot[None]) -> None:
        # Whose key is at hand is known before it is opened: what it would change stands there at once.
        assert "✓ yes  as risk-officer" in stage.text(pilot)
        await signing(pilot, tmp_path / "none", reason="because")
        assert "in CUSTODY_KEY_FILE" in stage.text(pilot) and "does not exist" in stage.text(pilot)
        await type_in(pilot, "")
        assert "which file?" in stage.text(pilot)
        await type_in(pilot, str(loose))
        assert "can be read by others" in stage.text(pilot)
        await stage.press(pilot, "escape", "home", "enter")
        assert "Approve this?" in stage.text(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, SigningScreen) and screen._signer is not None
        await stage.press(pilot, "escape")
        assert screen._signer is None and "choose it" in stage.text(pilot)
        await stage.press(pilot, "escape")
        assert screen.query_one(Prompt).query_one(Input).value == "because"
        await stage.press(pilot, "q", "1", "escape")  # no key of the tabs leads away half-way
        assert isinstance(pilot.app.screen, ApprovalsScreen)

    play(ledger, scene, size=(200, 40))
    assert ledger.read_bytes() == before


def test_keys_of_the_agent_are_listed(
    ledger: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an agent answers is tested where it is asked; here a key of it is chosen, and signs."""
    from custody.keys import agent

    evil = "\x1b]0;gone\x07[@click=app.quit]"
    held = [agent.AgentKey(release.STRANGER.public, evil), agent.AgentKey(release.APPROVER.public, "laptop")]
    monkeypatch.setattr(agent, "list_keys", lambda *_: held)
    signer = find_signer(key_file=keys["risk-officer"], environ={})
    monkeypatch.setattr(
        agent, "AgentSigner", lambda public, environ: signer if public == signer.public else None
    )

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "a", "enter")
        shown = stage.text(pilot)
        assert "laptop" in shown and "risk-officer" in shown and "nobody's here" in shown
        assert "\x1b" not in shown and "\\x1b]0;gone\\x07[@click=app.quit]" in shown
        await stage.press(pilot, "down", "enter", "y")
        await stage.settle(pilot)
        assert "Approved  payments-api" in stage.text(pilot)

    play(ledger, scene, size=(200, 40))


# --- where nothing can be given


def test_read_only_is_said_instead(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "read-only" in stage.text(pilot)
        await stage.press(pilot, "a")
        assert isinstance(pilot.app.screen, ApprovalsScreen)
        assert "Read-only: it was opened with --read-only" in stage.text(pilot)

    play(ledger, scene, start=ROOTS._replace(read_only=True))
    with open_ledger(ledger) as snapshot:
        assert approvals_reading.why_read_only(snapshot, False) == ""
        monkeypatch.setattr("custody.ledger.store.os.access", lambda *_: False)
        assert "no permission" in approvals_reading.why_read_only(snapshot, False)


def test_at_the_last_moment_it_is_looked_at_once_more(
    ledger: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check that decides is made where it is recorded, not where it is drawn."""
    signer = find_signer(key_file=keys["risk-officer"], environ={})
    before = ledger.read_bytes()

    async def scene(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, ApprovalsScreen)
        judging, question, snapshot = screen._judging, screen.pane.question, screen.state.snapshot
        assert judging is not None and question is not None

        def record() -> str:
            with pytest.raises(UsageError) as told:
                approvals_reading.record(judging, snapshot, question, signer, "approved", "", "once")
            return str(told.value)

        monkeypatch.setattr(approvals_reading, "objection", lambda *_: "somebody else's turn")
        assert await asyncio.to_thread(record) == "not recorded: somebody else's turn"
        with ledger.open("ab") as file:
            file.write(b"\0")
        assert "the file was changed since it was opened" in await asyncio.to_thread(record)

    play(ledger, scene)
    assert ledger.read_bytes() == before + b"\0"


# --- small, large, and how it looks


def test_it_is_usable_in_five_lines(ledger: Path, keys: dict[str, Path]) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "enter", "down", "escape")
        await signing(pilot, keys["risk-officer"])
        await stage.press(pilot, "y")
        await stage.settle(pilot)
        assert isinstance(pilot.app.screen, ApprovalsScreen)

    play(ledger, scene, (20, 5))
    assert last_word(ledger)[0].decision == "approved"
