"""Building the index: what becomes a fact, what is in force, and a file that is complete or not there."""

from __future__ import annotations

import itertools
import os
import sqlite3
import stat
import sys
import threading
from pathlib import Path

import pytest
from facts import Log, about, at, digest

from custody.errors import CustodyError
from custody.ledger.entry import Subject
from custody.query.artifacts import list_artifacts
from custody.query.build import MAX_NOTICES, IndexBuilder
from custody.query.environments import environments
from custody.query.index import Index


def in_force(index: Index) -> list[tuple[str, str]]:
    return index.rows("SELECT control, result FROM evidence WHERE in_force = 1 ORDER BY control, subject")  # type: ignore[return-value]


# --- which counts


def test_later_in_the_same_chain_supersedes_even_at_the_same_time() -> None:
    made = Log()
    chain = made.chain()
    made.evidence(chain, 5, "fail")
    made.evidence(chain, 5, "pass")
    assert in_force(made.index()) == [("tests", "pass")]


@pytest.mark.parametrize("first_in_log", ["early", "late"])
def test_between_chains_the_later_time_wins_wherever_it_stands_in_the_log(first_in_log: str) -> None:
    made = Log()
    early, late = made.chain(), made.chain()
    adds = {"early": lambda: made.evidence(early, 5, "fail"), "late": lambda: made.evidence(late, 6, "pass")}
    for name in sorted(adds, key=lambda name: name != first_in_log):
        adds[name]()
    assert in_force(made.index()) == [("tests", "pass")]


@pytest.mark.parametrize("results", list(itertools.permutations(["pass", "fail", "pass"])))
def test_of_two_at_the_same_time_the_worse_counts(results: tuple[str, ...]) -> None:
    made = Log()
    for result in results:
        made.evidence(made.chain(), 5, result)
    index = made.index()
    assert in_force(index) == [("tests", "fail")]
    assert index.rows("SELECT count(*) FROM evidence") == [(3,)]


def test_a_chain_speaks_with_its_last_word_only() -> None:
    """What it took back itself does not come back by being the worse of two at one time."""
    made = Log()
    one, other = made.chain(), made.chain()
    made.evidence(one, 5, "fail")
    made.evidence(other, 5, "pass")
    made.evidence(one, 5, "pass")
    assert in_force(made.index()) == [("tests", "pass")]


def test_controls_and_subjects_are_apart() -> None:
    made = Log()
    chain = made.chain(flow="f", trail="1")
    made.evidence(chain, 1, "pass", control="a")
    made.evidence(chain, 2, "fail", control="b")
    made.evidence(chain, 3, "pass", word="other", control="b")
    made.evidence(chain, 4, "pass", word="", control="b", commit="c" * 40)
    made.evidence(chain, 5, "pass", word="", control="b")
    assert len(in_force(made.index())) == 5


def test_the_latest_approval_counts_and_of_two_a_rejection() -> None:
    made = Log()
    chain = made.chain("risk-officer")
    made.approval(chain, 1, "rejected", environment="staging")
    made.approval(chain, 2, "approved", environment="staging")
    made.approval(chain, 3, "rejected")
    made.approval(chain, 3, "approved")
    index = made.index()
    assert index.rows("SELECT environment, decision FROM approval WHERE in_force = 1 ORDER BY environment") == [
        ("prod", "rejected"), ("staging", "approved"),
    ]  # fmt: skip


# --- evidence by name


def bound(made: Log) -> list[str | None]:
    index = made.index()
    assert len(index.ambiguous) + len(index.rows("SELECT 1 FROM evidence")) == 1
    return [row[0] for row in index.rows("SELECT subject FROM evidence")]


def test_a_name_binds_within_its_trail_also_to_what_is_recorded_later_and_elsewhere() -> None:
    made = Log()
    tests, build = made.chain(flow="f", trail="1", job="test"), made.chain(flow="f", trail="1", job="build")
    made.evidence(tests, 1, "pass", word="", artifact={"name": "api"})
    made.artifact(build, 2, "api", "one")
    made.artifact(build, 3, "api", "one")
    made.artifact(made.chain(flow="f", trail="2"), 2, "api", "two")
    made.artifact(made.chain(flow="g", trail="1"), 2, "api", "three")
    assert bound(made) == [digest("one")]


@pytest.mark.parametrize("recorded", [[], ["one", "two"]])
def test_a_name_of_no_or_of_two_fingerprints_counts_for_nothing(recorded: list[str]) -> None:
    made = Log()
    chain = made.chain(flow="f", trail="1")
    entry = made.evidence(chain, 1, "pass", word="", artifact={"name": "api"})
    for word in recorded:
        made.artifact(chain, 2, "api", word)
    index = made.index()
    assert [(position, name) for position, name, _ in index.ambiguous] == [(1, entry)]
    assert index.rows("SELECT * FROM evidence") == []


def test_chains_without_a_trail_are_trails_of_their_own() -> None:
    made = Log()
    one, other = made.chain(flow="f"), made.chain(flow="f")
    made.evidence(one, 1, "pass", word="", artifact={"name": "api"})
    made.artifact(other, 2, "api", "one")
    assert bound(made) == []


# --- what becomes a fact


def test_what_does_not_count_leaves_only_its_chain() -> None:
    made = Log()
    chain = made.chain("", flow="f", counts=False)
    made.add(chain, "artifact", 1, {**about("api"), "size": 1, "type": "file"}, counts=False)
    index = made.index()
    assert list_artifacts(index) == []
    assert index.rows("SELECT id, writer, flow FROM chain") == [(chain, "", "f")]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"salt":"00"}',
        b'{"size":1.5}',
        b'{"a":1,"a":1}',
        b"\xff",
        b'{"name":"a b","sha256":"00"}',
    ],
)
def test_a_body_that_is_not_of_its_form_counts_for_nothing_and_is_listed(body: bytes) -> None:
    made = Log()
    chain = made.chain()
    entry = made.add(chain, "artifact", 1, body)
    made.artifact(chain, 2, "api")
    index = made.index()
    assert [line.name for line in list_artifacts(index)] == ["api"]
    ((position, identity, message),) = index.unreadable
    assert (position, identity) == (1, entry)
    assert message


def test_a_genesis_that_cannot_be_read_or_was_redacted_still_begins_its_chain() -> None:
    made = Log()
    chain = made.chain()
    made.entries[0] = made.entries[0]._replace(body=b"{}x")
    other = made.chain(flow="f")
    made.entries[1] = made.entries[1]._replace(body=None)
    made.artifact(chain, 1, "api", "one")
    made.artifact(other, 2, "api", "two")
    index = made.index()
    assert [line.sha256 for line in list_artifacts(index)] == [digest("two"), digest("one")]
    assert len(index.unreadable) == 1


def test_the_list_of_the_unreadable_is_bounded() -> None:
    made = Log()
    chain = made.chain()
    for minute in range(MAX_NOTICES // 2 + 1):
        made.add(chain, "artifact", minute, b"{}")
        made.add(chain, "approval", minute, b"{}")
    assert len(made.index().unreadable) == MAX_NOTICES


def test_kinds_that_make_no_facts_are_not_even_decoded() -> None:
    made = Log()
    chain = made.chain()
    for kind in ("note", "trust", "redaction"):
        made.add(chain, kind, 1, b"\xff")
    made.add(chain, "seal", 1, {})
    assert made.index().unreadable == []


def test_the_size_of_steps_changes_nothing() -> None:
    made = Log()
    chain = made.chain()
    for minute in range(20):
        made.artifact(chain, minute, "api", f"{minute}")
        made.snapshot(chain, minute, ("api", f"{minute // 2}", 1))
    small, large = made.index(step=1), made.index(step=500)
    assert list_artifacts(small) == list_artifacts(large)
    assert environments(small) == environments(large)


# --- the file


@pytest.fixture
def made() -> Log:
    made = Log()
    made.artifact(made.chain(), 1, "api")
    return made


def test_a_file_has_its_name_only_once_it_is_complete(tmp_path: Path, made: Log) -> None:
    path = tmp_path / "cache" / "one.index"
    with Index.at(path) as index:
        IndexBuilder(index).add(made.entries)
        assert Index.open(path) is None
        assert not path.exists()
    assert list(path.parent.iterdir()) == []
    with Index.at(path) as index:
        made.fill(index)
        assert [line.name for line in list_artifacts(index)] == ["api"]
        assert list(path.parent.iterdir()) == [path]
    again = Index.open(path)
    assert again is not None
    with again:
        assert [line.name for line in list_artifacts(again)] == ["api"]
        assert again.unreadable == []
    assert path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_nobody_else_can_read_it(tmp_path: Path, made: Log) -> None:
    path = tmp_path / "cache" / "one.index"
    with Index.at(path) as index:
        made.fill(index)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def finished(path: Path, made: Log) -> bytes:
    with Index.at(path) as index:
        made.fill(index)
    return path.read_bytes()


@pytest.mark.parametrize("what", ["empty", "garbage", "version", "application", "cut", "incomplete"])
def test_what_is_not_a_complete_index_of_this_version_is_discarded(
    tmp_path: Path, made: Log, what: str
) -> None:
    path = tmp_path / "one.index"
    data = bytearray(finished(path, made))
    if what == "empty":
        data = bytearray()
    elif what == "garbage":
        data[:16] = b"not a database!!"
    elif what in (
        "version",
        "incomplete",
    ):  # SQLite file format §1.3: user_version at 60, application_id at 68
        data[60:64] = (0 if what == "incomplete" else 9999).to_bytes(4, "big")
    elif what == "application":
        data[68:72] = b"CUST"
    else:
        data = data[:50]
    path.write_bytes(data)
    assert Index.open(path) is None
    assert not path.exists()
    finished(path, made)


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path, made: Log) -> None:
    real = tmp_path / "real"
    finished(real, made)
    link = tmp_path / "one.index"
    link.symlink_to(real)
    assert Index.open(link) is None
    assert real.exists() and not os.path.lexists(link)


def test_a_cache_that_is_damaged_inside_is_an_error_of_custody(tmp_path: Path, made: Log) -> None:
    path = tmp_path / "one.index"
    finished(path, made)
    connection = sqlite3.connect(path)
    ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'artifact'").fetchall()
    ((size,),) = connection.execute("PRAGMA page_size").fetchall()
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xee" * size)
    index = Index.open(path)
    assert index is not None
    with index, pytest.raises(CustodyError, match="the index cannot be used"):
        list_artifacts(index)


def test_a_finished_file_is_only_read(tmp_path: Path, made: Log) -> None:
    path = tmp_path / "one.index"
    finished(path, made)
    index = Index.open(path)
    assert index is not None
    with index, pytest.raises(CustodyError, match="readonly"):
        index.insert("notice", [("a", 1, "b", "c")])


def test_two_at_once_both_end_with_a_complete_index(tmp_path: Path, made: Log) -> None:
    path = tmp_path / "one.index"
    first, second = Index.at(path), Index.at(path)
    made.fill(first)
    made.fill(second)
    assert list_artifacts(first) == list_artifacts(second)
    first.close()
    second.close()
    assert list(tmp_path.iterdir()) == [path]


def test_made_in_one_thread_it_is_asked_from_others(made: Log) -> None:
    index = Index.in_memory()
    worker = threading.Thread(target=made.fill, args=(index,))
    worker.start()
    worker.join()
    answers: list[int] = []
    askers = [threading.Thread(target=lambda: answers.append(len(list_artifacts(index)))) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert answers == [1, 1, 1, 1]


def test_it_is_no_ledger(tmp_path: Path, made: Log) -> None:
    path = tmp_path / "one.index"
    finished(path, made)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() != (0x43555354,)
    connection.close()


def test_times_are_those_in_effect() -> None:
    """Not the claimed ones: a chain's clock may have run backwards."""
    made = Log()
    made.artifact(made.chain(), 9, "api")
    made.entries[1] = made.entries[1]._replace(effective=at(10))
    assert list_artifacts(made.index())[0].proof.time == at(10)


def test_a_body_about_another_artifact_than_its_header_counts_for_nothing() -> None:
    log = Log()
    log.approval(log.chain(), 1)
    lying = log.entries[-1]
    other = (Subject("api", "f" * 64),)
    log.entries[-1] = lying._replace(header=lying.header._replace(subjects=other))
    index = log.index()
    assert index.unreadable == [
        (lying.position, lying.id, "the body is about another artifact than the header")
    ]
    assert index.row("SELECT count(*) FROM approval") == (0,)
