"""Every report begins with what it rests on, and one on a ledger with a fault is nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from harness import world

from custody.errors import RefusedError, UsageError
from custody.ledger import findings
from custody.ledger.findings import Finding
from custody.ledger.reader import open_ledger
from custody.query.environments import latest
from custody.query.opening import Answers, open_answers
from custody.report import head, ledger, markdown
from custody.report.artifact import artifact_report
from custody.report.asked import Asked
from custody.report.document import Document, Section, named_entries
from custody.report.entry import entry_report
from custody.report.environment import environment_report
from custody.report.findings import findings_report
from custody.report.ledger import ledger_report
from custody.report.plain import value_of
from custody.trust.verification import FINDINGS_KEPT

ASKED = Asked(datetime(2026, 11, 23, 9, tzinfo=UTC), ZoneInfo("Europe/Oslo"), ("custody", "report"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "main.ledger"
    world.make_main(path)
    world.acts(path)
    return path


def opened(path: Path, cap: int = 2**28) -> Answers:
    return open_answers(open_ledger(path, cap), world.expectations())


@pytest.fixture
def answers(path: Path) -> Iterator[Answers]:
    found = opened(path)
    with found.snapshot, found.index:
        yield found


def test_of_a_ledger_with_a_fault_no_report_tells_anything(answers: Answers) -> None:
    """Whoever asks: not even what would be an error otherwise is looked up."""
    answers.report.add(Finding("fork", "made up", 2))

    def sections() -> Iterator[Section]:
        raise AssertionError("looked at")
        yield

    made = [
        ledger_report(answers, ASKED),
        findings_report(answers, ASKED),
        artifact_report(answers, ASKED, "0" * 64),
        entry_report(answers, ASKED, 10_000),
        environment_report(answers, ASKED, "nowhere", None),
        head.compose(answers, ASKED, "test", "all is well", sections()),
    ]
    for one in made:
        assert one.exit == 1 and one.sections == () and one.title == "NOT VERIFIED: main.ledger"
        assert one.status.word == "NOT VERIFIED" and "all is well" not in markdown.write(one)
        # The entry that it stands at is named, though the finding did not name it.
        assert {ref.position for ref in named_entries([one.basis])} >= {2}
        assert all(len(ref.entry) == 64 for ref in named_entries([one.basis]))


def test_what_is_not_in_the_ledger_is_an_error(answers: Answers) -> None:
    with pytest.raises(UsageError):
        artifact_report(answers, ASKED, "0" * 64)
    with pytest.raises(UsageError):
        entry_report(answers, ASKED, 10_000)


def test_a_ledger_that_was_opened_in_place_and_changed_is_not_reported_on(path: Path) -> None:
    found = opened(path, 0)
    with found.snapshot, found.index:
        assert ledger_report(found, ASKED).exit == 4
        with path.open("ab") as file:
            file.write(b"x")
        with pytest.raises(RefusedError) as caught:
            ledger_report(found, ASKED)
    assert caught.value.code == "changed"


def test_findings_that_were_only_counted_are_counted(answers: Answers) -> None:
    for position in range(FINDINGS_KEPT + 7):
        answers.report.add(Finding("role", "made up", position % 3))
    made = findings_report(answers, ASKED)
    said = "And 7 more findings of the code role."
    assert said in markdown.write(made).split("## ")[1] and said in markdown.write(made).split("## ")[2]
    codes = {one["code"]: one["count"] for one in value_of(made)["answer"]["findings"]["codes"]}
    assert codes["role"] == FINDINGS_KEPT + 7
    assert all(one.code in findings.CODES for one in answers.report.findings)


def test_strangers_do_not_fill_the_paper(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "STRANGERS_SHOWN", 2)
    for number in range(5):
        world.append(path, [world.note(last=True)], f"stranger {number}")
    found = opened(path)
    with found.snapshot, found.index:
        made = value_of(ledger_report(found, ASKED))["answer"]["writers"]
        text = markdown.write(ledger_report(found, ASKED))
    unknown = [one for one in made["writers"] if one["name"] is None]
    assert made["strangers"] == 5 and len(unknown) == 2
    assert "And 3 more that nobody vouches for." in text


def test_nothing_was_known_is_not_nothing_ran(answers: Answers) -> None:
    made: Document = environment_report(answers, ASKED, "prod", None, at="2020-01-01T00:00:00.000Z")
    assert value_of(made)["answer"]["state"] == {
        "environment": "prod",
        "at": "2020-01-01T00:00:00.000Z",
        "known": False,
    }
    assert "nothing had been reported" in markdown.write(made)


def test_an_entry_behind_the_checkpoint_is_not_called_covered(answers: Answers) -> None:
    covered = answers.report.covered
    made = value_of(environment_report(answers, ASKED, "prod", latest(answers.index, "prod")))
    told = {one["position"]: one["checkpoint"] for one in made["answer"]["proof"]["entries"]}
    assert 0 < covered <= min(told) and set(told.values()) == {"not covered"}
    inside = value_of(entry_report(answers, ASKED, covered - 1))["answer"]
    outside = value_of(entry_report(answers, ASKED, covered))["answer"]
    assert inside["entry"]["checkpoint"] == "covered" and inside["proof"]["tlogProof"]
    assert outside["entry"]["checkpoint"] == "not covered" and outside["proof"] == {}
