"""Finding entries by words: fingerprints, commits, names, people, entry ids and the text of bodies.

The words stand in a database of their own, beside the cached index or in a file without a name, and are put there when
somebody first searches. Only entries that verified and count are in it. It keeps the words and not the texts, which are
read from the ledger, and hashed, when a hit is shown.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from custody.errors import RefusedError, UsageError
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import entry_id
from custody.ledger.reader import Snapshot
from custody.query.entries import BodyReader, header_of
from custody.query.index import Index
from custody.query.opening import WORDS, Answers, is_ours
from custody.query.titles import title

MOST_WORDS = 20
"""Words of a search; more than that is pasted by mistake."""

EXCERPT = 100
"""Characters of an excerpt."""

_PAGE = 50  # entries whose bodies, of at most a mebibyte each, are in memory at once
_PEOPLE = frozenset(
    {"author", "authors", "coAuthors", "committer", "by", "givenBy", "mergedBy", "actor", "email"}
)
_DIGEST = re.compile("[0-9a-f]{40,64}").fullmatch
_CONTROL = re.compile(r"[\x00-\x1f]+")
# Of two hits, the one in a name, an id or a person comes first; then the later one.
_FIND = """
    SELECT rowid - 1 FROM words WHERE words MATCH ? ORDER BY bm25(words, 8.0, 8.0, 4.0, 1.0), rowid DESC LIMIT ?
"""
_FIND_NEWEST = "SELECT rowid - 1 FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
_TABLE = """
    CREATE VIRTUAL TABLE words USING fts5(name, id, person, body, content='', tokenize='unicode61 remove_diacritics 2')
"""

Progress = Callable[[str, int, int], None]


class Hit(NamedTuple):
    """An entry that has all of the words. `excerpt` is the text around one of them, one line; both hold text from
    the ledger."""

    position: int
    entry: str
    kind: str
    time: str
    title: str
    excerpt: str


def open_words(answers: Answers, progress: Progress = lambda *_: None) -> Index:
    """The words of a ledger, put together now unless they were before. The caller closes it. Raises RefusedError.

    `progress` is called every few entries. The error "stopped", which it may raise, ends it, and nothing is left.
    """
    path = answers.index.path
    beside = path.with_suffix(WORDS) if path is not None else None
    if beside is not None:
        found = Index.open(beside) if is_ours(beside) else None
        if found is not None:
            return found
        try:
            return _fill(Index.at(beside, {}), answers, progress)
        except (UsageError, RefusedError) as error:
            if error.code == "stopped":
                raise
            # No room, or no such folder: then without a name.
    return _fill(Index.temporary({}), answers, progress)


def search(answers: Answers, words: Index, text: str, *, limit: int, weighed: int | None = None) -> list[Hit]:
    """The entries that have every word of a text, or words that begin with it; the best first.

    To weigh a hit costs more than to find it: where there are more than `weighed`, the newest come first instead.
    Raises UsageError for a text without a word, or with too many.
    """
    wanted = split(text)
    match = " ".join(f'"{word}"*' for word in wanted)
    count = words.row(_COUNT, match, weighed + 1) if weighed is not None else None
    many = count is not None and weighed is not None and count[0] > weighed
    rows = words.rows(_FIND_NEWEST if many else _FIND, match, limit)
    return [_hit(answers.snapshot, position, wanted) for (position,) in rows]


def split(text: str) -> list[str]:
    """The words of a search. What is between spaces and has a letter or a digit; nothing in it is an operator.

    Quotation marks and control characters, which would end a word early in the language of the index, become spaces.
    """
    cleaned = re.sub(r'["\x00-\x1f\x7f]', " ", text)
    words = [word for word in cleaned.split() if any(unicodedata.category(char)[0] in "LN" for char in word)]
    if not words:
        raise UsageError("there is no word to look for: write a letter or a digit", code="search")
    if len(words) > MOST_WORDS:
        raise UsageError(f"{len(words)} words: look for {MOST_WORDS} at most", code="search")
    return words


class _Folding(dict[int, str]):
    """For `str.translate`: each character as one small letter, without what NFD sets above or below it."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFD", chr(code))
        small = (parts[0] if all(map(unicodedata.combining, parts[1:])) else chr(code)).lower()
        self[code] = folded = small if len(small) == 1 else chr(code)
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """A text as it is compared: small letters without accents, each where its letter stands in the text."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


def places_of(text: str, wanted: Iterable[str]) -> list[tuple[int, int]]:
    """Where any of some words stand in a text, as (start, stop): in order, and none in another."""
    folded = fold(text)
    # The longest first: of two that begin in one place it is the one that stands there.
    words = sorted(
        {fold(unicodedata.normalize("NFC", word)) for word in wanted if word}, key=len, reverse=True
    )
    if not words:
        return []
    return [match.span() for match in re.finditer("|".join(map(re.escape, words)), folded)]


def _fill(words: Index, answers: Answers, progress: Progress) -> Index:
    try:
        words.execute(_TABLE)
        snapshot = answers.snapshot
        discounted = answers.index.rows("SELECT first, last FROM discounted ORDER BY first")
        firsts = [first for first, _ in discounted]
        writers = dict(answers.index.rows("SELECT id, writer FROM chain"))
        for rows in snapshot.rows(0, snapshot.count, _PAGE):
            headers = [header_of(row[2]) for row in rows]
            bodies = BodyReader(snapshot, [header.body for header in headers if header is not None])
            found = []
            for (position, _, data, *_), header in zip(rows, headers, strict=True):
                place = bisect_right(firsts, position) - 1
                if header is None or (place >= 0 and position <= discounted[place][1]):
                    continue
                identity = entry_id(data)
                value, _ = bodies.read(header)
                names, ids, people, rest = _words_of(value or {})
                names += [header.kind, *(subject.name for subject in header.subjects)]
                ids += [identity, *(subject.sha256 for subject in header.subjects)]
                people.append(writers.get(header.chain or identity, ""))
                found.append((position + 1, *(" ".join(part) for part in (names, ids, people, rest))))
            words.insert("words (rowid, name, id, person, body)", found)
            progress("words", rows[-1][0] + 1 if rows else 0, snapshot.count)
        words.complete()
    except BaseException:
        words.close()
        raise
    return words


def _words_of(value: JsonObject) -> tuple[list[str], list[str], list[str], list[str]]:
    """A body's texts: what has the form of a name's field, ids, people, and the rest."""
    names: list[str] = []
    ids: list[str] = []
    people: list[str] = []
    rest: list[str] = []
    for key, of_people, text in _texts(value):
        if key == "salt":
            continue
        kept = names if key in ("name", "service", "environment", "control", "flow", "trail", "job") else rest
        (ids if _DIGEST(text) else people if of_people else kept).append(_CONTROL.sub(" ", text))
    return names, ids, people, rest


def _texts(value: object, key: str = "", of_people: bool = False) -> Iterator[tuple[str, bool, str]]:
    """Every text in a body with the field it stands in, and whether that tells of somebody."""
    of_people = of_people or key in _PEOPLE
    if isinstance(value, str):
        yield key, of_people, value
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _texts(one, inner, of_people)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, key, of_people)


def _hit(snapshot: Snapshot, position: int, wanted: list[str]) -> Hit:
    row = snapshot.row(position)
    header = header_of(row.header) if row is not None else None
    assert row is not None and header is not None
    value, _ = BodyReader(snapshot, [header.body]).read(header)
    words = title(header.kind, value) if value is not None else "body not there"
    return Hit(position, entry_id(row.header), header.kind, header.time, words, _excerpt(value or {}, wanted))


def _excerpt(value: JsonObject, wanted: list[str]) -> str:
    """The text in which a word stands, around it; "" where it stands in no text but an id or a name."""
    for key, _, text in _texts(value):
        if key == "salt":
            continue
        for at, _ in places_of(text, wanted)[:1]:
            start = max(0, at - EXCERPT // 3)
            part = " ".join(text[start : start + EXCERPT].split())
            before, after = ("…" if start else ""), ("…" if start + EXCERPT < len(text) else "")
            return f"{key}: {before}{part}{after}"
    return ""
