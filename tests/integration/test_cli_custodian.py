"""What a custodian and an auditor do: merge, seal, redact, pin, and find out that something is not what it was."""

from __future__ import annotations

import hashlib
import itertools
import shutil
import sqlite3
from pathlib import Path

import pytest
from cli_desk import ORIGIN, Desk
from harness import world

KEEPER = ("--key", "keeper.key")
MAIN = ("--ledger", "main.ledger")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    desk.begin()
    return desk


def digest(desk: Desk, name: str = "main.ledger") -> str:
    return hashlib.sha256(desk.path(name).read_bytes()).hexdigest()


def counts(desk: Desk, *arguments: str, exit: int, **env: str) -> dict[str, int]:
    found: dict[str, int] = desk("verify", *arguments, "--json", exit=exit, **env).json["counts"]
    return found


# --- merging


def test_parallel_jobs_merged_in_any_order_give_the_same_log(desk: Desk) -> None:
    jobs = ("build", "test", "lint")
    for name in jobs:
        desk.job(name)
    before = desk.path("main.ledger").read_bytes()
    logs = set()
    for order in itertools.permutations(jobs):
        desk.path("main.ledger").write_bytes(before)
        said = desk("merge", "main.ledger", *[f"{name}.ledger" for name in order], *KEEPER)
        assert said.out.startswith("merged 12 new entries (0 known already)")
        assert desk("verify", "main.ledger").out.splitlines()[-1] == "verified"
        ids = [one["id"] for one in desk.entries("main.ledger", exit=0)]
        # The two entries of the root and the two of the custodian are made anew or signed at another time.
        logs.add(tuple(ids[2:-2]))
        again = desk("merge", "main.ledger", *[f"{name}.ledger" for name in reversed(order)], *KEEPER)
        assert "nothing was written" in again.out
        desk(
            "trust", "forget", ORIGIN
        )  # the next merge begins from the same ledger: another log, to this machine
        desk("trust", "pin", ORIGIN, "root.key.pub")
    assert len(logs) == 1 and len(next(iter(logs))) == 12


def test_one_by_one_or_at_once_the_same_entries_are_there(desk: Desk) -> None:
    for name in ("build", "test"):
        desk.job(name)
    shutil.copy(desk.path("main.ledger"), desk.path("other.ledger"))
    desk("merge", "main.ledger", "build.ledger", "test.ledger", *KEEPER)
    desk("merge", "other.ledger", "test.ledger", *KEEPER)
    desk("merge", "other.ledger", "build.ledger", *KEEPER)
    taken = []
    for name in ("main", "other"):  # to one machine the second would be another log of the first
        auditor = {"CUSTODY_HOME": str(desk.path(name))}
        said = desk("log", "-n", "99", "--json", "-l", f"{name}.ledger", "--root", "root.key.pub", **auditor)
        kinds = ("artifact", "evidence", "seal")
        taken.append({one["id"] for one in said.json["answer"] if one["kind"] in kinds})
    assert taken[0] == taken[1] and len(taken[0]) == 6


def test_copies_of_a_ledger_that_are_both_appended_to_never_fork(desk: Desk) -> None:
    desk.job("unit", seal=False)
    run = ("--key", "ci.key", "--trail", "run-1", "--job", "unit")
    shutil.copy(desk.path("unit.ledger"), desk.path("copy.ledger"))
    shutil.copy(desk.path("unit.ledger"), desk.path("kept"))
    for name in ("unit", "copy"):
        desk("append", "note", f"in {name}", "--ledger", f"{name}.ledger", *run)
    shutil.copy(desk.path("unit.ledger"), desk.path("first.ledger"))
    shutil.copy(desk.path("kept"), desk.path("unit.ledger"))  # the disk was rolled back
    desk("append", "note", "after the rollback", "--ledger", "unit.ledger", *run)
    merged = desk(
        "merge", "main.ledger", "unit.ledger", "copy.ledger", "first.ledger", *KEEPER, "--json"
    ).json
    assert merged["forks"] == [] and merged["exit"] == 0
    notes = [one for one in desk.entries("main.ledger", exit=0) if one["kind"] == "note"]
    assert len(notes) == 3 and len({one["chain"] for one in notes}) == 3


def test_a_fork_is_taken_and_told_and_makes_the_ledger_unverified(desk: Desk) -> None:
    for name, text in (("one", "this"), ("two", "that")):
        world.append(
            desk.path(f"{name}.ledger"), [world.note("a"), world.note(text)], fixed=world.Fixed("fork")
        )
    said = desk("merge", "main.ledger", "one.ledger", "two.ledger", *KEEPER, exit=1)
    assert "FORK" in said.out
    assert counts(desk, "main.ledger", exit=1)["fork"] == 1
    refusal = desk("log", *MAIN, exit=1)
    assert refusal.reason == "not-verified" and "fork" in refusal.err and refusal.out == ""


def test_an_unknown_writer_is_left_out_unless_it_is_accepted(desk: Desk) -> None:
    desk.job("build")
    desk.job("odd", key="stranger.key")
    said = desk("merge", "main.ledger", "build.ledger", "odd.ledger", *KEEPER, exit=4)
    assert "merged 4 new entries" in said.out and "left out  odd.ledger" in said.out
    assert counts(desk, "main.ledger", exit=0) == {}
    taken = desk("merge", "main.ledger", "odd.ledger", "--accept-unknown", *KEEPER, "--json").json
    assert taken["taken"] == 4 and taken["leftOut"] == []
    assert counts(desk, "main.ledger", exit=4)["unknown-writer"] >= 1


def test_a_bad_source_stops_the_merge_or_is_passed_over(desk: Desk) -> None:
    desk.job("build")
    desk.job("test")
    desk.path("text.ledger").write_text("not a ledger")
    with sqlite3.connect(desk.path("test.ledger")) as database:
        database.execute("UPDATE entry SET signature = zeroblob(64) WHERE position = 2")
    database.close()
    before = digest(desk)
    for bad, exit in (("text.ledger", 3), ("gone.ledger", 3), ("test.ledger", 1)):
        said = desk("merge", "main.ledger", "build.ledger", bad, *KEEPER, exit=exit)
        assert bad in said.err and said.out == "" and digest(desk) == before
    said = desk(
        "merge", "main.ledger", "test.ledger", "build.ledger", "text.ledger", "--skip-bad", *KEEPER, exit=4
    )
    assert said.out.startswith("merged 4 new entries") and said.out.count("skipped") == 2


def test_a_ledger_of_another_origin_is_not_merged(desk: Desk) -> None:
    desk("append", "note", "x", "--ledger", "far.ledger", "--origin", "far/away", "--key", "ci.key")
    before = digest(desk)
    assert desk("merge", "main.ledger", "far.ledger", *KEEPER, exit=1).reason == "origin-differs"
    assert digest(desk) == before


def test_the_target_among_the_sources_is_passed_over(desk: Desk) -> None:
    desk.job("build")
    desk.path("link.ledger").symlink_to(desk.path("main.ledger"))
    said = desk("merge", "main.ledger", "build.ledger", "main.ledger", "link.ledger", *KEEPER)
    assert said.out.startswith("merged 4 new entries") and said.err.count("passed over") == 2
    before = digest(desk)
    assert desk("merge", "main.ledger", "./main.ledger", *KEEPER, exit=2).reason == "source"
    assert digest(desk) == before


def test_only_a_custodian_under_a_root_merges_and_signs(desk: Desk) -> None:
    desk.job("build")
    before = digest(desk)
    assert desk("merge", "main.ledger", "build.ledger", "--key", "ci.key", exit=2).reason == "role"
    assert desk("checkpoint", *MAIN, "--key", "ci.key", exit=2).reason == "role"
    desk("trust", "forget", ORIGIN)
    assert desk("merge", "main.ledger", "build.ledger", *KEEPER, exit=2).reason == "no-root"
    assert digest(desk) == before
    desk("merge", "main.ledger", "build.ledger", "--root", "root.key.pub", *KEEPER)
    desk("verify", "main.ledger", "--root", "root.key.pub")
    assert counts(desk, "main.ledger", exit=4)["no-root"] == 1


# --- retrying and sealing


def test_a_retry_with_the_same_once_records_once(desk: Desk) -> None:
    run = ("--ledger", "job.ledger", "--origin", ORIGIN, "--key", "ci.key", "--trail", "run-1")
    first = desk("append", "note", "x", "--once", "job-7", "--json", *run).json
    again = desk("append", "note", "x", "--once", "job-7", "--json", *run).json
    assert again == {**first, "repeated": True}
    assert "was recorded already" in desk("append", "note", "x", "--once", "job-7", *run).out
    other = desk("append", "note", "x", "--once", "job-8", "--json", *run).json
    assert other["position"] == first["position"] + 1 and other["chain"] == first["chain"]
    taken = desk("append", "artifact", "api.whl", "--once", "job-7", *run, exit=2)
    assert taken.reason == "once-taken"


def test_a_sealed_run_cannot_be_added_to_and_is_not_sealed_twice(desk: Desk) -> None:
    desk.job("build")
    run = ("--ledger", "build.ledger", "--key", "ci.key", "--trail", "run-1", "--job", "build")
    before = digest(desk, "build.ledger")
    assert desk("seal", *run, exit=2).reason == "no-chain"
    assert digest(desk, "build.ledger") == before
    sealed = desk.entries("build.ledger")[0]["chain"]
    later = desk("append", "note", "afterthought", *run, "--json").json
    assert later["chain"] != sealed
    last = desk("seal", *run, "--chain", sealed, "--json").json
    body = desk("show", str(last["position"]), "-l", "build.ledger", "--json", exit=4).json["answer"]["body"]
    assert body["chains"] == [sealed] and last["chain"] == later["chain"]


# --- redaction


def test_a_redaction_leaves_a_verified_ledger_and_the_bytes_are_gone(desk: Desk) -> None:
    desk.walk_after_begin()
    secret = "a name that has to go"
    noted = desk("append", "note", secret, "--key", "ci.key", "--json", *MAIN).json
    assert secret.encode() in desk.path("main.ledger").read_bytes()
    desk("redact", noted["id"][:12], "--reason", "erasure request 17", *KEEPER, *MAIN)
    assert secret.encode() not in desk.path("main.ledger").read_bytes()
    desk("checkpoint", *KEEPER, *MAIN)
    assert counts(desk, "main.ledger", exit=0) == {"redacted": 1}
    said = desk("verify", "main.ledger").out
    assert "erasure request 17" in said and said.splitlines()[-1] == "verified"
    assert "body: redacted" in desk("show", noted["id"], *MAIN).out
    before = digest(desk)
    assert desk("redact", noted["id"], "--reason", "again", *KEEPER, *MAIN, exit=2).reason == "erased"
    assert digest(desk) == before


def test_a_redaction_empties_the_cache_of_what_was_looked_up_before(desk: Desk) -> None:
    """An index of the ledger as it was may hold what was erased."""
    noted = desk("append", "note", "a phone number", *KEEPER, *MAIN, "--json").json
    cache = desk.path("home/cache/ledgers")
    cache.mkdir(parents=True, exist_ok=True)
    kept = [cache / "x.index", cache / "x.words", cache / "not-ours.txt"]
    for path in kept:
        path.write_bytes(b"a phone number")
    desk("redact", noted["id"][:12], "--reason", "erasure request 18", *KEEPER, *MAIN)
    assert [path.exists() for path in kept] == [False, False, True]


def test_a_redacted_blob_does_not_come_back_by_a_merge(desk: Desk) -> None:
    desk.path("report.txt").write_text("made by a person with a name")
    run = ("--ledger", "job.ledger", "--origin", ORIGIN, "--key", "ci.key", "--trail", "run-1")
    noted = desk("append", "note", "x", "--attach", "report.txt", "--json", *run).json
    desk("merge", "main.ledger", "job.ledger", *KEEPER)
    blob = hashlib.sha256(desk.path("report.txt").read_bytes()).hexdigest()
    erased = desk("redact", noted["id"], "--blob", blob, "--reason", "x", *KEEPER, *MAIN, "--json").json
    assert erased["erased"] == [blob]
    desk("append", "note", "y", *run)
    desk("merge", "main.ledger", "job.ledger", *KEEPER)
    assert b"with a name" not in desk.path("main.ledger").read_bytes()
    assert counts(desk, "main.ledger", exit=0) == {"open-chain-covered": 1, "redacted": 1}


def test_what_cannot_be_redacted_stays(desk: Desk) -> None:
    desk.walk_after_begin()
    desk.path("shared.txt").write_text("twice")
    blob = hashlib.sha256(b"twice").hexdigest()
    attached = ("append", "note", "x", "--attach", "shared.txt", "--key", "ci.key", "--json", *MAIN)
    noted = [desk(*attached).json for _ in range(2)]
    merged = next(one for one in desk.entries("main.ledger") if one["kind"] == "merge")
    before = digest(desk)

    def refused(reason: str, *arguments: str, exit: int = 2) -> None:
        said = desk("redact", *arguments, "--reason", "x", *MAIN, exit=exit)
        assert said.reason == reason, said.err
        assert digest(desk) == before

    refused("protected", "1", *KEEPER)  # the trust document
    refused("protected", merged["id"], *KEEPER)
    refused("shared", noted[0]["id"], "--blob", blob, *KEEPER)
    refused("blob", noted[0]["id"], "--blob", "0" * 64, *KEEPER)
    refused("entry", "999", *KEEPER)
    for key in ("ci.key", "approver.key", "stranger.key", "root.key"):
        refused("role", noted[0]["id"], "--key", key)
    desk("trust", "forget", ORIGIN)
    refused("no-root", noted[0]["id"], *KEEPER)


# --- trusting


def test_the_next_version_of_the_trust_document_must_follow(desk: Desk) -> None:
    first = desk.path("trust.toml").read_text()
    previous = hashlib.sha256(first.encode()).hexdigest()

    def version(number: int, previous: str, more: str = "") -> str:
        head = f'version = {number}\nprevious = "{previous}"'
        desk.path("next.toml").write_text(first.replace("version = 1", head) + more)
        return desk.path("next.toml").read_text()

    before = digest(desk)

    def refused(reason: str, *key: str) -> str:
        said = desk("append", "trust", "next.toml", *(key or ("--key", "root.key")), *MAIN, exit=2)
        assert said.reason == reason and digest(desk) == before
        return said.err

    desk.path("next.toml").write_text(first + "# another\n")
    refused("version")
    version(2, "0" * 64)
    assert previous in refused("previous"), "it says which digest it must be"
    version(3, previous)
    refused("previous")
    version(2, previous)
    refused("root", *KEEPER)
    desk("append", "trust", "trust.toml", "--key", "root.key", *MAIN)  # the same one again harms nobody
    desk("append", "trust", "next.toml", "--key", "root.key", *MAIN)
    desk("checkpoint", *KEEPER, *MAIN)
    assert desk("verify", "main.ledger", "--json").json["trustVersion"] == 2


def test_a_pin_is_never_replaced_and_a_root_that_differs_is_exit_1(desk: Desk) -> None:
    said = desk("trust", "pin", ORIGIN, "stranger.key.pub", exit=2)
    assert said.reason == "pinned" and "custody trust forget" in said.err
    desk("trust", "pin", ORIGIN, world.root())  # the same again
    desk("checkpoint", *KEEPER, *MAIN)
    desk("verify", "main.ledger", "--root", world.root())
    assert counts(desk, "main.ledger", "--root", "stranger.key.pub", exit=1)["root-differs"] == 1
    assert desk("log", *MAIN, "--root", "stranger.key.pub", exit=1).reason == "not-verified"
    assert world.root() in desk("trust", "show").out
    desk("trust", "forget", ORIGIN)
    assert "nothing is pinned" in desk("trust", "show").out


def test_an_older_copy_is_found_out_by_memory_and_by_a_checkpoint_from_elsewhere(desk: Desk) -> None:
    desk("checkpoint", *KEEPER, *MAIN)
    shutil.copy(desk.path("main.ledger"), desk.path("older"))
    desk.job("build")
    desk("merge", "main.ledger", "build.ledger", *KEEPER)
    note = desk("checkpoint", *KEEPER, *MAIN).out
    desk.path("seen.checkpoint").write_text(note)
    desk("verify", "main.ledger", "--checkpoint", "seen.checkpoint")
    shutil.copy(desk.path("older"), desk.path("main.ledger"))
    assert counts(desk, "main.ledger", exit=1)["rollback"] == 1
    auditor = {"CUSTODY_HOME": str(desk.path("auditor"))}
    root = ("--root", "root.key.pub")
    desk("verify", "main.ledger", *root, **auditor)
    assert (
        counts(desk, "main.ledger", *root, "--checkpoint", "seen.checkpoint", exit=1, **auditor)["rollback"]
        == 1
    )


def test_a_run_that_saw_a_checkpoint_is_its_witness(desk: Desk) -> None:
    note = desk("checkpoint", *KEEPER, *MAIN).out
    desk.path("seen.checkpoint").write_text(note)
    run = ("--ledger", "job.ledger", "--key", "ci.key", "--origin", ORIGIN)
    desk("append", "note", "x", *run, "--seen", "seen.checkpoint")
    genesis = desk("show", "0", "-l", "job.ledger", "--json", exit=4).json["answer"]["header"]["predicate"]
    assert genesis["seen"]["size"] == int(note.splitlines()[1])
    other = ("--ledger", "far.ledger", "--key", "ci.key", "--origin", "far/away")
    assert desk("append", "note", "x", *other, "--seen", "seen.checkpoint", exit=2).reason == "seen"
