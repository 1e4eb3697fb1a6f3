"""The evidence on artifacts, on the commits that they were built from, and on the trails that built them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any, NamedTuple

from custody.kinds import PullRequest, Statement
from custody.kinds.again import Again
from custody.kinds.extras import NOTHING
from custody.policy.asking import Asking
from custody.policy.facts import EvidenceFact
from custody.query.types import Proof

_COLUMNS = "one.position, one.entry, one.time, one.writer, chain.id, one.seq, one.chain, one.trail, one.name, one.body"
_OF_SUBJECTS = f"""
    SELECT {_COLUMNS}, one.subject FROM evidence AS one JOIN chain ON chain.position = one.chain
    WHERE one.subject IN {{}} AND one.position < ?2
"""
_UNBOUND = f"""
    SELECT {_COLUMNS} FROM unbound AS one JOIN chain ON chain.position = one.chain
    WHERE one.trail IN {{}} AND one.position < ?2
"""
_RECORDED = """
    SELECT DISTINCT sha256 FROM (
        SELECT sha256, position, time FROM artifact WHERE trail IN {} AND name = ?3
        UNION ALL SELECT sha256, position, time FROM blank WHERE kind = 'artifact' AND trail IN {} AND name = ?3)
    WHERE position < ?2 AND time <= ?4
"""
_BLANK = f"""
    SELECT {_COLUMNS.replace("one.body", "NULL")}, one.sha256 FROM blank AS one JOIN chain ON chain.position = one.chain
    WHERE one.kind = 'evidence' AND one.sha256 IN {{}} AND one.position < ?2
"""
_IN_THE_DARK = f"""
    SELECT {_COLUMNS} FROM evidence AS one JOIN chain ON chain.position = one.chain
    WHERE one.chain IN {{}} AND one.position < ?2
    UNION ALL SELECT {_COLUMNS} FROM unbound AS one JOIN chain ON chain.position = one.chain
    WHERE one.chain IN {{}} AND one.position < ?2
"""


class Wanted(NamedTuple):
    """What evidence may be about, to matter for one artifact."""

    names: Set[str]
    commits: Set[str]
    trails: Set[int]


class _Row(NamedTuple):
    """A row of the tables `evidence`, `unbound` and `blank`; `chain` is the position of the genesis."""

    proof: Proof
    chain_id: str
    seq: int
    chain: int
    trail: int
    name: str
    body: str
    subject: str = ""


class _Unclear(NamedTuple):
    """Evidence that may be about any commit or trail and, with `of_artifact`, about an artifact of that name ("" for
    any) in that trail (None for any)."""

    row: _Row
    trail: int | None
    name: str
    of_artifact: bool


def evidence_facts(asking: Asking, wanted: Mapping[str, Wanted]) -> dict[str, tuple[EvidenceFact, ...]]:
    """All evidence, also what was superseded, that matters for each artifact (SHA-256, hex)."""
    by_subject = _readable(asking, wanted)
    for row in _rows(asking, _BLANK, wanted):
        by_subject[row.subject].append(_unreadable(row, row.subject))
    unclear = [*_blank(asking), *_in_the_dark(asking)]
    found = {}
    for artifact, about in wanted.items():
        facts = [fact for subject in _subjects(artifact, about) for fact in by_subject.get(subject, ())]
        for one in unclear:
            facts.append(_unreadable(one.row, ""))
            if (
                one.of_artifact
                and one.name in ("", *about.names)
                and (one.trail is None or one.trail in about.trails)
            ):
                facts.append(_unreadable(one.row, artifact))
        found[artifact] = tuple(sorted(facts, key=lambda fact: (fact.proof.position, fact.subject)))
    return found


def _readable(asking: Asking, wanted: Mapping[str, Wanted]) -> dict[str, list[EvidenceFact]]:
    """By what it is about. A name stands for what was recorded under it in its trail as far as is asked."""
    subjects = {subject for artifact, about in wanted.items() for subject in _subjects(artifact, about)}
    rows = _rows(asking, _OF_SUBJECTS, subjects)
    rows += _rows(asking, _UNBOUND, {trail for about in wanted.values() for trail in about.trails})
    bodies = _bodies(asking, rows)
    found: dict[str, list[EvidenceFact]] = defaultdict(list)
    bound: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        body = bodies[row.proof.position]
        if asking.dark and row.chain in asking.dark and _leans_on_trail(body):
            continue  # told by `_in_the_dark`
        about = [row.subject]
        if _name_alone(body) and not (asking.whole and row.subject):
            place = row.trail, row.name
            if place not in bound:
                bound[place] = [one for (one,) in asking.rows(_RECORDED, [row.trail], row.name, asking.until)]
            about = bound[place]
        if len(about) == 1:
            found[about[0]].append(_fact(row, body, about[0]))
        else:  # it counts for nothing, but it may be about any of them: recording a second one must not hide a failure
            for subject in about:
                found[subject].append(replace(_unreadable(row, subject), control=body["control"]))
    return found


def _blank(asking: Asking) -> list[_Unclear]:
    """Blank evidence whose header names no artifact: on any commit, on its trail, or on an artifact by name there."""
    return [
        _Unclear(row, None if row.chain in asking.dark else row.trail, "", True)
        for row in _rows(asking, _BLANK, [""])
    ]


def _in_the_dark(asking: Asking) -> list[_Unclear]:
    """Evidence on a trail, or by a name in one, in chains of which nobody knows the trail any more."""
    if not asking.dark:
        return []
    rows = _rows(asking, _IN_THE_DARK, asking.dark)
    bodies = _bodies(asking, rows)
    found = ((row, bodies[row.proof.position]) for row in rows)
    names = ((row, _name_alone(body)) for row, body in found if _leans_on_trail(body))
    return [_Unclear(row, None, name, bool(name)) for row, name in names]


def _rows(asking: Asking, sql: str, values: Iterable[object]) -> list[_Row]:
    return [_Row(Proof(*row[:4]), *row[4:]) for row in asking.rows(sql, values)]


def _bodies(asking: Asking, rows: Sequence[_Row]) -> dict[int, Any]:
    """The bodies as they are: the index has a row of what was of evidence's form, and there is much of it."""
    return asking.bodies.read({row.proof.position: row.body for row in rows})


def _subjects(artifact: str, about: Wanted) -> list[str]:
    return [
        artifact,
        *(f"commit:{commit}" for commit in about.commits),
        *(f"trail:{trail}" for trail in about.trails),
    ]


def _name_alone(body: Any) -> str:
    """The name of the artifact that evidence is on, where it does not say which bytes."""
    about = body.get("artifact")
    return str(about["name"]) if about is not None and "sha256" not in about else ""


def _leans_on_trail(body: Any) -> bool:
    return bool(_name_alone(body)) or ("artifact" not in body and "commit" not in body)


def _fact(row: _Row, body: Any, subject: str) -> EvidenceFact:
    get = body.get
    pull_request, statement = get("pullRequest"), get("statement")
    return EvidenceFact(
        row.proof,
        row.chain_id,
        row.seq,
        subject,
        body["control"],
        body["type"],
        body["result"],
        get("format", ""),
        get("summary", NOTHING),
        tuple(get("conditions", ())),
        get("licences", NOTHING),
        PullRequest.read(Again(pull_request, "")) if pull_request else None,
        Statement.read(Again(statement, "")) if statement else None,
    )


def _unreadable(row: _Row, subject: str) -> EvidenceFact:
    return EvidenceFact(row.proof, row.chain_id, row.seq, subject, readable=False)
