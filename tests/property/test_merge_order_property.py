"""Whoever merges decides about positions, and about nothing that an answer says: by every order it is the same."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from custody.errors import UsageError
from custody.kinds import Artifact, Evidence
from custody.kinds.artifact import Source
from custody.kinds.pull_request import Change, PullRequest
from custody.ledger.canonical import encode
from custody.ledger.entry import Header, Subject
from custody.query.build import IndexBuilder
from custody.query.deployments import deployments, undeclared, unseen
from custody.query.diffs import differences
from custody.query.environments import log, read_state
from custody.query.history import History
from custody.query.index import Index
from custody.query.lookups import find_subjects
from custody.query.parts import seen
from custody.query.remarks import remarks
from custody.query.sources import commit_line, commits_between
from custody.query.whereabouts import find_everywhere, whereabouts
from custody.query.windows import windows
from custody.trust.judge import Judged

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "query"))

from facts import KEY, SALT, about, at, digest, subjects_of

COMMITS = [digest(word)[:40] for word in "abcd"]


class Said(NamedTuple):
    kind: str
    minute: int
    body: dict[str, Any]


def running(what: list[tuple[str, str, int]], pattern: str) -> object:
    listed = [
        {"service": service, "artifact": about(service, word), "count": count}
        for service, word, count in what
        if not pattern or service.startswith(pattern[0])
    ]
    return {"list": listed, "include": [pattern]} if pattern else listed


SERVICES = st.sampled_from(["api", "web"])
WORDS = st.sampled_from("ab")
MINUTES = st.integers(1, 4)  # few, so that much happens at one instant
ITEMS = st.lists(st.tuples(SERVICES, WORDS, st.integers(1, 2)), max_size=3)
SNAPSHOT = st.builds(
    lambda minute, what, pattern: Said(
        "snapshot", minute, {"environment": "prod", "running": running(what, pattern)}
    ),
    MINUTES,
    ITEMS,
    st.sampled_from(["", "", "a*", "w*"]),
)
DEPLOYMENT = st.builds(
    lambda minute, word, service: Said(
        "deployment", minute, {"artifact": about("api", word), "environment": "prod", "service": service}
    ),
    MINUTES,
    WORDS,
    SERVICES,
)
COMMIT = st.sampled_from(COMMITS)
SOURCES = st.builds(
    lambda parents, since, commits: Source(parents=tuple(parents), since=since, commits=tuple(commits)),
    st.lists(COMMIT, max_size=2, unique=True),
    COMMIT,
    st.lists(COMMIT, max_size=2, unique=True),
)
ARTIFACT = st.builds(
    lambda minute, word, version, commit, source: Said(
        "artifact",
        minute,
        Artifact(Subject("api", digest(word)), 7, version=version, commit=commit, source=source).write(),
    ),
    MINUTES,
    WORDS,
    st.sampled_from("12"),
    COMMIT,
    SOURCES,
)
PULL_REQUEST = st.builds(
    lambda minute, number, author, commits, merge: Said(
        "evidence",
        minute,
        Evidence(
            "review",
            "pull-request",
            "pass",
            commit=merge,
            pull_request=PullRequest(
                f"https://git.example/pull/{number}",
                "merged",
                author,
                tuple(Change(one, (author,)) for one in commits),
                (),
                number=str(number),
                merge_commit=merge,
            ),
        ).write(),
    ),
    MINUTES,
    st.integers(1, 2),
    st.sampled_from(["dev-1", "dev-2"]),
    st.lists(COMMIT, min_size=1, max_size=2, unique=True),
    COMMIT,
)
CHAINS = st.lists(
    st.lists(st.one_of(SNAPSHOT, SNAPSHOT, DEPLOYMENT, ARTIFACT, PULL_REQUEST), min_size=1, max_size=4),
    min_size=2,
    max_size=4,
)


def merged(chains: list[list[Said]], order: Sequence[int]) -> Index:
    """The index of a log that holds the chains one behind the other; ids do not depend on where they stand."""
    entries: list[Judged] = []
    for name in order:
        chain, latest = digest(f"chain {name}"), at(0)
        for seq, one in enumerate([Said("genesis", 0, {}), *chains[name]]):
            data = encode({**one.body, "salt": SALT})
            identity = chain if seq == 0 else digest(f"{name} {seq}")
            latest = max(latest, at(one.minute))  # as within a chain, where time never runs backwards
            header = Header(
                one.kind, seq, at(one.minute), sha256(data).hexdigest(), len(data), subjects=subjects_of(one.body),
                chain=chain if seq else "",
            )  # fmt: skip
            entries.append(Judged(len(entries), identity, header, KEY, latest, "ci", True, data))
    index = Index.in_memory()
    builder = IndexBuilder(index)
    builder.add(entries)
    builder.finish()
    assert not index.unreadable
    return index


def bare(value: Any) -> Any:
    """An answer without positions."""
    if isinstance(value, tuple | list):
        fields = getattr(value, "_fields", None)
        if fields is None:
            return [bare(one) for one in value]
        return {name: bare(one) for name, one in zip(fields, value, strict=True) if name != "position"}
    return value


def answers(index: Index) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        history = History(index, "prod")
        states = [read_state(history, number) for number in range(1, history.count + 1)]
        found["states"] = states
        found["log"] = log(index, "prod")
        found["seen"] = [seen(history, at(minute)) for minute in range(6)]
        found["deployments"] = [deployments(index, "prod", limit=limit) for limit in (1, 2, 50)]
        found["diff"] = differences((history, states[0]), (history, states[-1])).lines
        found["windows"] = windows(index, "prod", timedelta(seconds=30))
    except UsageError as error:
        found["error"] = str(error)
    found["declared"] = [sorted(sentence for _, sentence in told(index)) for told in (undeclared, unseen)]
    found["remarks"] = sorted((one.code, one.entry) for one in remarks(index))
    found["where"] = whereabouts(index, find_everywhere(index, "api"))
    found["commits"] = [commit_line(index, one) for one in COMMITS]
    found["between"] = [commits_between(index, one, other) for one in COMMITS for other in COMMITS]
    for query in (*COMMITS, "#1"):
        try:
            found[query] = find_subjects(index, query)
        except UsageError as error:
            found[query] = error.code
    return {name: bare(value) for name, value in found.items()}


@given(CHAINS, st.data())
def test_every_answer_is_the_same_by_whatever_order_of_merges(
    chains: list[list[Said]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(chains))))
    one, other = answers(merged(chains, range(len(chains)))), answers(merged(chains, order))
    for name, answer in one.items():
        assert answer == other[name], name
