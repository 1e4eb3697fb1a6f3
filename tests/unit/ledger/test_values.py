"""Instants, findings, the order of a merge, and Draft's little numbers: values without files."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import EXIT_GAP, EXIT_NOT_VERIFIED, EXIT_OK
from custody.ledger import timestamps
from custody.ledger.findings import CODES, EXITS, Finding, worst_exit
from custody.ledger.merge import Candidate, choose, order

# --- instants


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_goes_to_text_and_back_and_text_sorts_like_time(moment: datetime) -> None:
    try:
        text = timestamps.from_datetime(moment)
    except OverflowError:
        return  # outside the years 1 to 9999 in UTC
    back = timestamps.to_datetime(text)
    assert back.utcoffset() == timedelta(0)
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert timestamps.is_instant(text)
    assert len(text) == 24


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2))
def test_order_of_text_is_order_of_time(moments: list[datetime]) -> None:
    one, two = (timestamps.from_datetime(moment) for moment in moments)
    cut = [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in moments]
    assert (one < two) == (cut[0] < cut[1])


def test_an_offset_is_not_lost_and_a_naive_moment_is_refused() -> None:
    moment = datetime(2026, 3, 2, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert timestamps.from_datetime(moment) == "2026-03-01T19:45:00.000Z"
    with pytest.raises(ValueError, match="offset"):
        timestamps.from_datetime(datetime(2026, 3, 2))


@pytest.mark.parametrize(
    "text",
    [
        *("2026-03-02", "2026-03-02T01:02:03Z", "2026-03-02T01:02:03.123", "2026-03-02T01:02:03.123456Z"),
        *("2026-03-02T01:02:03,123Z", "2026-03-02 01:02:03.123Z", "2026-03-02T01:02:03.123z"),
        *("2026-W01-1T00:00:00.000Z", "2026-03-02T01:02:03.123+00:00", "2026-02-29T00:00:00.000Z"),
        *(
            "2026-03-02T24:00:00.000Z",
            "2026-03-02T23:59:60.000Z",
            "2026-03-02T23:60:00.000Z",
            "0000-01-01T00:00:00.000Z",
        ),
        *("2026-13-01T00:00:00.000Z", "2026-03-02T01:02:03.123Z\n", "\u0662026-03-02T01:02:03.123Z", ""),
    ],
)
def test_case_43_an_instant_has_one_form(text: str) -> None:
    assert not timestamps.is_instant(text)


def test_midnight_is_the_beginning_of_a_day_whatever_python_says() -> None:
    """Python 3.14 reads 24:00 where earlier ones do not, so the form rules it out before Python is asked."""
    assert re.fullmatch(timestamps.FORM, "2026-03-02T23:59:59.999Z")
    assert not re.fullmatch(timestamps.FORM, "2026-03-02T24:00:00.000Z")


def test_now_is_an_instant() -> None:
    assert timestamps.is_instant(timestamps.now())


# --- findings


def test_a_fault_wins_over_a_gap_and_a_gap_over_a_note() -> None:
    fault, gap, note = (Finding(code, "") for code in ("fork", "role", "orphan"))
    assert worst_exit([]) == worst_exit([note]) == EXIT_OK
    assert worst_exit([note, gap]) == EXIT_GAP
    assert worst_exit([gap, fault, note]) == EXIT_NOT_VERIFIED
    assert (fault.exit, gap.exit, note.exit) == (1, 4, 0)


def test_every_code_is_one_sentence_in_lower_case_with_hyphens() -> None:
    for code, one in CODES.items():
        assert code == code.lower().replace("_", "-")
        assert one.meaning.endswith(".") and "\n" not in one.meaning
        assert one.severity in EXITS


# --- the order of a merge


def candidate(chain: str, seq: int, name: str = "", source: int = 0) -> Candidate:
    return Candidate(chain, seq, f"{chain}{seq}{name}", source, seq)


def test_order_is_by_chain_then_seq_then_id() -> None:
    candidates = [
        candidate("b", 1),
        candidate("a", 2, "y"),
        candidate("b", 0),
        candidate("a", 2, "x"),
        candidate("a", 1),
    ]
    chosen = {one.id: one for one in candidates}
    assert [one.id for one in order(chosen, [])] == ["a1", "a2x", "a2y", "b0", "b1"]


def test_trust_comes_first_behind_what_is_in_front_of_it_in_its_chain() -> None:
    chosen = {one.id: one for one in (candidate(chain, seq) for chain in "abc" for seq in range(3))}
    assert [one.id for one in order(chosen, ["c1", "b0"])] == "c0 c1 b0 a0 a1 a2 b1 b2 c2".split()


def test_trust_that_is_not_new_changes_nothing() -> None:
    chosen = {"a0": candidate("a", 0)}
    assert order(chosen, ["elsewhere"]) == [candidate("a", 0)]


def test_one_candidate_for_each_id_and_signatures_are_asked_for_only_where_two_differ() -> None:
    asked = []

    def signature(one: Candidate) -> bytes:
        asked.append(one)
        return b"\1" if one.source else b"\2"

    twice = [candidate("a", 0), candidate("a", 1), candidate("a", 1, source=1)]
    assert choose(twice, signature)["a1"].source == 1
    assert {one.id for one in asked} == {"a1"}
