"""What standard output shows: tables that fit, text that any terminal can print."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.cli import console
from custody.cli.console import Column

DIGEST = "0123456789ab"
COLUMNS = [
    Column("name", least=8),
    Column("sha256"),
    Column("version", least=6, drop=2),
    Column("what", least=12, wraps=True),
    Column("commit", drop=3),
]


def shown(rows: list[list[str]], width: int | None, columns: list[Column] = COLUMNS) -> list[str]:
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(console, "width", lambda: width)
        context.setattr(sys, "stdout", io.StringIO())
        console.table(rows, columns)
        return sys.stdout.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


ROW = ["payments-api-gateway", DIGEST, "4.9.1-rc.2", "approved for prod by the officer on duty", "1fe980cc"]


def test_without_a_terminal_nothing_is_cut_and_nothing_dropped() -> None:
    heading, line = shown([ROW], None)
    assert heading.split() == ["name", "sha256", "version", "what", "commit"]
    assert all(cell in line for cell in ROW)


def test_where_there_is_little_room_columns_are_cut_then_dropped_and_the_digest_stays() -> None:
    lines = shown([ROW], 60)
    assert lines[0].split() == ["name", "sha256", "version", "what", "commit"]
    assert all(len(line) <= 60 for line in lines)
    assert DIGEST in lines[1]
    assert shown([ROW], 50)[0].split() == ["name", "sha256", "version", "what"]
    lines = shown([ROW], 38)
    assert lines[0].split() == ["name", "sha256", "what"]
    assert lines[1].split()[0].endswith("…") and lines[1].split()[1] == DIGEST
    column = lines[0].index("what")
    assert " ".join(line[column:] for line in lines[1:]) == ROW[3], "what wraps loses nothing"


def test_a_column_that_nobody_has_anything_in_is_left_out_if_it_may_be_dropped() -> None:
    row = [*ROW[:2], "", *ROW[3:]]
    assert "version" not in shown([row], None)[0]
    assert "version" in shown([], None)[0]


@given(
    st.lists(st.lists(st.text("abc …", max_size=60), min_size=5, max_size=5), max_size=5),
    st.integers(8 + 12 + 12 + 4, 200),
)
def test_no_line_is_wider_than_the_terminal_and_digests_are_whole(rows: list[list[str]], width: int) -> None:
    rows = [[row[0], DIGEST, *row[2:]] for row in rows]
    lines = shown(rows, width)
    assert all(len(line) <= width for line in lines)
    assert sum(DIGEST in line for line in lines) >= len(rows)


def test_a_stream_that_has_only_ascii_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(data, "ascii"))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    console.prepare()
    console.out("verified · 1→2 … é")
    sys.stdout.flush()
    assert data.getvalue() == b"verified - 1->2 ... \\xe9\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "")])
def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert console.style("x", "bad") == "\x1b[31;1mx\x1b[0m"
    monkeypatch.setenv(name, value)
    assert console.style("x", "bad") == "x"


def test_an_error_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    console.complain("a\nb \x1b]52;c;x\x07 " + "y" * 9000, "code")
    said = capsys.readouterr().err
    assert said.startswith("custody: code: a b \\x1b]52;c;x\\x07 yyy")
    assert said.count("\n") == 1
    assert len(said) < 700
