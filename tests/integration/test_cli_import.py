"""`custody import`, and evidence of what others say, from the command line to a verified ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_desk import FINGERPRINT, ORIGIN, Desk
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

OTHER = "11" * 32
RUN = ("--ledger", "run.ledger", "--key", "ci.key", "--origin", ORIGIN, "--trail", "run-1")


def statement(*subjects: tuple[str, str], type: str = "https://slsa.dev/provenance/v1") -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects],
        "predicateType": type,
        "predicate": {
            "buildDefinition": {"buildType": "https://ci.example/v1"},
            "runDetails": {"builder": {"id": "https://ci.example/runner"}},
        },
    }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    signer, stranger = CryptoSigner.generate_ecdsa(), CryptoSigner.generate_ed25519()

    def sign(value: dict[str, Any], by: CryptoSigner = signer) -> str:
        envelope = Envelope(json.dumps(value).encode(), "application/vnd.in-toto+json", {})
        envelope.sign(by)
        return json.dumps(envelope.to_dict())

    provenance = sign(statement(("api.whl", FINGERPRINT)))
    scan = sign(
        statement(
            ("api.whl", FINGERPRINT), ("an other", OTHER), type="https://in-toto.io/attestation/vulns/v0.2"
        )
    )
    desk.path("signer.pub").write_text(signer.public_key.keyval["public"])
    desk.path("stranger.json").write_text(json.dumps(stranger.public_key.to_dict()))
    desk.path("provenance.json").write_text(provenance)
    desk.path("all.jsonl").write_text(f"{provenance}\n{scan}\n")
    desk.path("bare.json").write_text(json.dumps(statement(("api.whl", FINGERPRINT))))
    return desk


def recorded(desk: Desk) -> list[dict[str, Any]]:
    """The evidence in the run's ledger: bodies, with what each is about by its header."""
    found = []
    for line in desk.entries("run.ledger"):
        if line["kind"] == "evidence":
            shown = desk("show", str(line["position"]), "--json", "-l", "run.ledger", exit=4).json["answer"]
            found.append(shown)
    return found


def empty(desk: Desk) -> bool:
    return not desk.path("run.ledger").exists()


def test_one_entry_for_each_artifact_of_each_statement(desk: Desk) -> None:
    said = desk("import", "all.jsonl", "--public-key", "signer.pub", *RUN)
    assert said.out.count("evidence recorded at position") == 3
    assert said.out.count("signature verified: spki-sha256:") == 3
    assert f"attestation of an_other  sha256 {OTHER}  from all.jsonl: line 2" in said.out
    bodies = [shown["body"] for shown in recorded(desk)]
    assert [(body["control"], body["type"], body["artifact"]) for body in bodies] == [
        ("provenance", "provenance", {"name": "api.whl", "sha256": FINGERPRINT}),
        ("attestation", "attestation", {"name": "api.whl", "sha256": FINGERPRINT}),
        ("attestation", "attestation", {"name": "an_other", "sha256": OTHER}),
    ]
    assert bodies[0]["statement"]["builder"] == "https://ci.example/runner"
    assert bodies[2]["statement"]["subjects"][1] == {"name": "an other", "sha256": OTHER}
    lines = desk.path("all.jsonl").read_bytes().splitlines()
    names = [body["files"][0]["name"] for body in bodies]
    assert names == ["all.jsonl-1", "all.jsonl-2", "all.jsonl-2"]
    assert lines[0] in desk.path("run.ledger").read_bytes()
    desk("verify", "run.ledger", exit=4)


def test_what_was_not_checked_is_called_so(desk: Desk) -> None:
    said = desk("import", "provenance.json", "bare.json", *RUN)
    assert "signature not checked: no --public-key was given" in said.out
    assert "no signature: anybody could have written it" in said.out
    assert [shown["body"]["statement"]["signature"] for shown in recorded(desk)] == ["not-checked", "none"]


def test_as_json(desk: Desk) -> None:
    said = desk("import", "provenance.json", "--json", "--control", "build", *RUN).json
    assert len(said) == 1
    assert said[0] | {"id": "", "chain": ""} == {
        "position": 1,
        "id": "",
        "chain": "",
        "seq": 1,
        "kind": "evidence",
        "repeated": False,
        "ledger": "run.ledger",
        "file": "provenance.json",
        "type": "provenance",
        "predicateType": "https://slsa.dev/provenance/v1",
        "artifact": {"name": "api.whl", "sha256": FINGERPRINT},
        "signature": "not-checked",
        "signedBy": None,
    }
    assert recorded(desk)[0]["body"]["control"] == "build"


@pytest.mark.parametrize("given", ["api.whl", f"api@{FINGERPRINT}", FINGERPRINT])
def test_only_what_is_about_the_artifacts_named(desk: Desk, given: str) -> None:
    said = desk("import", "all.jsonl", "--artifact", given, "--json", *RUN).json
    assert [one["artifact"]["sha256"] for one in said] == [FINGERPRINT] * 2
    assert {one["artifact"]["name"] for one in said} == {"api" if "@" in given else "api.whl"}


def test_the_same_statement_in_two_files_is_one(desk: Desk) -> None:
    lines = desk.path("all.jsonl").read_text().splitlines()
    desk.path("again.json").write_text(lines[0])
    assert len(desk("import", "provenance.json", "again.json", "--json", *RUN).json) == 1


def test_an_import_that_is_tried_again_records_nothing_twice(desk: Desk) -> None:
    once = (*RUN, "--once", "import-1", "--json")
    first = desk("import", "all.jsonl", *once).json
    again = desk("import", "all.jsonl", "bare.json", *once).json
    assert [one["id"] for one in again[:3]] == [one["id"] for one in first]
    assert [one["repeated"] for one in again] == [True, True, True, False]
    # With a key it says something else, and that is another act.
    checked = desk("import", "all.jsonl", "--public-key", "signer.pub", *once).json
    assert not any(one["repeated"] for one in checked)
    assert {one["signature"] for one in checked} == {"verified"}


def test_a_dry_run_shows_what_would_be_recorded_and_records_nothing(desk: Desk) -> None:
    said = desk("import", "all.jsonl", "--dry-run", "--json", *RUN).json
    assert [one["body"]["statement"]["signature"] for one in said["entries"]] == ["not-checked"] * 3
    assert empty(desk)


def test_without_a_trail_all_is_one_closed_act(desk: Desk) -> None:
    desk("import", "all.jsonl", "--ledger", "run.ledger", "--key", "ci.key", "--origin", ORIGIN)
    lines = desk.entries("run.ledger")
    assert [line["kind"] for line in lines] == ["genesis", "evidence", "evidence", "evidence"]
    assert "open-chain" not in desk("verify", "run.ledger", exit=4).out


@pytest.mark.parametrize(
    ("arguments", "reason", "why"),
    [
        ([], "file", "which file"),
        (["nowhere.json"], "not-found", "there is no such file"),
        (["api.whl"], "input", "api.whl: not JSON"),
        (["all.jsonl", "--artifact", OTHER], "subject", "line 1: is about none of the artifacts named"),
        (["bare.json", "--artifact", "api.whl", "--artifact", OTHER], "subject", f"about sha256 {OTHER}"),
        (["all.jsonl", "--public-key", "stranger.json"], "signature", "line 1: not signed by the key given"),
        (
            ["all.jsonl", "bare.json", "--public-key", "signer.pub"],
            "signature",
            "bare.json: bears no signature",
        ),
        (["all.jsonl", "--public-key", "ci.key"], "malformed-key", "ci.key: not a public key"),
        (["all.jsonl", "--public-key", ""], "empty", "--public-key is empty"),
        (["all.jsonl", "--control", "two words"], "name", "--control must be of letters"),
        (["hash.json"], "subject", "about nothing with a SHA-256"),
        (["release.json"], "subject", "about 65 artifacts, more than 64: name yours with --artifact"),
    ],
)
def test_what_cannot_be_imported_leaves_nothing_behind(
    desk: Desk, arguments: list[str], reason: str, why: str
) -> None:
    nothing = statement()
    nothing["subject"] = [{"name": "source", "digest": {"gitCommit": "1a" * 20}}]
    desk.path("hash.json").write_text(json.dumps(nothing))
    desk.path("release.json").write_text(json.dumps(statement(*((f"a{n}", f"{n:064x}") for n in range(65)))))
    said = desk("import", *arguments, *RUN, exit=2)
    assert said.reason == reason
    assert why in said.err
    assert empty(desk)


def test_one_artifact_of_a_whole_release(desk: Desk) -> None:
    subjects = [(f"a{n}", f"{n:064x}") for n in range(1023)]
    desk.path("release.json").write_text(json.dumps(statement(*subjects, ("urn:custody:body", FINGERPRINT))))
    said = desk("import", "release.json", "--artifact", FINGERPRINT, "--json", *RUN).json
    assert [one["artifact"]["name"] for one in said] == [f"sha256:{FINGERPRINT}"]
    desk("verify", "run.ledger", exit=4)


def test_evidence_of_each_of_these_types(desk: Desk) -> None:
    """And every one counts, once its writer is known and the ledger merged."""
    desk.path("pr.json").write_text(
        json.dumps(
            {
                "pullRequest": {
                    "url": "https://git.example/pulls/7",
                    "state": "merged",
                    "author": "dev-1",
                    "changes": [{"commit": "1a" * 20, "authors": ["dev-1"]}],
                    "reviews": [{"by": "dev-2", "state": "approved", "commit": "1a" * 20}],
                }
            }
        )
    )
    desk.path("risk.json").write_text('{"risk": {"score": 3}}')
    desk.path("schema.json").write_text('{"required": ["risk"]}')
    append = ("append", "evidence")
    about = ("--artifact", "api.whl", *RUN)
    desk(*append, "pr.json", "--type", "pull-request", "--floor", "merged=1", *about)
    desk(*append, "provenance.json", "--type", "provenance", "--public-key", "signer.pub", *about)
    desk(*append, "bare.json", "--type", "attestation", *about)
    desk(
        *append,
        "risk.json",
        "--type",
        "custom",
        "--condition",
        "risk.score <= 3",
        "--schema",
        "schema.json",
        *about,
    )
    desk(*append, "risk.json", "--type", "custom", "--condition", "risk.score < 3", *about)
    desk("seal", *RUN)
    bodies = [shown["body"] for shown in recorded(desk)]
    assert [(body["type"], body["result"]) for body in bodies] == [
        ("pull-request", "pass"),
        ("provenance", "pass"),
        ("attestation", "pass"),
        ("custom", "pass"),
        ("custom", "fail"),
    ]
    assert bodies[0]["pullRequest"]["reviews"][0]["by"] == "dev-2"
    assert bodies[3]["conditions"] == ["risk.score <= 3"] and len(bodies[3]["files"]) == 2
    assert bodies[4]["failed"] == ["does not hold: risk.score < 3"]
    desk.begin()
    desk("merge", "main.ledger", "run.ledger", "--key", "keeper.key")
    desk("verify", "main.ledger")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("bare.json", "--type", "provenance", "--artifact", f"api@{OTHER}"), "subject"),
        (("provenance.json", "--type", "provenance", "--public-key", "stranger.json"), "signature"),
        (("all.jsonl", "--type", "attestation", "--artifact", "api.whl"), "several"),
        (("bare.json", "--type", "pull-request"), "input"),
        (("bare.json", "--type", "custom"), "condition"),
        (("bare.json", "--type", "custom", "--condition", "a = 1"), "condition"),
        (("bare.json", "--type", "custom", "--schema", "signer.pub"), "input"),
        (("bare.json", "--type", "pull-request", "--public-key", "signer.pub"), "option"),
    ],
)
def test_evidence_that_cannot_be_recorded(desk: Desk, arguments: tuple[str, ...], reason: str) -> None:
    said = desk("append", "evidence", *arguments, *RUN, exit=2)
    assert said.reason == reason
    assert empty(desk)


def test_a_statement_is_about_fingerprints_and_not_about_a_name(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    run = ("--ledger", "ci.ledger", "--key", "ci.key", "--origin", "acme.example/payments")
    desk.path("claim.json").write_text("{}")
    given = ("append", "evidence", "claim.json", "--type", "provenance", "--artifact", "api", *run)
    assert desk(*given, exit=2).reason == "about"
    said = desk(
        "append", "evidence", "--result", "pass", "--artifact", f"urn:custody:body@{'ab' * 32}", *run, exit=2
    )
    assert said.reason == "name"
    assert not desk.path("ci.ledger").exists()


def test_a_change_is_that_of_the_commit_it_is_recorded_for(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    run = ("--ledger", "ci.ledger", "--key", "ci.key", "--origin", "acme.example/payments")
    change = {
        "url": "https://git.example/1", "state": "merged", "author": "dev-1", "mergeCommit": "b" * 40, "reviews": [],
        "changes": [{"commit": "a" * 40, "authors": ["dev-1"]}],
    }  # fmt: skip
    desk.path("change.json").write_text(json.dumps({"pullRequest": change}))
    given = ("append", "evidence", "change.json", "--type", "pull-request", *run)
    assert desk(*given, "--of-commit", "c" * 40, exit=2).reason == "subject"
    assert not desk.path("ci.ledger").exists()
    desk(*given, "--of-commit", "a" * 40)
    desk(*given, "--of-commit", "b" * 40)
