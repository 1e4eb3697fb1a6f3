"""Globs of a policy: `*` stands for any run of characters, `?` for one, and every other character for itself.

There are no classes, no escapes and no alternatives, and case matters. Nothing here is made into a regular expression:
a policy is a document, and may be hostile.
"""

from __future__ import annotations

from functools import lru_cache

MAX_GLOB = 200
"""Characters of one glob."""

_FILLER = "x"


def matches(glob: str, text: str) -> bool:
    """Whether a glob matches the whole of a text, in at most len(glob) * len(text) steps."""
    first, *rest = glob.split("*")
    if "?" not in first and not text.startswith(first):
        return False  # most of what is asked, and told without another step
    if not rest:
        return _is_at(glob, text, 0) and len(glob) == len(text)
    *middle, last = rest
    end = len(text) - len(last)
    if not _is_at(first, text, 0) or len(first) > end or not _is_at(last, text, end):
        return False
    at = len(first)
    for part in middle:  # the leftmost place leaves the most room for what follows
        found = _find(part, text, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def globs_overlap(a: str, b: str) -> bool:
    """Whether some text matches both globs; exact, and quick: two policies may have ten thousand pairs of them.

    `places` are the places of `b` (bit j: in front of its character j) that some text can have led to which also leads
    through `a` so far.
    """
    a, b = _plain(a), _plain(b)
    at = _places(b)
    stars, single = at.get("*", 0), at.get("?", 0)
    whole = (2 << len(b)) - 1
    places = 1 | (stars & 1) << 1
    for one in a:
        if one == "*":
            places = whole & -(places & -places)  # any text at all: every place from the first one on
            continue
        steps = places if one == "?" else places & (single | at.get(one, 0))
        places = steps << 1 & whole | places & stars
        places |= (places & stars) << 1  # a star may stand for nothing, and no two stand side by side
        if not places:
            return False
    return bool(places >> len(b) & 1)


@lru_cache(maxsize=256)
def _places(glob: str) -> dict[str, int]:
    """By character the places where it stands, as bits."""
    found: dict[str, int] = {}
    for at, one in enumerate(glob):
        found[one] = found.get(one, 0) | 1 << at
    return found


def example(a: str, b: str) -> str | None:
    """A shortest text that matches both globs, or None where there is none."""
    a, b = _plain(a), _plain(b)
    # By place in b (and, row after row from the end, in a) a shortest text that matches what is left of both.
    row: list[str | None] = [None] * (len(b) + 2)
    for i in range(len(a), -1, -1):
        below, row = row, [None] * (len(b) + 2)
        for j in range(len(b), -1, -1):
            ours, theirs = a[i : i + 1], b[j : j + 1]
            ways: list[str | None] = []
            if not ours and not theirs:
                ways = [""]
            elif ours == "*":
                ways = [below[j], _then(theirs, row[j + 1])]
            elif theirs == "*":
                ways = [row[j + 1], _then(ours, below[j])]
            elif ours == theirs or "?" in (ours, theirs):
                ways = [_then(theirs if ours == "?" else ours, below[j + 1])]
            row[j] = min((way for way in ways if way is not None), key=len, default=None)
    return row[0]


def _then(one: str, rest: str | None) -> str | None:
    """The shortest text that a character of a glob stands for, and a rest behind it."""
    return None if rest is None else {"*": "", "?": _FILLER}.get(one, one) + rest


def _plain(glob: str) -> str:
    """The same glob with a single star wherever several stand side by side."""
    return "".join(one for at, one in enumerate(glob) if one != "*" or glob[at - 1 : at] != "*")


def _find(part: str, text: str, start: int, end: int) -> int:
    """The first place from `start` on where a part without stars matches, within `end`; -1 where there is none."""
    if "?" not in part:
        return text.find(part, start, end)
    return next((at for at in range(start, end - len(part) + 1) if _is_at(part, text, at)), -1)


def _is_at(part: str, text: str, at: int) -> bool:
    """Whether a part without stars matches at a place of a text."""
    if "?" not in part:
        return text.startswith(part, at)
    there = text[at : at + len(part)]
    return len(there) == len(part) and all(
        one in ("?", other) for one, other in zip(part, there, strict=True)
    )
