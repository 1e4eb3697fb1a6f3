"""custody's own snapshot JSON."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.record.snapshot import Running, ServiceState, parse_snapshot, read_snapshot

A, B = "a" * 64, "b" * 64


def written(**changes: Any) -> dict[str, Any]:
    artifact = {"name": "payments-api", "sha256": A, "count": 3, **changes}
    return {"services": [{"name": "payments-api", "artifacts": [artifact]}]}


def parse(value: object) -> list[ServiceState]:
    return parse_snapshot(json.dumps(value, indent=2).encode())


def refused(value: object) -> str:
    with pytest.raises(InputError) as caught:
        parse(value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_documented_form() -> None:
    assert parse(written()) == [ServiceState("payments-api", (Running("payments-api", A, 3),))]
    assert parse(written(version="2.4.1"))[0].artifacts[0].version == "2.4.1"


def test_nothing_runs() -> None:
    assert parse({"services": []}) == []


def test_one_instance_unless_said() -> None:
    value = written()
    del value["services"][0]["artifacts"][0]["count"]
    assert parse(value)[0].artifacts[0].count == 1


def test_one_state_is_read_in_one_order() -> None:
    def service(name: str, *digests: str) -> dict[str, Any]:
        return {"name": name, "artifacts": [{"name": "x", "sha256": digest} for digest in digests]}

    one = parse({"services": [service("a", A, B), service("b", A)]})
    other = parse({"services": [service("b", A), service("a", B, A)]})
    assert one == other
    assert [item.name for item in one] == ["a", "b"]
    assert [item.sha256 for item in one[0].artifacts] == [A, B]


@pytest.mark.parametrize("sha256", ["", "a" * 63, "A" * 64, "sha256:" + A, A + "\n", "g" * 64, 5, None, [A]])
def test_fingerprints(sha256: object) -> None:
    assert refused(written(sha256=sha256)).startswith("services[0].artifacts[0].sha256: ")


@pytest.mark.parametrize("count", [0, -1, 1_000_001, True, "3", None, [], {}])
def test_counts(count: object) -> None:
    assert refused(written(count=count)).startswith("services[0].artifacts[0].count: ")
    assert parse(written(count=1_000_000))


@pytest.mark.parametrize("name", ["", "a b", "é", "a\n", "x" * 201, None, 5, "\x1b[2J"])
def test_names(name: object) -> None:
    assert refused(written(name=name)).startswith("services[0].artifacts[0].name: ")
    value = written()
    value["services"][0]["name"] = name
    assert refused(value).startswith("services[0].name: ")
    assert parse(written(name="AZaz09._/@:+-"))


@pytest.mark.parametrize("version", ["", None, 5, "x" * 201])
def test_versions(version: object) -> None:
    assert refused(written(version=version)).startswith("services[0].artifacts[0].version: ")


def test_the_place_of_an_error_is_named() -> None:
    value = written()
    value["services"] += [{"name": f"s{n}", "artifacts": [{"name": "x", "sha256": A}]} for n in range(3)]
    value["services"][2]["artifacts"].append({"name": "y", "sha256": "no"})
    assert refused(value).startswith("services[2].artifacts[1].sha256: ")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], "the snapshot: must be an object"),
        ({}, 'the snapshot: "services" is missing'),
        ({"services": {}}, "services: must be a list"),
        ({"services": [5]}, "services[0]: must be an object"),
        ({"services": [{"name": "a"}]}, 'services[0]: "artifacts" is missing'),
        ({"services": [{"name": "a", "artifacts": []}]}, "services[0].artifacts: is empty"),
        ({"services": [{"name": "a", "artifacts": {}}]}, "services[0].artifacts: must be a list"),
        ({"services": [], "service": []}, 'the snapshot: "service" is not known here'),
        (written(digest=A), 'services[0].artifacts[0]: "digest" is not known here'),
    ],
)
def test_forms(value: object, place: str) -> None:
    assert refused(value).startswith(place)


def test_a_service_is_listed_once() -> None:
    value = written()
    value["services"] *= 2
    assert refused(value).startswith("services[1].name: payments-api is in services[0] already")


def test_an_artifact_is_listed_once_within_its_service() -> None:
    value = written()
    value["services"][0]["artifacts"] *= 2
    assert refused(value).startswith(f"services[0].artifacts[1].sha256: {A} is in services[0].artifacts[0]")
    value["services"][0]["artifacts"] = [
        {"name": "app", "sha256": A},
        {"name": "app", "sha256": B},  # the new beside the old: blue-green
        {"name": "sidecar", "sha256": A},
    ]
    assert len(parse(value)[0].artifacts) == 3


def test_a_file_is_named_in_its_error(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    with pytest.raises(InputError, match=r"snapshot\.json: there is no such file"):
        read_snapshot(path)
    path.write_text('{"services": 1}')
    with pytest.raises(InputError, match=r"snapshot\.json: services: must be a list"):
        read_snapshot(path)
    path.write_text('{"services": [], "services": []}')
    with pytest.raises(
        InputError, match=r'snapshot\.json: not strict JSON: the key "services" is there twice'
    ):
        read_snapshot(path)
    path.write_text(json.dumps(written()))
    assert read_snapshot(path) == parse(written())


words = st.sampled_from(["services", "name", "artifacts", "sha256", "count", "version", "x", A])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
)


@given(st.one_of(values, st.fixed_dictionaries({"services": st.lists(values)})))
def test_nothing_but_an_input_error_comes_out(value: object) -> None:
    with suppress(InputError):
        parse(value)
