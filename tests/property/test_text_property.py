"""What `safe_text` promises of every text: printable, encodable, capped, and it can be turned back."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from custody.text import MIN_LIMIT, ascii_only, safe_lines, safe_text

any_character = st.characters(codec=None, exclude_categories=())
strange = st.sampled_from(
    list("\\x1bu0…+ \t\n\r\x1b\x9b\u202e\u0301\u0336\ufe0f\u3164\u200d\ud800\udcff\U000e0041aéक्")
)
texts = st.one_of(st.text(any_character), st.text(strange), st.text(st.one_of(any_character, strange)))

ESCAPE = re.compile(r"\\(?:(\\)|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")


def turned_back(shown: str) -> str:
    """The text again, read from left to right. A backslash that begins no escape would be an error."""
    pieces, at = [], 0
    while at < len(shown):
        if shown[at] != "\\":
            pieces.append(shown[at])
            at += 1
            continue
        found = ESCAPE.match(shown, at)
        assert found, f"a lone backslash in {shown!r}"
        pieces.append("\\" if found[1] else chr(int(found[2] or found[3] or found[4], 16)))
        at = found.end()
    return "".join(pieces)


def check(shown: str) -> None:
    assert shown.isprintable()
    shown.encode("utf-8")
    for char in shown:
        assert char == " " or unicodedata.category(char)[0] in "LMNPS"
        assert char not in "\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00\ufe0f\U000e0100"


def test_every_code_point_alone_and_after_a_letter() -> None:
    seen = set()
    for code in range(0x110000):
        char = chr(code)
        shown = safe_text(char)
        assert shown.isprintable()
        shown.encode("utf-8")
        assert len(shown) <= 10
        assert shown == char or shown == "\\\\" or (shown[0] == "\\" and int(shown[2:], 16) == code)
        assert unicodedata.category(char)[0] != "M" or shown != char  # nothing to sit on
        seen.add(shown)
        behind = safe_text("a" + char)
        assert behind in ("a" + shown, "a" + char)
    assert len(seen) == 0x110000


@settings(max_examples=1000)
@given(texts)
def test_uncut_text_is_printable_and_can_be_turned_back(text: str) -> None:
    shown = safe_text(text, limit=None)
    check(shown)
    assert turned_back(shown) == text


@settings(max_examples=500)
@given(texts, st.integers(-5, 60))
def test_cut_text_is_a_beginning_of_the_uncut_and_counts_the_rest(text: str, limit: int) -> None:
    whole, shown = safe_text(text, limit=None), safe_text(text, limit=limit)
    check(shown)
    assert len(shown) <= max(limit, MIN_LIMIT)
    if "…" not in shown:
        assert shown == whole
        return
    head, _, missing = shown.rpartition("…+")
    assert whole.startswith(head)
    assert len(turned_back(head)) + int(missing) == len(text)
    assert len(whole) > limit


@given(texts, texts)
def test_two_texts_never_look_the_same(one: str, other: str) -> None:
    assert (safe_text(one, limit=None) == safe_text(other, limit=None)) == (one == other)


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    shown = safe_text(data, limit=None)
    check(shown)
    assert turned_back(shown).encode("utf-8", "surrogateescape") == data


@settings(max_examples=200)
@given(texts, st.integers(-3, 60), st.integers(-3, 6))
def test_a_preview_is_bounded_and_clean(text: str, width: int, most: int) -> None:
    lines = safe_lines(text, width, most)
    assert len(lines) <= max(most, 1)
    for line in lines:
        check(line)
        assert len(line) <= max(width, MIN_LIMIT)


@given(texts)
def test_ascii_is_ascii(text: str) -> None:
    shown = ascii_only(safe_text(text))
    assert shown.isascii()
    assert shown.isprintable()
