"""Recording a policy: what is refused, and that an environment never has two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_desk import ORIGIN, Desk
from harness import world

from custody.errors import InputError
from custody.kinds import Policy
from custody.ledger.writer import Draft
from custody.policy.document import Policy as PolicyDocument
from custody.policy.in_force import common_environment
from custody.policy.read import read_policy

MAIN = ("--ledger", "main.ledger", "--key", "keeper.key")
CI = ("--ledger", "main.ledger", "--key", "ci.key")


def document(name: str, *environments: str, more: str = "") -> str:
    return (
        f'version = 1\nname = "{name}"\nenvironments = {json.dumps(environments)}\n'
        f'[controls.unit-tests]\nkind = "evidence"\n{more}'
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    desk.begin()
    for name, environments in {
        "production": ("prod", "prod-*"),
        "staging": ("staging",),
        "eu": ("*-eu",),
    }.items():
        desk.path(f"{name}.toml").write_text(document(name, *environments))
    return desk


def test_a_policy_is_recorded_under_its_own_name_and_verbatim(desk: Desk) -> None:
    said = desk("append", "policy", "production.toml", *MAIN, "--json").json
    shown = desk("show", said["id"], "-l", "main.ledger", "--json", exit=4).json["answer"]["body"]
    assert shown["name"] == "production"
    assert shown["document"] == desk.path("production.toml").read_text()
    desk("append", "policy", "production.toml", "--name", "production", *MAIN)
    assert desk("append", "policy", "production.toml", "--name", "policy", *MAIN, exit=2).reason == "name"


def test_what_cannot_be_meant_is_not_recorded_and_the_line_is_told(desk: Desk) -> None:
    before = desk.path("main.ledger").read_bytes()
    desk.path("bad.toml").write_text(document("p", "prod", more="limits = { critical = 0 }\nfloor = 3\n"))
    said = desk("append", "policy", "bad.toml", *MAIN, exit=2)
    assert said.reason == "policy"
    assert said.err == (
        "custody: policy: bad.toml: line 7: controls.unit-tests.floor: a control of kind evidence has no such key; "
        "did you mean floors?\n"
    )
    assert desk.path("main.ledger").read_bytes() == before


def test_two_policies_for_one_environment_are_refused_and_both_are_named(desk: Desk) -> None:
    desk("append", "policy", "production.toml", *MAIN)
    desk("append", "policy", "staging.toml", *MAIN)
    before = desk.path("main.ledger").read_bytes()
    said = desk("append", "policy", "eu.toml", *MAIN, exit=2)
    assert said.reason == "policy"
    assert "the policies eu and production would both judge the environment prod-eu" in said.err
    assert desk("append", "policy", "eu.toml", *MAIN, "--dry-run", exit=2).reason == "policy"
    assert desk.path("main.ledger").read_bytes() == before


def test_a_later_document_of_a_name_takes_the_place_of_the_earlier(desk: Desk) -> None:
    desk("append", "policy", "production.toml", *MAIN)
    desk.path("narrow.toml").write_text(document("production", "prod"))
    desk("append", "policy", "narrow.toml", *MAIN)
    desk("append", "policy", "eu.toml", *MAIN)
    assert "and eu would both" in desk("append", "policy", "production.toml", *MAIN, exit=2).err


def test_two_policies_of_one_batch_are_held_against_each_other(desk: Desk) -> None:
    lines = b'{"append": "policy", "file": "production.toml"}\n{"append": "policy", "file": "%s.toml"}\n'
    before = desk.path("main.ledger").read_bytes()
    assert desk("append", "batch", *MAIN, stdin=lines % b"eu", exit=2).reason == "policy"
    assert desk.path("main.ledger").read_bytes() == before
    assert desk(
        "append",
        "batch",
        "--ledger",
        "new.ledger",
        *MAIN[2:],
        "--origin",
        ORIGIN,
        stdin=lines % b"eu",
        exit=2,
    )
    assert not desk.path("new.ledger").exists()
    desk("append", "batch", *MAIN, stdin=lines % b"staging")


def test_only_a_policy_that_counts_stands_in_the_way(desk: Desk) -> None:
    desk("append", "policy", "production.toml", *CI)  # of a builder, who may not
    desk("append", "policy", "eu.toml", *MAIN)
    assert desk("append", "policy", "production.toml", *MAIN, exit=2).reason == "policy"
    desk("trust", "forget", ORIGIN)  # to a machine without a root, whatever is sound may count
    desk.path("rest.toml").write_text(document("rest", "prod"))
    assert "rest and production" in desk("append", "policy", "rest.toml", *MAIN, exit=2).err


def test_a_policy_whose_signature_does_not_hold_stands_in_nobodys_way(desk: Desk) -> None:
    import sqlite3

    desk("append", "policy", "production.toml", *MAIN)
    with sqlite3.connect(desk.path("main.ledger")) as connection:
        connection.execute(
            'UPDATE entry SET signature = zeroblob(64) WHERE instr(header, \'"kind":"policy"\')'
        )
    connection.close()
    desk("append", "policy", "eu.toml", *MAIN)


def test_a_recorded_policy_of_another_form_is_told_and_can_be_replaced(desk: Desk) -> None:
    draft = Draft("policy", Policy("production", "version = 1\n").write(), last=True)
    world.append(desk.path("main.ledger"), [draft], "keeper")
    said = desk("append", "policy", "eu.toml", *MAIN)
    assert "note: this ledger's policy production cannot be read" in said.err
    desk.path("narrow.toml").write_text(document("production", "prod"))
    assert "note" not in desk("append", "policy", "narrow.toml", *MAIN).err


def test_the_environment_that_two_policies_share_is_one_that_could_be() -> None:
    def policy(*environments: str) -> PolicyDocument:
        return read_policy(document("p", *environments))

    assert common_environment(policy("*"), policy("prod", "**")) == "prod"
    assert common_environment(policy("*"), policy("**")) == "x"
    assert common_environment(policy("dev", "a?"), policy("*b", "prod")) == "ab"
    assert common_environment(policy("prod"), policy("Prod", "prod-*")) is None
    long = policy("a" * 150 + "*"), policy("*" + "b" * 150)
    assert common_environment(*long) is None  # but no name is that long


def test_the_environments_are_as_many_as_it_takes_and_quickly_compared(desk: Desk) -> None:
    """Globs that are all stars: compared one character after the other, these would take minutes."""
    hostile = ["*" + "a*" * 90 + f"{number:03}" for number in range(100)]
    desk.path("one.toml").write_text(document("one", *(f"{glob}x" for glob in hostile)))
    desk.path("two.toml").write_text(document("two", *(f"{glob}y" for glob in hostile)))
    desk("append", "policy", "one.toml", *MAIN)
    desk("append", "policy", "two.toml", *MAIN)


DOCS = Path(__file__).resolve().parents[2] / "docs"


def examples(name: str) -> list[str]:
    return [part.split("\n```")[0] + "\n" for part in (DOCS / name).read_text("utf-8").split("```toml\n")[1:]]


def test_the_example_of_the_documents_is_recorded(desk: Desk) -> None:
    full = next(text for text in examples("policy.md") if text.startswith("version = 1"))
    assert len(read_policy(full).controls) == 12
    desk.path("policy.toml").write_text(full)
    desk("append", "policy", "policy.toml", *MAIN)


def test_every_example_of_the_documents_could_be_recorded() -> None:
    head = document("example", "prod", "prod-*")
    for text in examples("policy.md"):
        try:
            read_policy(text if text.startswith("version") else head + text)
        except InputError as error:
            pytest.fail(f"{error} in {text}")
