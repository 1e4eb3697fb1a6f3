"""Finding what is called by a text: artifacts, environments and their services, people. For entries see `search`.

Every word of the text has to be in one name, in whatever letters; a fingerprint or commit is found by how it begins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from custody.ledger.reader import Snapshot
from custody.query.entries import EntryLine, page
from custody.query.index import Index
from custody.query.search import MOST_WORDS, fold

MIN_DIGITS = 4
"""Digits of a fingerprint, a commit or an entry's id: with fewer, nearly everything begins like that."""

_POSITION = re.compile(r"(?:#|position:)?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,18})").fullmatch
_HEX = re.compile("[0-9a-f]{1,64}").fullmatch
_CAPITALS = re.compile("[A-Z]+")

What = Literal["artifact", "environment", "group", "service", "person"]


class Named(NamedTuple):
    """What a text is the name of, or part of it. `text` is the name in which it was found, `field` what that is.

    `position` and `time` are of the newest entry that says so, where one does. All but `what` and `field` hold text
    from the ledger.
    """

    what: What
    name: str
    field: str
    text: str
    time: str = ""
    position: int = -1
    detail: str = ""
    sha256: str = ""  # of an artifact
    environment: str = ""  # of a service
    until: str = ""  # of a service that does not run any more: when it began to run for the last time


def words_of(text: str) -> list[str]:
    """The words that have to be in a name."""
    return unicodedata.normalize("NFC", text).split()[:MOST_WORDS]


def find_entries(snapshot: Snapshot, text: str, limit: int) -> list[EntryLine]:
    """The entry at a position, and those whose id begins with a text; as they stand, whatever verification says."""
    wanted = text.strip().lower()
    found: dict[int, EntryLine] = {}
    position = _POSITION(wanted)
    if position:
        found |= {one.position: one for one in page(snapshot, int(position[1].replace(",", "")), 1)}
    if _HEX(wanted) and len(wanted) >= MIN_DIGITS:
        for at in snapshot.find(wanted)[:limit]:
            # The column is the writer's word; the id is what the bytes hash to.
            found |= {one.position: one for one in page(snapshot, at, 1) if one.id.startswith(wanted)}
    return list(found.values())[:limit]


def named_artifacts(index: Index, text: str, limit: int) -> list[Named]:
    """Artifacts by name and version, fingerprint or commit, the newest record first; then those never recorded."""
    found: dict[str, Named] = {}
    for one in _artifacts(index, text, limit):
        if len(found) >= limit:
            break
        found.setdefault(one.sha256, one)
    return list(found.values())


def named_places(index: Index, text: str, limit: int, groups: Iterable[str] = ()) -> list[Named]:
    """Environments, the `groups` that a policy declares, and services, those that run now before the others."""
    words = words_of(text)
    found = [
        Named("group", name, "group", name, detail="of a policy") for name in groups if _holds(name, words)
    ]
    condition, parameters = _all_in("name", words)
    for name, states, last in index.rows(
        f"SELECT name, states, last_change FROM environment WHERE {condition} ORDER BY name LIMIT ?",
        *parameters, limit,
    ):  # fmt: skip
        detail = f"{states} state{'' if states == 1 else 's'}"
        found.append(Named("environment", name, "environment", name, last, detail=detail))
    condition, parameters = _all_in("environment || ' ' || service", words)
    rows = index.rows(
        "SELECT environment, service, max(until = ''), max(time) FROM span "
        f"WHERE {condition} GROUP BY environment, service ORDER BY 3 DESC, service, environment LIMIT ?",
        *parameters, limit,
    )  # fmt: skip
    for environment, service, runs, time in rows:
        detail = "runs" if runs else "ran"
        where, until = f"{environment} {service}", "" if runs else time
        found.append(Named("service", service, "service", where, time, -1, detail, "", environment, until))
    return found[:limit]


def named_people(index: Index, text: str, limit: int) -> list[Named]:
    """People and machines: first the identities that signed, then those that entries only tell of."""
    words = words_of(text)
    found: dict[tuple[str, str], Named] = {}
    for field, sql in _PEOPLE.items():
        for name, position, time in index.rows(sql):
            if len(found) < limit and name and _holds(name, words):
                found[field, name] = Named("person", name, field, name, time, position)
    return list(found.values())


# The newest entry of each, which is the row that SQLite takes the other columns from.
_PEOPLE = {
    "signed": "SELECT writer, position, max(time) FROM chain GROUP BY writer",
    "started a run": "SELECT actor, position, max(time) FROM chain GROUP BY actor",
    "author of a commit": """
        SELECT s.author, a.position, max(a.time) FROM source s JOIN artifact a ON a.position = s.position GROUP BY 1
        UNION ALL
        SELECT c.authors, e.position, max(e.time) FROM change c JOIN evidence e ON e.position = c.position GROUP BY 1
    """,
    "author of a pull request": """
        SELECT p.author, e.position, max(e.time) FROM pull_request p JOIN evidence e ON e.position = p.position
        GROUP BY 1
    """,
}


def _artifacts(index: Index, text: str, limit: int) -> Iterator[Named]:
    words = words_of(text)
    digits = text.strip().lower()
    columns = "SELECT name, version, sha256, source_commit, time, position FROM artifact WHERE newest = 1 AND"
    for name, version, sha256, _, time, position in _beginning(index, columns, "sha256", digits, limit):
        yield _artifact(name, version, sha256, time, position, "fingerprint", sha256)
    for name, version, sha256, commit, time, position in _beginning(
        index, columns, "source_commit", digits, limit
    ):
        yield _artifact(name, version, sha256, time, position, "commit", commit)
    condition, parameters = _all_in("name || ' ' || version", words)
    rows = index.rows(f"{columns} {condition} ORDER BY time DESC, position DESC LIMIT ?", *parameters, limit)
    for name, version, sha256, _, time, position in rows:
        yield _artifact(name, version, sha256, time, position, "name", f"{name} {version}".rstrip())
    for table in ("span", "deployment", "approval"):
        columns = (
            f"SELECT name, '', sha256, '', max(time), position FROM {table} "
            "WHERE sha256 NOT IN (SELECT sha256 FROM artifact) AND"
        )
        for name, _, sha256, _, time, position in _beginning(
            index, columns, "sha256", digits, limit, " GROUP BY sha256"
        ):
            yield _artifact(name, "", sha256, time, position, "fingerprint", sha256)
        condition, parameters = _all_in("name", words)
        for name, _, sha256, _, time, position in index.rows(
            f"{columns} {condition} GROUP BY sha256 LIMIT ?", *parameters, limit
        ):
            yield _artifact(name, "", sha256, time, position, "name", name)


def _artifact(name: str, version: str, sha256: str, time: str, position: int, field: str, text: str) -> Named:
    return Named("artifact", name, field, text, time, position, version, sha256)


def _beginning(
    index: Index, columns: str, column: str, digits: str, limit: int, behind: str = ""
) -> list[tuple[str, str, str, str, str, int]]:
    if not _HEX(digits) or len(digits) < MIN_DIGITS:
        return []
    sql = f"{columns} {column} >= ? AND {column} < ?{behind} ORDER BY 5 DESC LIMIT ?"
    return [
        (name, version, sha256, commit, time, position)
        for name, version, sha256, commit, time, position in index.rows(sql, digits, digits + "g", limit)
    ]


def _all_in(names: str, words: list[str]) -> tuple[str, list[str]]:
    """A condition: every word is in the names. SQLite's `lower` is of ASCII alone, and so is what it is held to."""
    condition = " AND ".join(f"instr(lower({names}), ?)" for _ in words) or "0"
    return condition, [_CAPITALS.sub(lambda found: found[0].lower(), word) for word in words]


def _holds(name: str, words: list[str]) -> bool:
    folded = fold(name)
    return bool(words) and all(fold(word) in folded for word in words)
