"""What a platform did not print, or another did, is refused with its place: never taken for "nothing runs"."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.cli.snapshot import PLATFORMS as NAMED
from custody.errors import InputError, UsageError
from custody.kinds import Snapshot
from custody.ledger.entry import NAME
from custody.record.platforms import PATHS, PLATFORMS, read_platform
from custody.record.platforms.paths import read_paths
from custody.record.platforms.sighting import (
    MAX_REFERENCE,
    Image,
    Sighting,
    as_name,
    of_image,
    parse_image,
    shortened,
)
from custody.record.strict_json import MAX_SIZE
from custody.record.tool_json import parse_tool_documents

SAMPLES = Path(__file__).parent / "platforms"
FILES = {
    "kubernetes": "kubernetes.json", "docker": "docker.json", "compose": "compose.json", "ecs": "ecs.json",
    "lambda": "lambda.json", "systemd": "systemd.txt",
}  # fmt: skip
A = "a" * 64


def data(platform: str) -> bytes:
    return (SAMPLES / FILES[platform]).read_bytes()


def refused(platform: str, value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(InputError) as caught:
        read_platform(platform, text)
    message = str(caught.value)
    assert "\n" not in message
    return message


def changed(platform: str, change: Callable[[Any], object]) -> bytes:
    """A sample with something in it changed."""
    (value, *_) = parse_tool_documents(data(platform))
    change(value)
    return json.dumps(value).encode()


def test_the_command_line_names_the_platforms_of_the_table() -> None:
    assert (*PLATFORMS, PATHS) == NAMED


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("other", FILES)
def test_what_another_platform_printed_is_told_by_name(platform: str, other: str) -> None:
    if other != platform:
        assert refused(platform, data(other)).endswith(f"which is --from {other}")


def test_custody_s_own_is_told_by_name() -> None:
    assert refused("kubernetes", {"services": []}).endswith("which is --from custody")


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    "value",
    [{}, {"a": 1}, 5, "x", [5], [[]], [{}], [None], True, {"kind": 5}, {"tasks": 5}, {"Functions": {}}, b"\xff", b"{"],
)  # fmt: skip
def test_what_nobody_printed(platform: str, value: Any) -> None:
    assert "line" in refused(platform, value) or value != b"{"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_at_all_is_not_nothing_that_runs(platform: str) -> None:
    for nothing in (b"", b"\n", b" \r\n\t"):
        assert "is empty" in refused(platform, nothing)
    if platform not in ("docker", "compose"):
        refused(platform, [])


def test_nothing_that_runs() -> None:
    nothing = {"kubernetes": {"kind": "List", "items": []}, "compose": [], "ecs": {"tasks": []},
               "lambda": {"Functions": []}, "custody": {"services": []}}  # fmt: skip
    for platform, value in nothing.items():
        assert read_platform(platform, json.dumps(value).encode()) == Sighting(())


def test_what_a_tool_prints_of_nothing_that_it_found_is_not_that_nothing_runs() -> None:
    assert "did not find" in refused("docker", [])
    assert "compose ps too" in refused("compose", b"null\n")


def first(value: Any) -> Any:
    """Of every list its first value."""
    if isinstance(value, dict):
        return {key: first(one) for key, one in value.items()}
    return [first(one) for one in value[:1]] if isinstance(value, list) else value


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@pytest.mark.parametrize("odd", [None, True, 7, "", "\x1b[2J", [], {}, [[]], [None]], ids=repr)
@pytest.mark.parametrize("platform", sorted(FILES.keys() - {"systemd"}))
def test_a_value_of_another_type_anywhere(platform: str, odd: object) -> None:
    """It is refused, or nothing depends on it; and what is read of the rest can be recorded."""
    text = json.dumps(first(parse_tool_documents(data(platform))[0]))
    for path in places(json.loads(text)):
        value = place = json.loads(text)
        for key in path[:-1]:
            place = place[key]
        if path:
            place[path[-1]] = odd
        with suppress(InputError):
            found = read_platform(platform, json.dumps(value if path else odd).encode())
            assert isinstance(Snapshot.read(_fields(Snapshot("prod", found.running))), Snapshot)


def test_what_is_in_no_state_that_is_known_is_not_said_to_have_stopped() -> None:
    def pod(status: dict[str, Any]) -> bytes:
        return changed("kubernetes", lambda value: value["items"][0]["status"].update(status))

    for phase in (None, "", "Runing", "\x1b[2J"):
        assert "items[0].status.phase" in refused("kubernetes", pod({"phase": phase}))
    statuses = [{"name": "api", "image": "api:1", "imageID": "", "state": {"running": True}}]
    assert "state.running" in refused("kubernetes", pod({"containerStatuses": statuses}))
    assert "State is up" in refused(
        "compose", data("compose").replace(b'"State":"running"', b'"State":"up"', 1)
    )


def test_units_of_which_the_last_line_was_cut_off() -> None:
    whole = data("systemd")
    assert "cut off" in refused("systemd", whole.rstrip(b"\n"))
    assert "cut off" in refused("systemd", whole[: whole.rindex(b"MainPID=") + 9])


@pytest.mark.parametrize("platform", sorted(FILES.keys() - {"systemd"}))
def test_what_was_cut_off(platform: str) -> None:
    whole = data(platform)
    for end in range(1, len(whole) - 2, len(whole) // 40):
        if platform in ("compose", "lambda") and whole[:end].rstrip().endswith(b"}"):
            continue  # the tool was run several times: a part of that is whole
        assert re.search(r"line \d+, column \d+", refused(platform, whole[:end]))


def test_a_part_of_a_list_is_none() -> None:
    """Whatever is on the next page would be said to have stopped."""
    more = changed("kubernetes", lambda value: value["metadata"].update({"continue": "abc"}))
    assert "metadata.continue" in refused("kubernetes", more)
    more = changed("kubernetes", lambda value: value["metadata"].update(remainingItemCount=3))
    assert "a part of the list only" in refused("kubernetes", more)
    for key in ("NextToken", "NextMarker"):
        assert "a part of the list only" in refused(
            "lambda", changed("lambda", lambda value, key=key: value.update({key: "x"}))
        )
    failed = changed(
        "ecs", lambda value: value["failures"].append({"arn": "x", "reason": "ACCESS\x1bDENIED"})
    )
    assert "was not described" in refused("ecs", failed)


def test_a_place_is_named() -> None:
    said = refused(
        "kubernetes", changed("kubernetes", lambda value: value["items"][3].update(kind="Deployment"))
    )
    assert "items[3] is a Deployment" in said and "kubectl get pods" in said
    said = refused("kubernetes", changed("kubernetes", lambda value: value["items"][0].pop("status")))
    assert "items[0].status is missing" in said
    said = refused(
        "kubernetes",
        changed("kubernetes", lambda value: value["items"][0]["status"].pop("containerStatuses")),
    )
    assert "items[0].status.containerStatuses is missing" in said
    said = refused(
        "kubernetes", changed("kubernetes", lambda value: value["items"][1]["metadata"].update(name=7))
    )
    assert "items[1].metadata.name is not text" in said
    said = refused("docker", changed("docker", lambda value: value[2]["State"].pop("Running")))
    assert "[2].State.Running is missing" in said
    assert "no container" in refused(
        "docker", changed("docker", lambda value: value.__delitem__(slice(0, 6)))
    )
    said = refused("ecs", changed("ecs", lambda value: value["tasks"][0].update(containers=[])))
    assert "tasks[0].containers" in said
    said = refused("lambda", changed("lambda", lambda value: value["Functions"][1].update(CodeSha256="AAAA")))
    assert "Functions[1].CodeSha256" in said
    said = refused("compose", data("compose").replace(b'"Project":"shop"', b'"Project":""', 1))
    assert "document 1.Project is empty" in said
    said = refused("custody", {"services": [{"name": "a", "artifacts": [{"name": "x", "reference": ""}]}]})
    assert "services[0].artifacts[0].reference" in said
    assert "sha256" in refused("custody", {"services": [{"name": "a", "artifacts": [{"name": "x"}]}]})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"MainPID=4242\n", b""), "payments-api.service: MainPID is missing"),
        ((b"MainPID=4242\n", b"MainPID=x\n"), "payments-api.service: MainPID is no number"),
        ((b"ActiveState=active", b""), "ssh.service: ActiveState is missing"),
        ((b"Id=ssh.service\n", b""), "has no Id"),
        ((b"ExecStart={ path=/opt/p", b"ExecStart=/opt/p"), "payments-api.service: ExecStart names no path"),
        ((b"MainPID=812", b"ssh.service - OpenBSD Secure Shell server"), "line 1 is no PROPERTY=VALUE"),
        ((b"/usr/sbin/sshd ;", b"/usr/sbin/\0 ;"), "line 2 holds NUL"),
        ((b"/usr/sbin/sshd ;", b"/usr/sbin/\xff ;"), "not UTF-8"),
    ],
)
def test_units_in_another_form(change: tuple[bytes, bytes], said: str) -> None:
    assert said in refused("systemd", data("systemd").replace(*change, 1))


def test_too_much() -> None:
    assert "more than" in refused("custody", b" " * (MAX_SIZE + 1) + b"{}")
    assert "nested deeper" in refused("kubernetes", b'{"kind":' + b"[" * 101 + b"]" * 101 + b"}")
    many = changed("docker", lambda value: value[0].update(Id="x"))
    assert read_platform("docker", many)
    count = {"name": "x", "sha256": A, "count": 1_000_000}
    services = [{"name": "a", "artifacts": [count, {**count, "name": "y"}]}]
    assert "more than 1000000 instances" in refused("custody", {"services": services})


def test_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"hi\n")
    (one, two) = read_paths([f"web={tmp_path / 'app'}", f"api={tmp_path}"]).running
    assert (one.service, two.service) == ("api", "web")
    assert two.artifact == ("app", "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4")
    with pytest.raises(InputError, match="--service"):
        read_paths([])
    with pytest.raises(InputError, match="no such"):
        read_paths([f"web={tmp_path / 'gone'}"])
    for odd in ("web", "=x", "web=", "a b=x", "é=x", ""):
        with pytest.raises(UsageError):
            read_paths([odd])


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("redis", Image("redis", "", "")),
        ("redis:7.4", Image("redis", "7.4", "")),
        ("registry:5000/a/b", Image("registry:5000/a/b", "", "")),
        ("registry:5000/a/b:1", Image("registry:5000/a/b", "1", "")),
        (f"registry:5000/a/b:1@sha256:{A}", Image("registry:5000/a/b", "1", A)),
        (f"a@sha256:{A}", Image("a", "", A)),
        (f"a@sha256:{A.upper()}", Image(f"a@sha256:{A.upper()}", "", "")),
        (f"a@sha512:{A}{A}", Image(f"a@sha512:{A}{A}", "", "")),
        (f"a@sha256:{A}\n", Image(f"a@sha256:{A}\n", "", "")),
        ("", Image("", "", "")),
    ],
)
def test_references(reference: str, image: Image) -> None:
    assert parse_image(reference) == image


ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)


@given(ANY, ANY)
def test_any_name_is_made_one_that_a_ledger_can_hold_and_no_two_the_same(one: str, other: str) -> None:
    assert re.fullmatch(NAME, as_name(one))
    assert (as_name(one) == as_name(other)) == (one == other)


@given(ANY.map(lambda text: text * 4), ANY.map(lambda text: text * 4))
def test_any_image_can_be_recorded(service: str, reference: str) -> None:
    body = Snapshot("prod", (of_image(service, reference),))
    assert isinstance(Snapshot.read(_fields(body)), Snapshot)
    assert 1 <= len(shortened(reference or "x")) <= MAX_REFERENCE


def _fields(body: Snapshot) -> Any:
    from custody.kinds.fields import Fields
    from custody.ledger.canonical import decode_object, encode

    return Fields(decode_object(encode(body.write()), 1024 * 1024), "snapshot")


KEYS = st.sampled_from(
    "kind items metadata name namespace status phase containerStatuses state running imageID spec containers image "
    "Id State Running Image Config Labels RepoDigests Name Service Project ContainerName ID tasks failures taskArn "
    "lastStatus clusterArn group imageDigest Functions FunctionName CodeSha256 Configuration Code services".split()
)
SCALARS = st.sampled_from(
    [None, True, 0, 1, "", "List", "Pod", "Running", "RUNNING", "running", "a", f"sha256:{A}", "\x1b[2J"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(st.sampled_from(sorted(PLATFORMS)), VALUES)
def test_nothing_but_an_input_error_comes_out(platform: str, value: object) -> None:
    with suppress(InputError):
        read_platform(platform, json.dumps(value).encode())


@given(st.data())
def test_a_sample_with_one_thing_odd_is_read_or_refused(choose: st.DataObject) -> None:
    platform = choose.draw(st.sampled_from(sorted(FILES.keys() - {"systemd"})))
    documents = parse_tool_documents(data(platform))
    at: Any = documents
    while isinstance(at, dict | list) and at:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = choose.draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or choose.draw(st.integers(0, 3)) == 0:
            at[key] = choose.draw(VALUES)
            break
        at = at[key]
    with suppress(InputError):
        found = read_platform(platform, "\n".join(map(json.dumps, documents)).encode())
        assert Snapshot.read(_fields(Snapshot("prod", found.running))).running == found.running
