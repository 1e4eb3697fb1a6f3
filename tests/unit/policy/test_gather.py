"""Facts from a ledger: all that matters for an artifact, nothing that does not count, and what is blank as blank."""

from __future__ import annotations

from pathlib import Path

from book import BUILD, Book, allowed, approved, at, checked, deployed, of, recorded

from custody.kinds import Source
from custody.policy.facts import Facts
from custody.policy.gather import gather

C1, C2, C3 = "1c" * 20, "2c" * 20, "3c" * 20


def facts(
    book: Book, folder: Path, word: str = "one", environment: str = "prod", before: int | None = None
) -> Facts:
    with book.open(folder) as (snapshot, index):
        return gather(snapshot, index, of(word).sha256, environment, before)


def test_a_record_with_what_its_chain_says_of_the_run(tmp_path: Path) -> None:
    book = Book()
    source = Source(branch="topic", since=C1, commits=(C2, C3))
    book.chain(
        "builder",
        1,
        recorded("one", source=source),
        trail="7",
        run=BUILD,
        commit=C3,
        repository="r",
        branch="main",
    )
    book.chain("builder", 2, recorded("one", "second", commit=C1, repository="other"))
    first, second = facts(book, tmp_path).records
    assert (first.flow, first.trail_name, first.actor, first.provider) == ("f", "7", "dev-1", "github")
    assert (first.repository, first.commit, first.branch) == ("r", C3, "topic")
    assert first.body is not None and first.body.source == source and first.readable
    assert (second.repository, second.commit, second.branch, second.trail_name) == ("other", C1, "", "")
    assert first.trail != second.trail
    assert (first.proof.writer, first.proof.time) == ("builder", at(1))


def test_evidence_on_the_artifact_its_commits_and_its_trails_also_where_it_was_superseded(
    tmp_path: Path,
) -> None:
    book = Book()
    book.chain("builder", 1, checked("", "fail"), checked("", "pass"), checked("", commit=C2), trail="7")
    book.chain(
        "builder",
        2,
        recorded("one", source=Source(commits=(C1, C2)), commit=C2),
        checked(of("one")),
        trail="7",
    )
    book.chain(
        "other-builder", 3, checked("", commit=C1, control="reviews"), checked("", commit=C3), checked("")
    )
    book.chain("builder", 4, checked(of("two")), checked("", control="elsewhere"), trail="8")
    found = facts(book, tmp_path)
    (trail,) = found.trails
    assert [(one.subject, one.control, one.result) for one in found.evidence] == [
        (f"trail:{trail.trail}", "tests", "fail"), (f"trail:{trail.trail}", "tests", "pass"),
        (f"commit:{C2}", "tests", "pass"),
        (of("one").sha256, "tests", "pass"), (f"commit:{C1}", "reviews", "pass"),
    ]  # fmt: skip
    assert [one.seq for one in found.evidence] == [1, 2, 3, 2, 1]
    assert found.evidence[0].chain == next(iter(trail.chains))


def test_what_does_not_count_is_nowhere(tmp_path: Path) -> None:
    """Of an unknown writer, and of one without the role."""
    book = Book()
    everything = (
        recorded("one"), checked(of("one")), approved("one"), deployed("one"), allowed(of("one")), allowed("*"),
    )  # fmt: skip
    book.chain("stranger", 1, *everything, trail="7")
    book.chain("bot", 2, recorded("one"), checked(of("one")), deployed("one"), allowed("*"), trail="7")
    book.chain("builder", 3, recorded("one"), approved("one"), allowed("*"), trail="7")
    found = facts(book, tmp_path)
    assert len(found.records) == 1
    assert found.evidence == found.approvals == found.deployments == found.allowed == ()
    (trail,) = found.trails
    assert [proof.writer for proof in trail.chains.values()] == ["bot", "builder"]
    assert set(trail.chains) == set(trail.closed)


def test_as_of_a_position(tmp_path: Path) -> None:
    book = Book()
    book.chain("builder", 1, recorded("one"), trail="7")
    before = len(book.entries)
    book.chain("builder", 2, checked(of("one")), trail="7")
    book.chain("risk-officer", 3, approved("one"))
    found = facts(book, tmp_path, before=before)
    assert (len(found.records), found.evidence, found.approvals) == (1, (), ())
    assert len(found.trails[0].chains) == 1
    later = (
        facts(book, tmp_path / "again", before=before + 2) if (tmp_path / "again").mkdir() is None else None
    )
    assert later is not None and len(later.evidence) == 1
    assert set(later.trails[0].chains) - set(later.trails[0].closed), "its seal is not there yet"
