"""Finding entries by words: what is found, in which order, and that no text of a search is ever a command."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from harness import world
from hypothesis import given
from hypothesis import strategies as st

from custody import system
from custody.errors import UsageError
from custody.kinds import Approval, Artifact, Evidence, Extras, Note
from custody.ledger.entry import Subject
from custody.ledger.reader import open_ledger
from custody.ledger.writer import Draft
from custody.query import opening
from custody.query.opening import Answers, open_answers, passed
from custody.query.search import Hit, open_words, search, split

API = Subject("payments-api", hashlib.sha256(b"api").hexdigest())
WEB = Subject("web-checkout", hashlib.sha256(b"web").hexdigest())
COMMIT = "abcdef1" + "2" * 33
FORMULA = '"quoted" OR NEAR(x) * ^ : {} - name: body MATCH'


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a word of everything, and a stranger's entry in it."""
    path = tmp_path_factory.mktemp("search") / "main.ledger"
    world.make_main(path)
    fixed = world.Fixed("search")
    artifact = Artifact(API, 12, version="1.2.3", commit=COMMIT, extras=Extras({"ticket": "PAY-117 café"}))
    world.append(path, [Draft("artifact", artifact.write(), (API,), last=True)], fixed=fixed)
    check = Evidence(
        "unit-tests", "generic", "fail", API, description="The payments-api lost a decimal point"
    )
    world.append(path, [Draft("evidence", check.write(), (API,), last=True)], fixed=fixed)
    approval = Approval(WEB, "prod", "approved", FORMULA, given_by="dev-7@acme.example")
    world.append(path, [Draft("approval", approval.write(), (WEB,), last=True)], "approver", fixed=fixed)
    mention = Note("we spoke of web-checkout, web-checkout and web-checkout")
    world.append(path, [Draft("note", mention.write(), last=True)], fixed=fixed)
    long = "x " * 500 + "needle\x1b[2J\n" + "y " * 500
    world.append(path, [Draft("note", Note(long).write(), last=True)], fixed=fixed)
    world.append(
        path, [Draft("note", Note("a stranger's payments-api").write(), last=True)], "stranger", fixed=fixed
    )
    world.checkpoint(path, world.signer("keeper"), world.expectations)
    return path


@pytest.fixture
def answers(path: Path) -> Iterator[Answers]:
    with open_ledger(path, passed=passed) as snapshot:
        found = open_answers(snapshot, world.expectations())
        with found.index:
            yield found


def found(answers: Answers, text: str) -> list[Hit]:
    with open_words(answers) as words:
        return search(answers, words, text, limit=50)


def kinds(answers: Answers, text: str) -> list[str]:
    return [hit.kind for hit in found(answers, text)]


@pytest.mark.parametrize(
    ("text", "kinds_found"),
    [
        (API.sha256, ["evidence", "artifact"]),
        (API.sha256[:8], ["evidence", "artifact"]),
        (COMMIT[:7], ["artifact"]),
        (COMMIT.upper(), ["artifact"]),
        ("payments-api", ["artifact", "evidence"]),
        ("payments-api decimal", ["evidence"]),
        ("web checkout", ["approval", "note"]),
        ("PAY-117", ["artifact"]),
        ("pay-117 cafe", ["artifact"]),
        ("dev-7@acme.example", ["approval"]),
        ("decimals", []),
        ("approver web", ["approval"]),
        ("evidence", ["evidence"]),
        ("needle", ["note"]),
        (FORMULA, ["approval"]),
        ("body:decimal", []),
        ("unit OR decimal", []),
        ('decimal" OR "needle', []),
    ],
)
def test_what_is_found(answers: Answers, text: str, kinds_found: list[str]) -> None:
    assert sorted(kinds(answers, text)) == sorted(kinds_found)


def test_an_entry_by_the_beginning_of_its_id(answers: Answers) -> None:
    (hit,) = found(answers, "decimal")
    assert [one.position for one in found(answers, hit.entry[:12])] == [hit.position]
    assert (hit.title, hit.excerpt) == (
        "unit-tests fail · payments-api", "description: The payments-api lost a decimal point"
    )  # fmt: skip


def test_a_name_comes_before_a_mention_of_it(answers: Answers) -> None:
    assert kinds(answers, "web-checkout") == ["approval", "note"]


def test_what_does_not_count_is_not_found(answers: Answers) -> None:
    assert found(answers, "stranger") == []


def test_an_excerpt_is_one_short_line_around_the_word(answers: Answers) -> None:
    (hit,) = found(answers, "needle")
    assert "needle" in hit.excerpt and "\n" not in hit.excerpt and len(hit.excerpt) < 130
    assert hit.excerpt.startswith("text: …") and hit.excerpt.endswith("…")


@pytest.mark.parametrize("text", ["", " ", '""', "- * ^", "\0", "()", "x " * 21])
def test_what_is_no_search(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        split(text)
    assert caught.value.code == "search"


def test_no_text_of_a_search_is_a_command_or_an_error(path: Path) -> None:
    with open_ledger(path, passed=passed) as snapshot:
        told = open_answers(snapshot, world.expectations())
        with told.index, open_words(told) as words:

            @given(
                st.one_of(
                    st.text(max_size=60), st.text(alphabet="\"'*^-+:(){}AND ORNTE\0\x1b\ud800é", max_size=40)
                )
            )
            def ask(text: str) -> None:
                with suppress(UsageError):
                    assert len(search(told, words, text, limit=5)) <= 5

            ask()


def test_the_words_of_a_large_ledger_are_kept_beside_its_index_and_go_with_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SMALL", 0)
    folder = system.cache_dir() / "ledgers"

    def ask() -> list[str]:
        with open_ledger(path, passed=passed) as snapshot:
            told = open_answers(snapshot, world.expectations())
            with told.index:
                return [hit.kind for hit in found(told, "decimal")]

    assert ask() == ["evidence"]
    index, words = sorted(folder.glob("*"))
    assert (index.suffix, words.suffix, index.stem) == (".index", ".words", words.stem)
    made = words.stat().st_ino
    assert ask() == ["evidence"] and words.stat().st_ino == made
    words.chmod(0o644)  # others could have written it
    assert ask() == ["evidence"] and words.stat().st_ino != made
    words.write_bytes(b"no database")
    assert ask() == ["evidence"]
    monkeypatch.setattr(opening, "BYTES_KEPT", 0)
    opening._tidy(folder / "another")
    assert list(folder.glob("*")) == []
