"""`safe_text` against what has been seen to move cursors, write clipboards, open links and hide words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from custody import text as text_module
from custody.text import MAX_MARKS, MIN_LIMIT, ascii_only, safe_lines, safe_text

ESC = "\x1b"

PAYLOADS = {
    "clear the screen": (f"{ESC}[2J", r"\x1b[2J"),
    "colour": (f"{ESC}[32mPASS{ESC}[0m", r"\x1b[32mPASS\x1b[0m"),
    "title": (f"{ESC}]0;owned\x07", r"\x1b]0;owned\x07"),
    "clipboard": (f"{ESC}]52;c;cm0gLXJm\x07", r"\x1b]52;c;cm0gLXJm\x07"),
    "link": (f"{ESC}]8;;http://evil{ESC}\\x{ESC}]8;;{ESC}\\", r"\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\"),
    "device control": (f"{ESC}P$q{ESC}\\", r"\x1bP$q\x1b\\"),
    "C1 introducer": ("\x9b2J", r"\x9b2J"),
    "C1 string": ("\x90x\x9c", r"\x90x\x9c"),
    "carriage return": ("fail\rpass", r"fail\x0dpass"),
    "backspace": ("fail\b\b\b\bpass", r"fail\x08\x08\x08\x08pass"),
    "bell": ("\a", r"\x07"),
    "NUL": ("pass\0FAIL", r"pass\x00FAIL"),
    "DEL": ("\x7f", r"\x7f"),
    "new line": ("a\nb", r"a\x0ab"),
    "tab": ("a\tb", r"a\x09b"),
    "next line": ("a\x85b", r"a\x85b"),
    "line separator": ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
    "bidi override": ("\u202efdp.exe", r"\u202efdp.exe"),
    "bidi isolates": ("\u2066a\u2069", r"\u2066a\u2069"),
    "bidi marks": ("\u200e\u200f\u061c", r"\u200e\u200f\u061c"),
    "zero width": ("pa\u200bs\u200cs\u200d\ufeff", r"pa\u200bs\u200cs\u200d\ufeff"),
    "soft hyphen": ("pa\u00adss", r"pa\xadss"),
    "word joiner": ("pa\u2060ss", r"pa\u2060ss"),
    "tags": ("x\U000e0041\U000e007f", r"x\U000e0041\U000e007f"),
    "lone surrogate": ("x\ud800", r"x\ud800"),
    "private use": ("\ue000\U000f0000", r"\ue000\U000f0000"),
    "noncharacter": ("\uffff\U0010ffff", r"\uffff\U0010ffff"),
    "Hangul fillers": ("\u3164\uffa0\u115f\u1160", r"\u3164\uffa0\u115f\u1160"),
    "braille blank": ("\u2800", r"\u2800"),
    "grapheme joiner": ("a\u034fb", r"a\u034fb"),
    "variation selectors": ("a\ufe0f\U000e0100", r"a\ufe0f\U000e0100"),
    "Mongolian selectors": ("\u180b\u180e\u180f", r"\u180b\u180e\u180f"),
    "wide and odd blanks": ("a\u00a0\u2003\u3000\u1680b", r"a\xa0\u2003\u3000\u1680b"),
    "strike-through": ("p\u0336a\u0336", r"p\u0336a\u0336"),
    "mark over the next letter": ("a\u0361b", r"a\u0361b"),
    "enclosing mark": ("a\u20dd", r"a\u20dd"),
    "mark on what precedes": ("\u0301x", r"\u0301x"),
    "mark on a space": (" \u0301", r" \u0301"),
    "mark on an escape": ("\x1b\u0301", r"\x1b\u0301"),
    "Hangul vowel of its own": ("\u1161", r"\u1161"),
    "musical blank": ("\U0001d159", r"\U0001d159"),
    "hieroglyph blank": ("\U00013441", r"\U00013441"),
    "an escape in the text": (r"\x1b[2J", r"\\x1b[2J"),
    "the mark of a cut": ("pass…+3", r"pass\u2026+3"),
}


@pytest.mark.parametrize(("payload", "shown"), PAYLOADS.values(), ids=PAYLOADS.keys())
def test_a_payload_is_shown_and_does_nothing(payload: str, shown: str) -> None:
    assert safe_text(payload) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "payments-api",
        "[green]PASS[/green]",  # left alone: no caller interprets markup
        "[/nope]",
        "[@click=app.quit]x[/]",
        ":skull:",
        "Zoë Ærø Şule ñ ß",
        "e\u0301 Vie\u0323\u0302t",  # decomposed accents
        "Привет",
        "Ελλάδα",
        "日本語 中文 한국어",
        "\u1112\u1161\u11ab\u1100\u1173\u11af",  # decomposed Hangul, as file names on a Mac have it
        "हिन्दी क्षेत्र",
        "ภาษาที่",
        "བརྒྱུད",
        "עִבְרִית",
        "العربية",
        "🚀 ✅ → €",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


def test_a_stack_of_marks_ends_after_a_few() -> None:
    shown = safe_text("z" + "\u0301" * 200, limit=None)
    assert shown.startswith("z" + "\u0301" * MAX_MARKS + r"\u0301")
    assert shown.count("\u0301") == MAX_MARKS


def test_a_mark_after_an_ascii_letter_is_told_from_one_after_a_sign() -> None:
    assert safe_text("e\u0301") == "e\u0301"
    assert safe_text("=\u0301") == r"=\u0301"
    assert safe_text("5\u0301") == r"5\u0301"
    assert safe_text("€\u0301") == r"€\u0301"


def test_a_cut_says_how_much_is_missing() -> None:
    assert safe_text("x" * 200) == "x" * 200
    assert safe_text("x" * 201) == "x" * 197 + "…+4"
    assert safe_text("x" * 1000, limit=20) == "x" * 15 + "…+985"
    assert safe_text("x" * 1000, limit=None) == "x" * 1000


def test_a_cut_never_splits_an_escape() -> None:
    assert safe_text("\x1b" * 10, limit=18) == r"\x1b\x1b\x1b" + "…+7"


def test_what_fits_before_escaping_and_not_after_is_cut_too() -> None:
    shown = safe_text("\u202e" * 30, limit=100)
    assert len(shown) <= 100
    assert shown.endswith("…+14")


def test_a_tiny_limit_leaves_room_for_the_mark() -> None:
    assert safe_text("x" * 50, limit=0) == safe_text("x" * 50, limit=MIN_LIMIT)
    assert len(safe_text("x" * 50, limit=-5)) <= MIN_LIMIT


class Hostile:
    def __init__(self, error: BaseException | None = None, text: object = "") -> None:
        self.error, self.text = error, text

    def __str__(self) -> str:
        if self.error:
            raise self.error
        return self.text  # type: ignore[return-value]  # on purpose: __str__ of a stranger may return anything


class Colour(StrEnum):
    RED = "red\x1b"


class Loud(str):
    def isascii(self) -> bool:
        return True

    def isprintable(self) -> bool:
        return True

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (12, "12"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff\x1b", r"\udcff\x1b"),
        (bytearray(b"x"), "x"),
        (Path("a\udcffb"), r"a\udcffb"),
        (ValueError("bad\x1b[2J"), r"bad\x1b[2J"),
        (Colour.RED, r"red\x1b"),
        (Loud("\x1b[2J"), r"\x1b[2J"),
        (Hostile(ValueError("no")), "<Hostile that cannot be shown>"),
        (Hostile(RecursionError()), "<Hostile that cannot be shown>"),
        (Hostile(text=5), "<Hostile that cannot be shown>"),
        (Hostile(text=Loud("\x1b")), r"\x1b"),
    ],
)
def test_any_object_has_a_line(value: object, shown: str) -> None:
    assert safe_text(value) == shown


def test_the_type_of_a_hostile_object_is_escaped_as_well() -> None:
    kind = type("x\x1b[2J", (Hostile,), {})
    assert safe_text(kind(ValueError())) == r"<x\x1b[2J that cannot be shown>"


def test_a_released_buffer_has_a_line() -> None:
    view = memoryview(b"x")
    view.release()
    assert safe_text(view) == "<memoryview that cannot be shown>"


@pytest.mark.skipif(os.name == "nt", reason="names of files are not bytes there")
def test_a_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"bad\xff.xml")
    assert safe_text(tmp_path / name, limit=None).endswith(r"bad\udcff.xml")


# --- previews


def test_lines_end_at_line_feeds_with_or_without_a_carriage_return() -> None:
    assert safe_lines("a\nb\r\n\r\nc\rd\n", 80, 10) == ["a", "b", "", r"c\x0dd"]
    assert safe_lines("", 80, 10) == []
    assert safe_lines("\n", 80, 10) == [""]
    assert safe_lines("a", 80, 10) == ["a"]


def test_tabs_reach_to_the_next_stop() -> None:
    assert safe_lines("a\tb\t\tc", 80, 10) == ["a       b               c"]
    assert safe_lines("\x1b\tx", 80, 10) == [r"\x1b    x"]


def test_more_lines_than_fit_are_counted() -> None:
    assert safe_lines("1\n2\n3\n4\n5", 80, 3) == ["1", "2", "…+3 lines"]
    assert safe_lines("1\n2\n3\n", 80, 3) == ["1", "2", "3"]
    assert safe_lines("1\n2\n3", 80, 0) == ["…+3 lines"]


def test_long_lines_are_cut_with_the_number_of_their_missing_characters() -> None:
    assert safe_lines("x" * 100 + "\ny", 20, 5) == ["x" * 16 + "…+84", "y"]
    assert safe_lines("\t" * 100, 20, 5) == [" " * 16 + "…+98"]
    assert safe_lines("\x1b" * 5, 20, 5) == [r"\x1b" * 5]


def test_a_line_cannot_pass_for_the_count_of_lines() -> None:
    assert safe_lines("…+3 lines", 80, 5) == [r"\u2026+3 lines"]


@pytest.mark.parametrize(
    "text",
    ["x" * 5_000_000, "é" * 5_000_000, "\n" * 200_000, "\t" * 5_000_000, "\r\n" * 200_000, "\x1b\n" * 9999],
)
def test_a_preview_of_something_enormous_looks_only_at_what_it_shows(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = 0
    real = text_module._tokens

    def counted(piece: Iterable[str], after_letter: bool = False) -> Iterator[str]:
        nonlocal looked_at
        for token in real(piece, after_letter):
            looked_at += 1
            yield token

    monkeypatch.setattr(text_module, "_tokens", counted)
    lines = safe_lines(text, 80, 40)
    assert looked_at <= 40 * 81
    assert len(lines) <= 40
    assert all(len(line) <= 80 for line in lines)


# --- ASCII


def test_ascii_keeps_what_it_can_and_escapes_the_rest() -> None:
    assert ascii_only("plain [x]") == "plain [x]"
    assert ascii_only("✓ verified – café → 日") == "ok verified - caf\\xe9 -> \\u65e5"
    assert ascii_only("loading…") == "loading..."


def test_the_mark_of_a_cut_stays_unmistakable_in_ascii() -> None:
    assert ascii_only(safe_text("x" * 99, limit=16)).endswith("x\\...+87")
    assert "\\..." not in ascii_only(safe_text("x\\...+87 …+87")).replace("\\\\", "")
