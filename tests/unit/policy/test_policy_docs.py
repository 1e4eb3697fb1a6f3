"""What the documents say of a policy and of the figures it can ask for is what the code reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from custody.policy.read import ANY_CONTROL_KEYS, CONTROL_KEYS, KEYS, WHEN_KEYS
from custody.record.evidence import GENERIC, TYPES

ROOT = Path(__file__).resolve().parents[3]
SPEC = (ROOT / "spec" / "ledger.md").read_text("utf-8")


def sections(name: str) -> dict[str, str]:
    parts = re.split(r"^## ", (ROOT / "docs" / name).read_text("utf-8"), flags=re.MULTILINE)
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}


def keys_of(section: str) -> list[str]:
    table = section.split("| Key | |\n|---|---|\n", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)


def test_every_key_is_documented_in_its_order_and_no_other() -> None:
    documented = sections("policy.md")
    assert keys_of(documented["The document"]) == list(KEYS)
    assert keys_of(documented["Every control"]) == list(ANY_CONTROL_KEYS)
    for kind, keys in CONTROL_KEYS.items():
        assert keys_of(documented[kind]) == list(keys), kind
    for key in WHEN_KEYS:
        assert f"`{key}`" in documented["Every control"]
    for type in (*TYPES, GENERIC):
        assert f"`{type}`" in documented["evidence"]


def test_every_key_is_in_the_specification() -> None:
    section = SPEC.split("\n### policy\n", 1)[1].split("\n### trust\n", 1)[0]
    for key in (
        *KEYS,
        *ANY_CONTROL_KEYS,
        *WHEN_KEYS,
        *(key for keys in CONTROL_KEYS.values() for key in keys),
    ):
        assert f"`{key}" in section, key


@pytest.mark.parametrize(
    ("heading", "types"),
    {
        "JUnit": ["junit"],
        "SARIF": ["sarif"],
        "SBOM": ["sbom"],
        "Vulnerabilities": ["vulnerabilities"],
        "Coverage": ["coverage"],
        "Pull request": ["pull-request"],
        "Provenance and attestation": ["provenance", "attestation"],
        "Custom": ["custom"],
    }.items(),
)
def test_the_figures_of_a_type_are_those_that_are_documented(heading: str, types: list[str]) -> None:
    section = sections("evidence.md")[heading]
    if heading == "Custom":
        table = re.findall(r"^Figures are (.+?),? the ", section, re.MULTILINE)[0]
    else:
        table = "\n".join(re.findall(r"^\| (`.+?) \|", section.split("| Figure | |", 1)[1], re.MULTILINE))
    for type in types:
        assert TYPES[type].figures == set(re.findall(r"`(\w+)`", table))


def test_every_kind_of_control_is_mapped_to_every_standard() -> None:
    documented = sections("controls.md")
    for kind in CONTROL_KEYS:
        for standard in ("CC8.1", "A.8.32", "A.5.3", "CM-5", "AC-5", "6.5.1", "Art. 9"):
            assert standard in documented[kind], (kind, standard)
