"""Which policies are in force, and which governs: where that is in doubt, none does."""

from __future__ import annotations

from pathlib import Path

import pytest
from book import Book, at, policy

from custody.ledger.writer import Draft
from custody.policy.governing import PolicyEntry, governing, policies


def text(name: str = "release", environments: str = '["prod"]', control: str = "tests") -> str:
    return f'version = 1\nname = "{name}"\nenvironments = {environments}\n[controls.{control}]\nkind = "evidence"\n'


def in_force(
    book: Book, folder: Path, before: int | None = None, moment: str | None = None
) -> list[PolicyEntry]:
    with book.open(folder) as (snapshot, index):
        return policies(snapshot, index, before, moment)


def controls(entries: list[PolicyEntry]) -> list[tuple[str, str]]:
    return [(one.name, one.policy.controls[0].name if one.policy else one.problem) for one in entries]


def test_of_each_name_the_latest_in_effect(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 9, policy(text(control="newest")))
    before = len(book.entries)
    book.chain("keeper", 3, policy(text(control="older")))
    book.chain("keeper", 1, policy(text("other", '["staging"]'), "other"))
    assert controls(in_force(book, tmp_path)) == [("other", "tests"), ("release", "newest")]
    for folder, position, moment, expected in (
        ("1", None, at(8), [("other", "tests"), ("release", "older")]),
        ("2", None, at(1), [("other", "tests")]),
        ("3", before, None, [("release", "newest")]),
        ("4", before, at(8), []),
    ):
        (tmp_path / folder).mkdir()
        assert controls(in_force(book, tmp_path / folder, position, moment)) == expected


def test_what_does_not_count_is_no_policy(tmp_path: Path) -> None:
    book = Book()
    for who in ("stranger", "builder", "risk-officer"):
        book.chain(who, 1, policy(text()), policy("nonsense", "x"))
    assert in_force(book, tmp_path) == []


def test_of_one_chain_the_last_and_of_two_at_one_time_neither(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 5, policy(text(control="first")), policy(text(control="second")))
    assert controls(in_force(book, tmp_path)) == [("release", "second")]
    book.chain("keeper", 5, policy(text(control="second")))
    (tmp_path / "2").mkdir()
    assert controls(in_force(book, tmp_path / "2")) == [("release", "second")]
    book.chain("keeper", 5, policy(text(control="third")))
    (tmp_path / "3").mkdir()
    ((name, problem),) = controls(in_force(book, tmp_path / "3"))
    assert name == "release" and "recorded different texts of it" in problem
    book.chain("keeper", 6, policy(text(control="fourth")))
    (tmp_path / "4").mkdir()
    assert controls(in_force(book, tmp_path / "4")) == [("release", "fourth")]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("version = 1\n", ""),
        ("not TOML", ""),
        (text("another"), "names another policy, another"),
        (text(environments="[]"), ""),
    ],
)
def test_an_unreadable_policy_governs_everything_with_nothing(
    tmp_path: Path, document: str, problem: str
) -> None:
    book = Book()
    book.chain("keeper", 1, policy(text(environments='["staging"]')))
    book.chain("keeper", 2, policy(document, "broken"))
    entries = in_force(book, tmp_path)
    broken, fine = entries
    assert (broken.policy, broken.text, broken.name) == (
        None,
        document,
        "broken",
    ) and problem in broken.problem
    assert fine.policy is not None
    for environment in ("staging", "prod"):
        sentence = governing(entries, environment)
        assert isinstance(sentence, str) and sentence.startswith(
            "the policy broken (position 6) may govern it"
        )
    book.chain("keeper", 3, policy(text("broken"), "broken"))
    (tmp_path / "2").mkdir()
    found = governing(in_force(book, tmp_path / "2"), "prod")
    assert isinstance(found, PolicyEntry) and found.proof.writer == "keeper" and found.proof.time == at(3)


def test_a_policy_whose_body_cannot_be_read_may_be_of_any_name(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(text()))
    book.chain("keeper", 2, Draft("policy", {"name": "release", "document": 7}))
    entries = in_force(book, tmp_path)
    assert [one.name for one in entries] == ["release", ""]
    sentence = governing(entries, "prod")
    assert isinstance(sentence, str) and "a root would have to disown it" in sentence
    (tmp_path / "2").mkdir()
    assert isinstance(governing(in_force(book, tmp_path / "2", moment=at(1)), "prod"), PolicyEntry)


def test_one_policy_governs_or_none_does(tmp_path: Path) -> None:
    book = Book()
    book.chain(
        "keeper", 1, policy(text("a", '["prod", "prod-*"]'), "a"), policy(text("b", '["*-eu", "test"]'), "b")
    )
    entries = in_force(book, tmp_path)
    for environment, name in (("prod", "a"), ("prod-us", "a"), ("test", "b"), ("staging-eu", "b")):
        found = governing(entries, environment)
        assert isinstance(found, PolicyEntry) and found.name == name
    assert (
        governing(entries, "prod-eu") == "more than one policy governs it: a (position 3) and b (position 4)"
    )
    assert governing(entries, "staging") == "no policy in force governs it"
    assert governing([], "prod") == "no policy in force governs it"


def test_a_text_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from custody.policy import governing as module
    from custody.policy.asking import Known

    read: list[str] = []
    honest = module.read_policy
    monkeypatch.setattr(module, "read_policy", lambda document: read.append(document) or honest(document))
    book = Book()
    book.chain("keeper", 1, policy(text()), policy(text("b", '["x"]'), "b"), policy("bad", "c"))
    with book.open(tmp_path) as (snapshot, index):
        found = module.Policies(Known(snapshot, index))
        assert found.in_force(None, None) == found.in_force(None, at(1)) == policies(snapshot, index)
    assert len(read) == 3 + 3
