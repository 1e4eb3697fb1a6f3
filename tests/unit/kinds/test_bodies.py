"""Bodies: every field of each kind, by the table in the specification and by what is refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import ROOT, VECTORS

from custody.kinds import (
    BODIES,
    MAX_DOCUMENT,
    Allow,
    Approval,
    Artifact,
    Author,
    Build,
    Change,
    CommitRange,
    ControlState,
    Decision,
    Deployment,
    Evidence,
    Extras,
    File,
    Genesis,
    JudgedBy,
    Link,
    LogSeen,
    Material,
    Merge,
    MergedFile,
    Note,
    Policy,
    PolicySeen,
    PullRequest,
    Redaction,
    Review,
    Run,
    Running,
    Scope,
    Seal,
    Snapshot,
    Source,
    Statement,
    Tag,
    Trust,
    read_body,
)
from custody.kinds.again import Again
from custody.kinds.fields import MAX_TEXT, Fields, present
from custody.ledger import canonical
from custody.ledger.canonical import JsonObject, MalformedError
from custody.ledger.entry import KINDS, MAX_BODY, Subject, parse_header
from custody.ledger.reader import open_ledger

if TYPE_CHECKING:
    from custody.kinds import Body

PAGE = (ROOT / "spec" / "ledger.md").read_text("utf-8")
DIGEST, COMMIT = "1a" * 32, "9f" * 20
API = Subject("payments-api", DIGEST)

AT = "2026-11-19T02:30:11.123Z"
EXTRAS = Extras(
    {"team": "payments"}, (Link("ticket", "https://tickets.example/1", DIGEST),), (File("a.xml", DIGEST),)
)
AUTHOR = Author("dev-1", "dev-1@acme.example", AT)
SOURCE = Source(
    COMMIT,
    (COMMIT,),
    "main",
    AUTHOR,
    AUTHOR,
    "ssh",
    True,
    (Author("dev-2", "dev-2@acme.example"),),
    COMMIT,
    (COMMIT,),
)
BUILD = Build(
    "urn:custody:build:v1",
    {"target": "wheel"},
    (Material(DIGEST, "requirements.txt", "pkg:pypi/x"), Material(COMMIT, uri="git", algorithm="gitCommit")),
    "https://ci.example/runner",
    "https://ci.example/1",
    AT,
    AT,
)
PULL_REQUEST = PullRequest(
    "https://git.example/api/pulls/1",
    "merged",
    "dev-1",
    (Change(COMMIT, ("dev-1",), "dev-1", AT, True),),
    (Review("dev-2", "approved", AT, COMMIT),),
    "1",
    COMMIT,
    "dev-2",
    AT,
    "main",
    "topic",
)
STATEMENT = Statement(
    "https://slsa.dev/provenance/v1", (File("api", DIGEST),), "verified", "SHA256:x", "https://b"
)

FULL: dict[str, Body] = {
    "genesis": Genesis(
        "api",
        "4711",
        "build",
        "https://git.example/api",
        COMMIT,
        "main",
        Run("github", "1", "2", "https://ci", "r", "dev-1"),
        "4711",
        "https://git.example/api/commit/1",
    ),
    "artifact": Artifact(
        API,
        7,
        "oci-image",
        "1.4.0",
        "https://git.example/api",
        COMMIT,
        "custody-tree-v1",
        SOURCE,
        BUILD,
        EXTRAS,
        ("*.log",),
    ),
    "evidence": Evidence(
        "unit-tests",
        "junit",
        "fail",
        API,
        API.name,
        COMMIT,
        {"tests": 2},
        ("adds",),
        "two tests",
        "sarif-2.1.0",
        ("a linter 1.2",),
        {"failures": 0},
        {"lines": 8000},
        {"MIT": 3},
        ("risk <= 3",),
        PULL_REQUEST,
        STATEMENT,
        EXTRAS,
    ),
    "approval": Approval(
        API,
        "prod",
        "rejected",
        "not on a Friday",
        "risk-officer",
        AT,
        CommitRange(COMMIT, COMMIT),
        PolicySeen("release", DIGEST),
        Tag("v1.4.0", DIGEST),
        EXTRAS,
    ),
    "deployment": Deployment(API, "prod", "api", "change 88", EXTRAS),
    "snapshot": Snapshot(
        "prod",
        (
            Running("api", API, 3, "1.4.0"),
            Running("worker", API, basis="image-id"),
            Running.unresolved("cache", "cache", "cache:7", 2, "7"),
        ),
        EXTRAS,
        "docker",
        Scope(("a*", "worker", "cach?"), ("x",)),
    ),
    "decision": Decision(
        API,
        "prod",
        "PASSED",
        "https://acme.example/custody",
        AT,
        LogSeen(812, DIGEST),
        JudgedBy("release", DIGEST, "https://git.example/policy"),
        (ControlState("scan", "evidence", "excepted", (DIGEST,), "failed"),),
        "https://registry.example/api",
        "a night without a scanner",
        ("ACME_RELEASE",),
        EXTRAS,
    ),
    "allow": Allow("prod-*", AT, "the scanner is down", API, controls=("scan",), extras=EXTRAS),
    "policy": Policy("release", "version = 1\n", EXTRAS),
    "trust": Trust("version = 1\n", EXTRAS),
    "note": Note("a note", EXTRAS),
    "merge": Merge((MergedFile("job.ledger", DIGEST, 5, 4, DIGEST, DIGEST, "a checkpoint"),)),
    "redaction": Redaction(DIGEST, (DIGEST,), "erasure request 17"),
    "seal": Seal((DIGEST,)),
}
SMALL: dict[str, Body] = {
    "genesis": Genesis(),
    "artifact": Artifact(API, 0),
    "evidence": Evidence("scan", "generic", "pass"),
    "approval": Approval(API, "prod", "approved"),
    "deployment": Deployment(API, "prod", "api"),
    "snapshot": Snapshot("prod", ()),
    "decision": Decision(API, "prod", "FAILED", "custody", AT, LogSeen(0, DIGEST)),
    "allow": Allow("*", AT, "x", name="api-?"),
    "merge": Merge(()),
    "redaction": Redaction(DIGEST, (), "x"),
    "seal": Seal(),
}
REQUIRED = {
    "genesis": set[str](),
    "artifact": {"name", "sha256", "size", "type"},
    "evidence": {"control", "type", "result"},
    "approval": {"artifact", "environment", "decision"},
    "deployment": {"artifact", "environment", "service"},
    "snapshot": {"environment"},
    "decision": {"artifact", "environment", "verificationResult", "verifier", "timeVerified", "log"},
    "allow": {"artifact", "environment", "until", "reason"},
    "policy": {"name", "document"},
    "trust": {"document"},
    "note": {"text"},
    "merge": set[str](),
    "redaction": {"entry", "reason"},
    "seal": set[str](),
}
SALT = {"salt": "5a" * 16}


@pytest.mark.parametrize("bodies", [FULL, SMALL], ids=["everything", "the least"])
def test_a_body_is_written_and_read_to_the_same(bodies: dict[str, Body]) -> None:
    for kind, body in bodies.items():
        written = canonical.decode_object(canonical.encode({**body.write(), **SALT}), MAX_BODY)
        assert read_body(kind, written) == body
        assert type(body).__name__ == BODIES[kind]


@pytest.mark.parametrize("bodies", [FULL, SMALL], ids=["everything", "the least"])
def test_a_body_that_was_read_is_read_again_to_the_same(bodies: dict[str, Body]) -> None:
    for kind, body in bodies.items():
        value = canonical.decode_again(canonical.encode({**body.write(), **SALT}))
        assert type(body).read(Again(value, kind)) == body  # type: ignore[arg-type]


def test_every_kind_has_a_body() -> None:
    assert set(BODIES) == set(FULL) == set(KINDS)
    assert read_body("of a later version", {"anything": [1]}) is None


def test_an_exception_is_for_one_artifact_or_for_a_glob_and_never_for_both_or_neither() -> None:
    glob = SMALL["allow"].write()
    for name in ("a b", "", "[ab]", "{a,b}", 7, None, "x" * 201):
        with pytest.raises(MalformedError, match=r"allow\.name must be"):
            read_body("allow", {**glob, "name": name})
    with pytest.raises(MalformedError, match=r"allow\.name must not be there beside"):
        read_body("allow", {**FULL["allow"].write(), "name": "*"})
    with pytest.raises(MalformedError, match=r"allow\.controls"):
        read_body("allow", {**glob, "controls": ["a b"]})
    for until in ("", "tomorrow", "2026-11-19", "2026-02-30T00:00:00.000Z"):
        with pytest.raises(MalformedError, match=r"allow\.until must be an instant"):
            read_body("allow", {**glob, "until": until})


def test_what_is_absent_is_left_out() -> None:
    for body in SMALL.values():
        written = json.dumps(body.write())
        assert not re.search(r':(""|null|\{\})', written.replace(" ", ""))
    assert present(a="", b=None, c=[], d={}, e=0, f=False, g="x") == {"e": 0, "f": False, "g": "x"}


@pytest.mark.parametrize("kind", FULL)
def test_a_field_that_is_missing_is_named(kind: str) -> None:
    written = FULL[kind].write()
    for field in written:
        rest = {key: value for key, value in written.items() if key != field}
        if field in REQUIRED[kind]:
            with pytest.raises(MalformedError, match=rf"{kind}\.{field} is missing") as caught:
                read_body(kind, rest)
            assert caught.value.code == "body"
        else:
            assert read_body(kind, rest) is not None


ODD = [None, True, 0, -1, 1.5, "", "a name", "x" * 600_000, "UPPER" * 20, [], [1], [[]], {}, {"a": 1}]


def leaves(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += leaves(item, (*at, key))
    return found


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], new)
    return copy


@pytest.mark.parametrize("kind", FULL)
def test_case_24_an_odd_value_is_refused_or_read_as_it_is(kind: str) -> None:
    """Each field of each body, with each odd value: an error that names the field, or a body that says the same."""
    written = FULL[kind].write()
    messages = []
    for at in leaves(written):
        for odd in ODD:
            try:
                body = read_body(kind, replaced(written, at, odd))
            except MalformedError as error:
                messages.append(str(error))
                continue
            assert body is not None
            assert read_body(kind, body.write()) == body
    assert len(messages) > len(leaves(written)) * 4
    assert all(message.startswith(f"{kind}.") for message in messages)


def test_numbers_are_numbers_and_true_is_none() -> None:
    for size in (True, False, "7", 7.0, -1, None):
        with pytest.raises(MalformedError, match=r"artifact\.size must be a whole number from 0 up"):
            read_body("artifact", {**FULL["artifact"].write(), "size": size})  # type: ignore[dict-item]
    for count in (0, True):
        running: Any = [{"service": "api", "artifact": {"name": "api", "sha256": DIGEST}, "count": count}]
        with pytest.raises(MalformedError, match=r"snapshot\.running\[0\]\.count"):
            read_body("snapshot", {"environment": "prod", "running": running})


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8), st.integers() | st.text(), max_size=5
    )
)
def test_fields_that_this_version_does_not_know_mean_nothing(more: JsonObject) -> None:
    for kind, body in FULL.items():
        known = body.write()
        unknown = {key: value for key, value in more.items() if key not in known}
        assert read_body(kind, {**unknown, **known}) == body


def test_limits() -> None:
    def note(length: int) -> Body | None:
        return read_body("note", {"text": "ä" * length})

    assert note(MAX_TEXT) == Note("ä" * MAX_TEXT)
    with pytest.raises(MalformedError):
        note(MAX_TEXT + 1)
    assert read_body("trust", {"document": "x" * MAX_DOCUMENT}) is not None
    with pytest.raises(MalformedError):
        read_body("trust", {"document": "x" * (MAX_DOCUMENT + 1)})
    digests: list[Any] = [DIGEST] * 10_000
    assert read_body("seal", {"chains": digests}) is not None
    with pytest.raises(MalformedError):
        read_body("seal", {"chains": [*digests, DIGEST]})
    with pytest.raises(MalformedError):
        read_body("evidence", {**SMALL["evidence"].write(), "failed": ["x"] * 101})


@pytest.mark.parametrize("commit", ["", "9f" * 19, "9F" * 20, "9f" * 21, "HEAD", None, 7])
def test_a_commit_is_a_whole_one(commit: Any) -> None:
    assert read_body("genesis", {"commit": "9f" * 32}) == Genesis(commit="9f" * 32)
    with pytest.raises(MalformedError, match=r"genesis\.commit"):
        read_body("genesis", {"commit": commit})


def test_evidence_about_a_name_alone() -> None:
    found = read_body(
        "evidence", {"control": "c", "type": "generic", "result": "pass", "artifact": {"name": "api"}}
    )
    assert found == Evidence("c", "generic", "pass", artifact_name="api")
    with pytest.raises(MalformedError, match=r"evidence\.artifact\.sha256"):
        read_body(
            "evidence",
            {"control": "c", "type": "t", "result": "pass", "artifact": {"name": "a", "sha256": ""}},
        )


def test_an_instant_is_read_where_there_is_one() -> None:
    at = "2026-11-19T02:30:11.123Z"
    assert Fields({"at": at}, "x").optional_instant("at") == at
    assert Fields({}, "x").optional_instant("at") == ""
    for odd in ("2026-11-19", "", None, 7):
        with pytest.raises(MalformedError, match=r"x\.at must be an instant"):
            Fields({"at": odd}, "x").optional_instant("at")


# --- the specification and the vectors


EXTRA = EXTRAS.write().keys()


def test_what_goes_with_any_entry_is_in_the_specification() -> None:
    section = re.search(r"^### With any of them$(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    names = {key for at in leaves(EXTRAS.write()) for key in at if isinstance(key, str)} - {"team"}
    assert all(f"`{name}" in section[1] or f'"{name}"' in section[1] for name in names)


def test_every_field_is_in_the_specification() -> None:
    for kind, body in FULL.items():
        section = re.search(rf"^### {kind}$(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
        assert section is not None
        for at in leaves(body.write()):
            names = [key for key in at if isinstance(key, str)]
            if names[0] in ("annotations", "summary", "limits", "floors", "licences"):
                names = names[:1]
            if names[0] in EXTRA and kind not in ("genesis", "merge", "redaction", "seal"):
                continue  # in a section of their own
            for name in names:
                if name == "target":
                    continue  # a key of a map
                in_subject = name in ("name", "sha256") and len(names) > 1
                assert in_subject or f'"{name}"' in section[1] or re.search(rf"`{name}\??`", section[1]), (
                    kind,
                    name,
                )


def test_every_example_of_the_specification_is_a_body() -> None:
    for kind in FULL:
        section = re.search(rf"^### {kind}$(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
        assert section is not None
        (example,) = re.findall(r"^`(\{.*\})`$", section[1], re.MULTILINE)
        for short, whole in (("1a2b…", DIGEST), ("9f2c…", COMMIT)):
            example = example.replace(short, whole)
        value = json.loads(re.sub(r'"[0-9a-f]{2}…"', f'"{DIGEST}"', example))
        assert canonical.encode(value).decode() == re.sub(r'"[0-9a-f]{2}…"', f'"{DIGEST}"', example)
        assert read_body(kind, value) is not None


def test_every_body_of_the_valid_ledger_is_read() -> None:
    kinds = set()
    with open_ledger(VECTORS / "valid.ledger") as snapshot:
        for rows in snapshot.rows():
            for row in rows:
                header = parse_header(row[2])
                data = snapshot.blob(header.body)
                if data is not None:
                    read_body(header.kind, canonical.decode_object(data, MAX_BODY))
                    kinds.add(header.kind)
    assert kinds == set(KINDS) - {"note"}  # the only one was erased
