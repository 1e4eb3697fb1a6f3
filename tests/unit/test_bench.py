"""The bench runs and shows every row of the table. What it measures is nobody's business here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

sys.path.insert(0, str(ROOT))

from bench import __main__ as bench  # noqa: E402
from bench.measure import Row, Turns, row  # noqa: E402
from bench.workload import ROOT as ROOT_KEY  # noqa: E402
from bench.workload import make_ledger  # noqa: E402
from custody.ledger.reader import open_ledger  # noqa: E402
from custody.trust.verification import Expectations, Verification  # noqa: E402

ROWS = (
    "Full verification of",
    "Verification while the index is built",
    "Opening again, file unchanged",
    "Opening again, 1 % appended since",
    "`custody append evidence` as a process",
    "Durable append in a library loop",
    "Batch append of",
    "Merge of",
    "State at a moment, ",
    "A verdict under a policy of 12 controls",
    "Verdicts on all",
    "State at a moment of",
    "One step of",
    "The log of",
    "TUI's first paint on",
    "A key in the TUI on",
    "A step through time in the TUI",
    "TUI's memory on",
    "Fingerprint of a folder of",
    "`custody fingerprint` of a file of",
)


def test_every_row_is_there_with_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    for what in ROWS:
        shown = re.search(rf"^{re.escape(what)}[^\n]*\n(?:    [^\n]*\n)+", printed, re.M)
        assert shown, f"no row begins with {what}"
        assert re.search(r"^    (met|MISSED) \(bar: at (least|most) [0-9.]+\)$", shown[0], re.M)
    assert "Peak memory of a full verification: " in printed


def test_the_ledger_it_measures_verifies(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "bench.ledger", 301)
    with open_ledger(path) as snapshot:
        verification = Verification(snapshot, Expectations((ROOT_KEY,)))
        kinds = [entry.header.kind for step in verification.run() for entry in step.entries]
        assert len(kinds) == verification.report.covered == 301
        assert {"artifact", "evidence", "approval", "deployment", "snapshot", "seal"} <= set(kinds)
        assert set(verification.report.counts) <= {"open-chain-covered"}


@pytest.mark.parametrize(
    ("ratio", "at_least", "at_most", "met"),
    [(0.69, 0.7, None, False), (0.71, 0.7, None, True), (1.3, None, 1.25, False), (1.2, None, 1.25, True)],
)
def test_a_bar_is_met_or_missed(ratio: float, at_least: float, at_most: float, met: bool) -> None:
    one = row("what", "baseline", [ratio], at_least=at_least, at_most=at_most)
    assert one.met is met and one.verdict.startswith("met" if met else "MISSED")


def test_rounds_are_compared_one_by_one() -> None:
    turns = Turns()
    turns.times = {"a": [2.0, 9.0, 2.0], "b": [1.0, 3.0, 4.0]}
    assert turns.ratios("a", "b") == [2.0, 3.0, 0.5]
    assert row("", "", turns.ratios("a", "b"), at_least=1) == Row("", "", 2.0, 0.5, 3.0, 1)
    assert turns.better("a", "b") == "a"


def test_append_imports_nothing_that_it_can_do_without(tmp_path: Path) -> None:
    """The figure for `custody append` rests on this."""
    script = (
        "import sys; from custody.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as left: assert left.code == 0\n"
        "heavy = ('pydantic', 'rich', 'textual', 'sqlite_utils', 'cryptography', 'asyncio', 'secrets')\n"
        "heavy += ('custody.query', 'custody.trust.verification', 'custody.tui', 'custody.ledger.verify')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    note = ["append", "note", "hello", "--ledger", "a.ledger", "--origin", "acme.example/payments"]
    key = {"CUSTODY_KEY": "11" * 32, "CUSTODY_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", script, *note],
        env=key,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
