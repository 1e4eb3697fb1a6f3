"""Globs: what they match, and whether two of them share a text, held against the plainest way of finding out."""

from __future__ import annotations

from functools import cache
from itertools import product

from hypothesis import example as explicit
from hypothesis import given
from hypothesis import strategies as st

from custody.policy.globs import MAX_GLOB, example, globs_overlap, matches

LETTERS = "ab"

# Two globs of 3 characters that share a text share one of at most 6, and no letter but theirs is needed for it.
TEXTS = ["".join(one) for length in range(7) for one in product(LETTERS, repeat=length)]


@cache
def naive(glob: str, text: str) -> bool:
    """By the meaning of the first character, one after the other."""
    if not glob:
        return not text
    if glob[0] == "*":
        return any(naive(glob[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and glob[0] in ("?", text[0]) and naive(glob[1:], text[1:])


@given(st.text("ab*?", max_size=8), st.text("ab*?[]\n", max_size=10))
@explicit("ab*b", "ab")  # the two ends may not share a character
@explicit("a*b*b", "ab")  # nor may what stands between them
@explicit("a*?*b", "ab")
def test_a_glob_matches_what_its_characters_mean(glob: str, text: str) -> None:
    assert matches(glob, text) is naive(glob, text)


@given(st.text(max_size=8), st.text(max_size=8))
def test_only_two_characters_mean_anything_but_themselves(glob: str, text: str) -> None:
    assert matches(glob, text) is naive(glob, text)
    plain = glob.replace("*", "").replace("?", "")
    assert matches(plain, plain)


def test_all_short_globs_overlap_just_where_some_text_matches_both() -> None:
    """And the example is a shortest such text."""
    globs = ["".join(one) for length in range(4) for one in product("ab*?", repeat=length)]
    matched = {glob: {text for text in TEXTS if naive(glob, text)} for glob in globs}
    for a, b in product(globs, repeat=2):
        shared = matched[a] & matched[b]
        assert globs_overlap(a, b) is bool(shared), (a, b)
        found = example(a, b)
        assert (found is not None) is bool(shared)
        if found is not None:
            assert matches(a, found) and matches(b, found)
            assert len(found) == min(map(len, shared)), (a, b)


@given(st.text("abc*?", max_size=30), st.text("abc*?", max_size=30))
def test_of_long_globs_too_an_example_matches_both(a: str, b: str) -> None:
    found = example(a, b)
    assert (found is not None) is globs_overlap(a, b) is globs_overlap(b, a)
    assert found is None or (matches(a, found) and matches(b, found))


@given(st.text("ab", max_size=12), st.data())
def test_globs_made_of_one_text_overlap(text: str, data: st.DataObject) -> None:
    def glob() -> str:
        """The text with some of its characters, and some runs of them, left open."""
        made = "".join(data.draw(st.sampled_from([one, one, "?", "*", f"*{one}", f"{one}*"])) for one in text)
        return made + data.draw(st.sampled_from(["", "*"]))

    a, b = glob(), glob()
    assert matches(a, text) and matches(b, text) and globs_overlap(a, b)


@given(st.text("ab*?", min_size=1, max_size=20))
def test_a_glob_overlaps_itself_and_everything(glob: str) -> None:
    assert globs_overlap(glob, glob) and globs_overlap(glob, "*") and globs_overlap("*", glob)


def test_globs_made_to_be_slow_are_not() -> None:
    """No timing: with any algorithm that tries again, these would not end within the age of the universe."""
    bad = "*a" * (MAX_GLOB // 2)
    assert not matches(bad + "b", "a" * 2000)
    assert not matches("*" + "?a" * 99 + "b", "a" * 2000)
    assert not globs_overlap(bad + "b", "*b" * 99 + "*c")
    assert example(bad, bad) == "a" * 100
