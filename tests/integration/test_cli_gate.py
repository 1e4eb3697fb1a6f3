"""`custody gate`: yes, no, and everything that must not become a yes."""

from __future__ import annotations

import re
import sqlite3
import sys
from pathlib import Path

import pytest
from cli_desk import ORIGIN, Desk, on_a_terminal
from harness import screen, world

from custody.kinds import Policy
from custody.ledger.writer import Draft

MAIN = ("--ledger", "main.ledger")
KEEPER = (*MAIN, "--key", "keeper.key")
CI = (*MAIN, "--key", "ci.key")
APPROVER = (*MAIN, "--key", "approver.key")
GATE = ("gate", "api.whl", "--env", "prod", *MAIN)
HEAD = 'version = 1\nname = "production"\nenvironments = ["prod"]\n'
CONTROLS = """
[controls.unit]
kind = "evidence"
[controls.release]
kind = "approvals"
apart-from = []
"""
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202ex\u200b\nverified\r[bold]y[/]"


def record_policy(desk: Desk, text: str = HEAD + CONTROLS, *where: str) -> None:
    desk.path("policy.toml").write_text(text)
    desk("append", "policy", "policy.toml", *(where or KEEPER))


def approve(desk: Desk, *more: str) -> str:
    said = desk("append", "approval", "api.whl", "--env", "prod", "--yes", *APPROVER, *more, "--json").json
    return str(said["id"])


def cover(desk: Desk) -> None:
    desk("checkpoint", *KEEPER)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Built, checked and under a policy, up to a checkpoint; nobody approved it."""
    desk = Desk.set_up(tmp_path_factory.mktemp("gate"))
    desk.begin()
    record_policy(desk)
    desk.job("unit")
    desk("merge", "main.ledger", "unit.ledger", "--key", "keeper.key")
    return desk


@pytest.fixture(scope="module")
def ready(before: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Approved as well. Only to be read."""
    desk = before.copy(tmp_path_factory.mktemp("ready"))
    approve(desk)
    cover(desk)
    return desk


@pytest.fixture
def desk(ready: Desk, tmp_path: Path) -> Desk:
    return ready.copy(tmp_path)


@pytest.fixture
def waiting(before: Desk, tmp_path: Path) -> Desk:
    return before.copy(tmp_path)


# Yes and no


def test_yes(ready: Desk) -> None:
    said = ready(*GATE)
    assert said.out.splitlines()[-1].startswith("yes · 98ea6e4f216f for prod")
    assert re.findall(r"^(ok|NO|MISSING) +(\S+)", said.out, re.MULTILINE) == [
        ("ok", "unit"),
        ("ok", "release"),
    ]
    assert "verified · acme.example/payments" in said.err


@pytest.mark.parametrize(
    "given", ["98ea6e4f21", "api", "api@{}", "{}", "98ea6e4f216f2fb4b69fff9b3a44842c38686ca6"]
)
def test_the_artifact_by_its_name_and_by_its_fingerprint(ready: Desk, given: str) -> None:
    full = given.format("98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4")
    assert ready("gate", full, "--env", "prod", *MAIN).out.splitlines()[-1].startswith("yes")


def test_no_says_what_stands_in_the_way(before: Desk) -> None:
    said = before(*GATE, exit=6)
    assert said.out.splitlines()[-1] == "NO · 98ea6e4f216f for prod · release missing"
    assert "0 of 1 approval needed for prod" in said.out


def test_a_failed_check_and_a_rejection(waiting: Desk) -> None:
    waiting("append", "evidence", "--control", "unit", "--result", "fail", "--artifact", "api.whl", *CI)
    approve(waiting, "--reject", "--reason", "not on a friday")
    cover(waiting)
    assert "unit failed, release failed" in waiting(*GATE, exit=6).out


@pytest.mark.parametrize("given", ["other.whl", "f" * 64, f"api@{'f' * 64}"])
def test_what_nobody_recorded_does_not_pass(desk: Desk, given: str) -> None:
    """Also where it goes by the name of something that may pass."""
    desk.path("other.whl").write_bytes(b"other\n")
    said = desk("gate", given, "--env", "prod", *MAIN, exit=6)
    assert "NO · " in said.out and "unit missing" in said.out
    assert desk("gate", "other.whl", "--name", "api", "--env", "prod", *MAIN, exit=6)


def test_an_environment_without_a_policy(ready: Desk) -> None:
    said = ready("gate", "api.whl", "--env", "staging", *MAIN, exit=6)
    assert "no policy in force governs it" in said.out.splitlines()[-1]


def test_a_policy_of_which_nothing_applies_is_nobodys_word(ready: Desk) -> None:
    ready.path("narrow.toml").write_text(
        HEAD + '[controls.unit]\nkind = "evidence"\nwhen = { name = "web" }\n'
    )
    said = ready(*GATE, "--what-if", "--policy", "narrow.toml", exit=6).out.splitlines()
    assert said[-1] == "unknown: NO · 98ea6e4f216f for prod · no control of the policy applies to it"


# Ledgers that cannot be believed


def test_a_tampered_ledger_gets_no_verdict(desk: Desk) -> None:
    with sqlite3.connect(desk.path("main.ledger")) as connection:
        connection.execute("UPDATE entry SET signature = zeroblob(64) WHERE position = 3")
    connection.close()
    said = desk(*GATE, exit=1)
    assert (said.out, said.reason) == ("", "not-verified")
    assert desk(*GATE, "--json", exit=1).out == ""
    assert desk(*GATE, "--what-if", "--policy", "policy.toml", exit=1).out == ""


def test_what_is_no_ledger_is_refused(desk: Desk) -> None:
    assert desk(*GATE[:4], "-l", "api.whl", exit=3).out == ""
    assert desk(*GATE[:4], "-l", "gone.ledger", exit=3).reason == "not-found"
    desk.path("main.ledger-journal").write_bytes(b"x" * 600)
    assert desk(*GATE, exit=3).reason == "sidecar"
    assert desk(*GATE, "--record", "--key", "keeper.key", exit=3).reason == "sidecar"


def test_without_a_root_it_is_no(desk: Desk) -> None:
    desk("trust", "forget", ORIGIN)
    said = desk(*GATE, exit=6)
    assert "gaps        no-checkpoint, no-root" in said.out and "give --root KEY" in said.out
    assert desk(*GATE, "--json", exit=6).json["answer"]["gaps"] == ["no-checkpoint", "no-root"]
    assert desk(*GATE, "--root", "root.key.pub").out.splitlines()[-1].startswith("yes")
    assert desk(*GATE, "--root", "stranger.key.pub", exit=1).out == ""


def test_an_export_by_itself_is_no_word_of_anybodys(ready: Desk) -> None:
    said = ready(*GATE[:4], "-l", "unit.ledger", exit=6)
    assert "no-trust" in said.out and said.out.splitlines()[-1].startswith("unknown: NO")


def tail(desk: Desk) -> None:
    desk("append", "note", "later", *CI)


def chain_left_open(desk: Desk) -> None:
    desk("append", "note", "later", *CI, "--trail", "run-2")


def unknown_writer(desk: Desk) -> None:
    desk("append", "note", "later", *MAIN, "--key", "stranger.key")
    cover(desk)


def wrong_role(desk: Desk) -> None:
    desk("append", "approval", "api.whl", "--env", "prod", "--yes", *CI)
    cover(desk)


def no_checkpoint(desk: Desk) -> None:
    with sqlite3.connect(desk.path("main.ledger")) as connection:
        connection.execute("DELETE FROM checkpoint")
    connection.close()
    desk("trust", "forget", ORIGIN)  # or the checkpoints that are remembered would be enough
    desk("trust", "pin", ORIGIN, "root.key.pub")


GAPS = {
    "uncovered-tail": tail,
    "open-chain": chain_left_open,
    "unknown-writer": unknown_writer,
    "role": wrong_role,
    "no-checkpoint": no_checkpoint,
}


@pytest.mark.parametrize("allows", [False, True], ids=["strict", "uncovered-tail allowed"])
@pytest.mark.parametrize("gap", GAPS)
def test_every_gap_is_a_no_but_an_uncovered_tail_that_the_policy_allows(
    desk: Desk, gap: str, allows: bool
) -> None:
    if allows:
        record_policy(desk, f"{HEAD}uncovered-tail = true\n{CONTROLS}")
        cover(desk)
    GAPS[gap](desk)
    yes = allows and gap == "uncovered-tail"
    said = desk(*GATE, "--json", exit=0 if yes else 6).json["answer"]
    assert said["verdict"]["outcome"] == "passed" and said["allowed"] == yes
    assert said["gaps"] == [] if yes else gap in said["gaps"]
    assert allows or {"uncovered-tail", "open-chain"} & {gap} or said["gaps"] == [gap]
    assert (
        "NO · the policy says yes, and the ledger has gaps" not in desk(*GATE, exit=0 if yes else 6).out
        or not yes
    )


# Policies that cannot be believed


def test_a_policy_that_cannot_be_read_governs_everything(desk: Desk) -> None:
    world.append(
        desk.path("main.ledger"),
        [Draft("policy", Policy("other", "version = 1\n").write(), last=True)],
        "keeper",
    )
    cover(desk)
    for environment in ("prod", "staging"):
        said = desk("gate", "api.whl", "--env", environment, *MAIN, exit=6)
        assert "the policy other" in said.out.splitlines()[-1] and "cannot be told" in said.out
    assert desk(*GATE, "--json", exit=6).json["answer"]["verdict"]["outcome"] == "unknown"


def test_two_policies_that_met_in_a_merge(desk: Desk) -> None:
    record_policy(
        desk, HEAD.replace("production", "lenient") + CONTROLS, "--ledger", "b.ledger", "--origin", ORIGIN,
        "--key", "keeper.key",
    )  # fmt: skip
    desk("merge", "main.ledger", "b.ledger", "--key", "keeper.key")
    last = desk(*GATE, exit=6).out.splitlines()[-1]
    assert last.startswith("unknown: NO · ") and "more than one policy governs it: lenient" in last


def test_a_policy_of_somebody_who_may_not_record_one_governs_nothing(desk: Desk) -> None:
    record_policy(desk, HEAD.replace('"prod"', '"staging"').replace("production", "mine") + CONTROLS, *CI)
    cover(desk)
    said = desk("gate", "api.whl", "--env", "staging", *MAIN, exit=6)
    assert "no policy in force governs it" in said.out and "role" in said.out


# Moments


def test_as_of_a_moment(ready: Desk) -> None:
    entries = ready.entries("main.ledger", exit=0)
    given = next(one["time"] for one in entries if one["kind"] == "approval")
    said = ready(*GATE, "--at", given)
    assert f"= {given}" in next(line for line in said.out.splitlines() if line.startswith("understood"))
    policy = next(one["time"] for one in entries if one["kind"] == "policy")
    assert "release missing" in ready(*GATE, "--at", policy, exit=6).out
    assert "no policy in force governs it" in ready(*GATE, "--at", "2020-01-01", exit=6).out
    assert ready(*GATE, "--at", "someday", exit=2).out == ""
    assert "(+01:00)" in ready(*GATE, "--at", "2030-01-01", "--tz", "Europe/Oslo").out


# On record


def decisions(desk: Desk, exit: int = 4) -> list[dict[str, object]]:
    found = [one for one in desk.entries("main.ledger", exit=exit) if one["kind"] == "decision"]
    return [desk("show", one["id"], *MAIN, "--json", exit=exit).json["answer"] for one in found]


def test_a_yes_on_record(desk: Desk) -> None:
    said = desk(*GATE, "--record", "--key", "keeper.key", "--json").json
    (entry,) = decisions(desk)
    body = entry["body"]
    assert isinstance(body, dict)
    answer = said["answer"]
    assert answer["decision"]["id"] == entry["id"] and answer["allowed"]
    assert body["verificationResult"] == "PASSED" and body["environment"] == "prod"
    assert body["timeVerified"] == answer["verdict"]["moment"]
    assert body["log"] == {"size": said["verification"]["size"], "root": said["verification"]["rootHash"]}
    assert body["policy"]["digest"]["sha256"] == answer["verdict"]["policy"]["sha256"]
    assert body["controls"] == [
        {key: one[key] for key in ("name", "kind", "state")}
        | {"entries": [proof["entry"] for proof in one["proofs"]]}
        for one in answer["verdict"]["controls"]
    ]
    cover(desk)
    assert desk("verify", "main.ledger").code == 0
    assert desk("findings", "main.ledger", "--code", "decision-contradicted").out.count("\n") <= 1
    assert "decision recorded at position" in desk(*GATE, "--record", "--key", "keeper.key").err


def test_a_no_on_record_whether_of_the_policy_or_of_the_verification(waiting: Desk) -> None:
    waiting(*GATE, "--record", "--key", "keeper.key", exit=6)
    approve(waiting)
    waiting(*GATE, "--record", "--key", "keeper.key", exit=6)
    waiting("gate", "api.whl", "--env", "staging", *MAIN, "--record", "--key", "keeper.key", exit=6)
    first, second, third = (one["body"] for one in decisions(waiting))
    assert isinstance(first, dict) and isinstance(second, dict) and isinstance(third, dict)
    assert (first["verificationResult"], first["controls"][1]["state"], "reason" in first) == (
        "FAILED",
        "missing",
        False,
    )
    assert (second["verificationResult"], second["controls"][1]["state"]) == ("FAILED", "satisfied")
    assert second["reason"] == "gaps of the verification: uncovered-tail"
    assert "policy" not in third and third["reason"].endswith("uncovered-tail; no policy in force governs it")
    waiting("checkpoint", *KEEPER)
    waiting("verify", "main.ledger")


@pytest.mark.parametrize(
    ("key", "who"), [("ci.key", "ci"), ("approver.key", "approver"), ("stranger.key", "nobody")]
)
def test_only_a_custodian_puts_a_decision_on_record(desk: Desk, key: str, who: str) -> None:
    before = desk.path("main.ledger").read_bytes()
    said = desk(*GATE, "--record", "--key", key, "--json", exit=2)
    assert (said.reason, said.out) == ("role", "") and f"is {who}'s" in said.err
    desk("trust", "forget", ORIGIN)  # nobody is anybody then
    assert desk(*GATE, "--record", "--key", "keeper.key", exit=2).reason == "role"
    assert desk.path("main.ledger").read_bytes() == before


def test_what_could_not_be_recorded_is_no_answer(desk: Desk) -> None:
    before = desk.path("main.ledger").read_bytes()
    blocker = sqlite3.connect(desk.path("main.ledger"), isolation_level=None)
    try:
        blocker.execute("BEGIN IMMEDIATE")
        said = desk(*GATE, "--record", "--key", "keeper.key", "--wait", "0", exit=5)
    finally:
        blocker.close()
    assert (said.out, said.reason) == ("", "busy")
    assert desk(*GATE, "--record", "--key", "gone.key", exit=2).out == ""
    assert desk.path("main.ledger").read_bytes() == before


def test_without_record_nothing_is_written(desk: Desk) -> None:
    before = desk.path("main.ledger").read_bytes()
    desk(*GATE, "--key", "keeper.key")
    assert desk.path("main.ledger").read_bytes() == before


# For programs


def test_the_answer_for_programs(ready: Desk) -> None:
    said = ready(*GATE, "--json").json
    assert set(said) == {"verification", "answer"} and said["verification"]["exit"] == 0
    answer = said["answer"]
    assert set(answer) == {"allowed", "gaps", "name", "verdict"}
    assert (answer["allowed"], answer["gaps"], answer["name"]) == (True, [], "api")
    verdict = answer["verdict"]
    assert {key: verdict[key] for key in ("outcome", "environment", "reason")} == {
        "outcome": "passed", "environment": "prod", "reason": "",
    }  # fmt: skip
    assert verdict["policy"]["name"] == "production" and verdict["policy"]["proof"]["entry"]
    assert [one["name"] for one in verdict["controls"]] == ["unit", "release"]
    for one in verdict["controls"]:
        assert {"name", "kind", "state", "sentence", "proofs"} <= set(one)
        assert {"position", "entry", "time", "writer"} <= set(one["proofs"][0])


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("api.whl",), ("--env", "prod"), ("api.whl", "--env", "pr od"), ("api.whl", "--env", ""),
        ("", "--env", "prod"), ("gone.whl", "--env", "prod"), ("nothing", "--env", "prod"),
        ("api.whl", "--env", "prod", "--what-if"), ("api.whl", "--env", "prod", "--policy", "policy.toml"),
        ("api.whl", "--env", "prod", "--record", "--at", "today"), ("api.whl", "--env", "prod", "--tz", "Nowhere"),
        ("api.whl", "--env", "prod", "--record", "--what-if", "--policy", "policy.toml"),
        ("--what-if", "--policy", "policy.toml", "--at", "today"),
        ("--what-if", "--policy", "policy.toml", "--name", "api"),
        ("--what-if", "--policy", "gone.toml"), ("--what-if", "--policy", "bad.toml"),
        ("api.whl", "--env", "prod", "--what-if", "--policy", "bad.toml"),
        ("api.whl", "--env", "prod", "--name", "a b"), ("98ea6e", "--env", "prod", "--frobnicate"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_neither_yes_nor_no(ready: Desk, arguments: tuple[str, ...]) -> None:
    ready.path("bad.toml").write_text(HEAD + CONTROLS + "cuont = 2\n")
    said = ready("gate", *arguments, *MAIN, exit=2)
    assert said.out == "" and said.reason


def test_a_name_of_several_artifacts_is_not_guessed(desk: Desk) -> None:
    desk.path("two").write_bytes(b"two")
    desk("append", "artifact", "two", "--name", "api", *CI)
    said = desk("gate", "api", "--env", "prod", *MAIN, exit=2)
    assert said.reason == "ambiguous" and "98ea6e4f216f" in said.err


# What if


def test_another_policy_for_one_artifact(ready: Desk) -> None:
    ready.path("two.toml").write_text(HEAD + CONTROLS + "count = 2\n")
    said = ready(*GATE, "--what-if", "--policy", "two.toml", exit=6)
    assert "1 of 2 approvals needed" in said.out and ", not recorded)" in said.out
    ready.path("elsewhere.toml").write_text(HEAD.replace('"prod"', '"staging"') + CONTROLS)
    assert "does not govern it" in ready(*GATE, "--what-if", "--policy", "elsewhere.toml", exit=6).out
    assert (
        "unit"
        in ready(
            "gate", "api", "--env", "staging", "--what-if", "--policy", "elsewhere.toml", *MAIN, exit=6
        ).out
    )


def test_another_policy_cannot_talk_a_gap_away(desk: Desk) -> None:
    desk.path("free.toml").write_text(f"{HEAD}uncovered-tail = true\n{CONTROLS}")
    unknown_writer(desk)
    assert "unknown-writer" in desk(*GATE, "--what-if", "--policy", "free.toml", exit=6).out


def test_which_tail_is_allowed_is_the_word_of_the_policy_that_judges(desk: Desk) -> None:
    desk.path("free.toml").write_text(f"{HEAD}uncovered-tail = true\n{CONTROLS}")
    desk.path("strict.toml").write_text(HEAD + CONTROLS)
    tail(desk)
    desk(*GATE, exit=6)
    desk(*GATE, "--what-if", "--policy", "free.toml")
    desk("append", "policy", "free.toml", *KEEPER)
    desk(*GATE)
    assert "uncovered-tail" in desk(*GATE, "--what-if", "--policy", "strict.toml", exit=6).out


def test_another_policy_over_every_deployment(desk: Desk) -> None:
    desk("append", "deployment", "api.whl", "--env", "prod", *CI)
    desk.path("two").write_bytes(b"two")
    desk("append", "artifact", "two", "--name", "two", *CI)
    desk("append", "evidence", "--control", "smoke", "--result", "pass", "--artifact", "two", *CI)
    desk("append", "deployment", "two", "--env", "prod", *CI)
    desk("append", "deployment", "two", "--env", "staging", *CI)
    cover(desk)
    desk.path("strict.toml").write_text(HEAD + CONTROLS + "count = 2\n")
    desk.path("free.toml").write_text(
        HEAD.replace('"prod"', '"prod", "staging"')
        + '[controls.smoke]\nkind = "evidence"\nwhen = { name = "two" }\n'
    )
    before = desk.path("main.ledger").read_bytes()
    said = desk("gate", "--what-if", "--policy", "strict.toml", *MAIN)
    assert "2 deployments under policy production: 1 would have been refused that were not, 0 let" in said.out
    answer = desk("gate", "--what-if", "--policy", "strict.toml", *MAIN, "--json").json["answer"]
    assert (answer["deployments"], answer["refused"], answer["letThrough"]) == (2, 1, 0)
    assert [(one["artifact"], one["then"]["outcome"], one["whatIf"]["outcome"]) for one in answer["replayed"]] == [
        ("api.whl", "passed", "failed"), ("two", "failed", "failed"),
    ]  # fmt: skip
    free = ("gate", "--what-if", "--policy", "free.toml", *MAIN)
    answer = desk(*free, "--json").json["answer"]
    assert (answer["deployments"], answer["refused"], answer["letThrough"]) == (3, 1, 1)
    assert [one["whatIf"]["outcome"] for one in answer["replayed"]] == ["unknown", "passed", "passed"]
    (staging,) = desk(*free, "--env", "staging", "--json").json["answer"]["replayed"]
    assert staging["then"]["reason"] == "no policy in force governs it"
    assert "no policy" in desk(*free).out
    assert desk.path("main.ledger").read_bytes() == before
    desk("trust", "forget", ORIGIN)
    desk("gate", "--what-if", "--policy", "strict.toml", *MAIN, exit=4)  # a question, and no gate


def test_a_mistake_in_the_policy_is_told_with_its_line(ready: Desk) -> None:
    ready.path("bad.toml").write_text(HEAD + CONTROLS + "cuont = 2\n")
    said = ready("gate", "--what-if", "--policy", "bad.toml", *MAIN, exit=2)
    assert "bad.toml: line 10: controls.release.cuont" in said.err and "did you mean count?" in said.err


# Terminals


@pytest.fixture(scope="module")
def hostile(before: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A ledger in which everything that a verdict could quote wants to drive a terminal."""
    desk = before.copy(tmp_path_factory.mktemp("hostile"))
    record_policy(desk, f'{HEAD}uncovered-tail = true\n{CONTROLS}[controls.other]\nkind = "evidence"\n')
    desk("append", "allow", "api.whl", "--name", "api", "--env", "prod", "--until", "2d", "--control", "other",
         "--reason", HOSTILE, *KEEPER)  # fmt: skip
    approve(desk, "--given-by", HOSTILE)
    desk("append", "deployment", "api.whl", "--env", "prod", "--reason", HOSTILE, *CI)
    return desk


@pytest.mark.parametrize("more", [(), ("--what-if", "--policy", "policy.toml"), ("--json",)], ids=" ".join)
def test_nothing_of_a_ledger_drives_the_terminal(hostile: Desk, more: tuple[str, ...]) -> None:
    said = hostile(*GATE, *more, exit=6)
    screen.check_harmless(said.out + said.err, "gate", terminal=False)
    assert "owned" in said.out
    if sys.platform == "win32":
        return
    code, shown = on_a_terminal(hostile, *GATE, *more, columns=60)
    assert code == 6 and "owned" in shown
    screen.check_harmless(shown.replace("\r\n", "\n"), "gate", terminal=True)
    if not more:
        plain = re.sub("\x1b\\[[0-9;]*m", "", shown)
        table = plain[plain.index("control") : plain.index("NO ·")]
        assert max(map(len, table.splitlines())) <= 60, "the table is wider than the terminal"
        assert "\x1b[31;1mNO\x1b[0m" in shown
    elif more[0] == "--what-if":
        code, shown = on_a_terminal(hostile, "gate", *more, *MAIN, columns=60)
        assert code == 4 and "1 deployments" in shown
        screen.check_harmless(shown.replace("\r\n", "\n"), "what-if", terminal=True)


def test_what_the_gate_is_told_is_quoted_harmlessly(ready: Desk) -> None:
    for given in (
        (HOSTILE, "--env", "prod"),
        ("api", "--env", HOSTILE),
        ("api.whl", "--name", HOSTILE, "--env", "prod"),
    ):
        said = ready("gate", *given, *MAIN, exit=2)
        screen.check_harmless(said.err, repr(given), terminal=False)
