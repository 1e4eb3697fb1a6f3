"""What is known of a ledger at every moment: judgements, standings, the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
import story
from hypothesis import given
from hypothesis import strategies as st

from custody.ledger.findings import CODES, Finding
from custody.ledger.reader import open_ledger
from custody.trust.verification import FINDINGS_KEPT, Expectations, Report, Verification
from custody.tui.state import Judgement, Judgements, State

ID = "ab" * 32


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger")


@pytest.fixture
def state(ledger: Path) -> State:
    with open_ledger(ledger) as snapshot:
        return State(snapshot, story.EXPECTED)


def report(*findings: Finding) -> Report:
    made = Report(story.ORIGIN, story.EXPECTED.judged_by, "5eed" * 16, 34, "ab" * 32, 34)
    for finding in findings:
        made.add(finding)
    return made


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40), st.binary(min_size=32, max_size=32), st.text(max_size=3), st.booleans()
        ),
        unique_by=lambda one: one[0],
    )
)
def test_judgements_give_back_what_they_took(judged: list[tuple[int, bytes, str, bool]]) -> None:
    """In order or with gaps, as a tampered log may have them."""
    judgements = Judgements()
    known = {}
    for position, entry, writer, counts in sorted(judged):
        judgements.take([(position, entry.hex(), writer, counts)])
        known[position] = Judgement(entry.hex(), writer, counts)
    for position in range(-2, 45):
        assert judgements.get(position) == known.get(position)


def test_a_judgement_costs_little() -> None:
    judgements = Judgements()
    judgements.take((position, ID, "ci-builder", True) for position in range(10_000))
    assert len(judgements._ids) == 320_000 and not judgements._sparse


def test_nothing_is_verified_before_it_is(state: State) -> None:
    assert state.standing(0, ID).mark == "waiting"
    assert state.verdict.tone == "waiting" and state.verdict.word == "NOT VERIFIED YET"


def test_standings(state: State) -> None:
    judged = [(0, ID, "root", True), (1, ID, "nobody", False), (3, ID, "root", True)]
    state.take(judged, [Finding("body-differs", "other bytes", 3), Finding("role", "may not", 1)], 5, 1)
    assert state.standing(0, ID) == ("verified", "root", "", "")
    assert state.standing(1, ID).mark == "idle"
    assert state.standing(3, ID) == ("fault", "root", "body-differs", "other bytes")
    assert state.standing(2, ID).code == "header-malformed"  # passed by, and nothing could be read
    assert state.standing(5, ID).mark == "waiting"


def test_an_entry_that_is_not_the_verified_one_any_more_is_a_fault(state: State) -> None:
    state.take([(0, ID, "root", True)], [], 1, 1)
    assert state.standing(0, "cd" * 32).code == "changed"


def test_a_fault_is_told_at_once_and_the_first_position_wins(state: State) -> None:
    state.take([], [Finding("fork", "two", 9), Finding("no-root", "none")], 12, 1)
    assert state.verdict == ("fault", "FORKED", "fork at position 9 · 35% verified")
    state.take([], [Finding("body-differs", "other", 4)], 20, 1)
    assert state.verdict == ("fault", "TAMPERED", "body-differs at position 4 · 1 more fault · 59% verified")


def test_a_fault_of_the_whole_log_is_named_without_a_position(state: State) -> None:
    state.conclude(report(Finding("truncated", "short")))
    assert state.verdict == ("fault", "CUT SHORT", "truncated")


@pytest.mark.parametrize("code", [code for code, one in CODES.items() if one.severity == "fault"])
def test_no_fault_passes_for_anything_else(state: State, code: str) -> None:
    state.conclude(report(Finding(code, "x", 1), Finding("no-root", "x"), Finding("redacted", "x", 2)))
    assert state.verdict.tone == "fault" and code in state.verdict.detail


@pytest.mark.parametrize("code", [code for code, one in CODES.items() if one.severity == "gap"])
def test_a_gap_is_named(state: State, code: str) -> None:
    state.conclude(report(Finding(code, "x"), Finding("redacted", "x", 2)))
    assert state.verdict.tone == "gap" and state.verdict.detail.startswith(code)


def test_intact_names_origin_size_and_root(state: State) -> None:
    state.conclude(report(Finding("redacted", "x", 2)))
    assert state.verdict.tone == "good"
    for part in (story.ORIGIN, "34 entries", story.ROOT.public.fingerprint[:19]):
        assert part in state.verdict.detail


def test_the_verdict_is_that_of_the_verification(ledger: Path, tmp_path: Path) -> None:
    """The same faults and gaps, judged by exit status, for each of four ledgers."""
    tampered = story.tampered(tmp_path / "tampered.ledger")
    for path, expectations, tone in [
        (ledger, story.EXPECTED, "good"),
        (ledger, Expectations(), "gap"),
        (tampered, story.EXPECTED, "fault"),
        (tampered, Expectations(), "fault"),
    ]:
        with open_ledger(path) as snapshot:
            verification = Verification(snapshot, expectations)
            list(verification.run())
            state = State(snapshot, expectations)
            state.conclude(verification.report)
            assert state.verdict.tone == tone
            assert {"good": 0, "gap": 4, "fault": 1}[tone] == verification.report.exit


def test_a_refusal_outweighs_everything(state: State) -> None:
    state.take([], [Finding("fork", "two", 9)], 12, 1)
    state.error = "the file is corrupt"
    assert state.verdict == ("fault", "REFUSED", "the file is corrupt")


def test_findings_without_end_are_counted_and_not_kept(state: State) -> None:
    state.take([], [Finding("orphan", "x")] * (FINDINGS_KEPT + 50), 1, 1)
    assert len(state.findings) == FINDINGS_KEPT and state.counts["orphan"] == FINDINGS_KEPT + 50


def test_starting_over_forgets_everything(state: State) -> None:
    state.take([(0, ID, "root", True)], [Finding("fork", "two", 0)], 1, 1)
    state.restart()
    assert state.standing(0, ID).mark == "waiting" and not state.findings and state.done == 0
    assert state.verdict.tone == "waiting"
