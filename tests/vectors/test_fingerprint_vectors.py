"""The vectors of §9.1: folders and their fingerprints, by both algorithms, and patterns and what they match."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness.trees import make_tree
from ledgers import VECTORS

from custody.record.fingerprint import ALGORITHMS, KOSLI, TREE, fingerprint
from custody.record.ignore import Exclusions, parse_pattern

FOUND: dict[str, Any] = json.loads((VECTORS / "fingerprints.json").read_text("ascii"))


def digests(algorithm: str) -> dict[str, str]:
    return {vector["name"]: vector["sha256"] for vector in FOUND[algorithm]}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("workers", [1, 3])
def test_every_folder_has_the_fingerprint_that_was_written_down(
    tmp_path: Path, algorithm: str, workers: int
) -> None:
    found = {}
    for number, vector in enumerate(FOUND[algorithm]):
        folder = make_tree(tmp_path / str(number), vector["entries"])
        exclude = vector.get("exclude", ())
        one = fingerprint(folder, algorithm=algorithm, exclude=exclude, workers=workers)
        found[vector["name"]] = one.sha256
    assert found == digests(algorithm)


def test_folders_that_meet_under_kosli_s_do_not_under_ours(tmp_path: Path) -> None:
    """Once for each pair that the vectors have."""
    seen: dict[str, list[Path]] = {}
    for number, vector in enumerate(FOUND[KOSLI]):
        if "exclude" not in vector:
            folder = make_tree(tmp_path / str(number), vector["entries"])
            seen.setdefault(vector["sha256"], []).append(folder)
    meeting = [folders for folders in seen.values() if len(folders) > 1]
    assert len(meeting) == 2
    for folders in meeting:
        assert len({fingerprint(folder, algorithm=KOSLI).sha256 for folder in folders}) == 1
        assert len({fingerprint(folder, algorithm=TREE).sha256 for folder in folders}) == len(folders)


def test_no_two_folders_of_the_vectors_have_one_fingerprint() -> None:
    plain = [vector["sha256"] for vector in FOUND[TREE] if "exclude" not in vector]
    assert len(set(plain)) == len(plain)


@pytest.mark.parametrize("case", FOUND["patterns"], ids=lambda case: f"{case['pattern']} {case['path']}")
def test_a_pattern_matches_what_was_written_down(case: dict[str, Any]) -> None:
    excluded = Exclusions((parse_pattern(case["pattern"]),))
    assert excluded(case["path"].encode()) is case["matches"]


@pytest.mark.parametrize("text", FOUND["noPatterns"])
def test_what_is_no_pattern_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has|ends) "):
        parse_pattern(text)
