"""JSON of strangers, whatever it holds: read and recordable, or refused with one of custody's own errors."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError, UsageError
from custody.kinds import PullRequest
from custody.kinds.fields import Fields
from custody.ledger.canonical import decode_object, encode
from custody.ledger.dsse import PAYLOAD_TYPE
from custody.record.conditions import Condition, holds, parse_condition
from custody.record.envelopes import parse_envelopes
from custody.record.four_eyes import four_eyes
from custody.record.pull_request import parse_change
from custody.record.schema import ANNOTATIONS, KEYWORDS, check_schema, violations
from custody.record.statement import parse_claim
from custody.record.tool_json import parse_tool_json

COMMIT, DIGEST = "1a" * 20, "98" * 32
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5).filter(lambda text: "\0" not in text)
    | st.sampled_from(
        [COMMIT, DIGEST, "2026-11-19T02:30:11Z", "approved", "APPROVED", "opened", "link", "AAAA"]
    )
)


def trees(keys: list[str], leaves: st.SearchStrategy[Any] = scalars) -> st.SearchStrategy[Any]:
    """JSON values whose objects have mostly these keys."""
    names = st.sampled_from(keys) | st.text(max_size=2).filter(lambda text: "\0" not in text)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=20,
    )


CHANGE_WORDS = """pullRequest url state author changes reviews commit commits authors login oid by time iid web_url sha
approved_by user username mergeRequest approvals id author_email email parent_ids diff_refs base_sha versions users
head_commit_sha created_at committedDate submittedAt headRefOid message""".split()
STATEMENT_WORDS = """_type subject name digest sha256 predicateType predicate builder id buildType buildDefinition
runDetails products signed signatures sig payload payloadType mediaType dsseEnvelope""".split()


def one_or_more(value: Any) -> list[Any]:
    return value if isinstance(value, list) and value else [value]


@given(trees(CHANGE_WORDS))
def test_anything_for_a_pull_request(value: Any) -> None:
    try:
        _, change = parse_change(one_or_more(value))
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    four_eyes(change)
    body = decode_object(encode(change.write()), 1024 * 1024)
    assert PullRequest.read(Fields(body, "pullRequest")) == change


@given(trees(STATEMENT_WORDS), st.sampled_from(["payload", "signed", "bundle", "bare", "lines"]))
def test_anything_for_a_statement(value: Any, way: str) -> None:
    text = json.dumps(value).encode()
    if way == "payload":
        envelope = {"payloadType": PAYLOAD_TYPE, "signatures": [{"sig": "AAAA"}]}
        text = json.dumps(envelope | {"payload": base64.b64encode(text).decode()}).encode()
    elif way == "signed":
        text = json.dumps({"signed": value, "signatures": [{"keyid": "", "sig": "00"}]}).encode()
    elif way == "bundle":
        media_type = "application/vnd.dev.sigstore.bundle.v0.3+json"
        text = json.dumps({"mediaType": media_type, "dsseEnvelope": value}).encode()
    elif way == "lines":
        text = text + b"\n" + text
    try:
        for envelope in parse_envelopes(text):
            parse_claim(envelope.payload)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017


@given(
    st.sampled_from(["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1", "link", ""]),
    st.sampled_from(["https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2", "x"]),
    trees(STATEMENT_WORDS),
    trees(STATEMENT_WORDS),
)
def test_anything_in_a_statement(type: str, predicate_type: str, subject: Any, predicate: Any) -> None:
    value = {"_type": type, "predicateType": predicate_type, "subject": subject, "predicate": predicate}
    try:
        claim = parse_claim(value | {"name": "x", "products": subject})
    except InputError:
        return
    assert claim.total >= len(claim.subjects)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    with suppress(InputError):
        parse_envelopes(data)
    with suppress(InputError):
        parse_change([parse_tool_json(data)])


@given(st.text(max_size=40) | st.text(alphabet='ab.[]0"\\ =!<>exists', max_size=30), trees(["a", "b", "ab"]))
def test_any_text_for_a_condition(text: str, value: Any) -> None:
    try:
        condition = parse_condition(text)
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert holds(condition, value) in (True, False)


def written(path: tuple[str | int, ...]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else ("." if text else "") + json.dumps(step)
    return text


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(path, value)] if path else []
    for key, item in inside:
        found += places(item, (*path, key))
    return found


@given(trees(["a", "b.c", "[0]", '"']))
def test_every_place_of_a_document_can_be_asked_about(value: Any) -> None:
    for path, item in places(value):
        text = written(path)
        assert parse_condition(f"{text} exists") == Condition(path, "exists")
        assert holds(parse_condition(f"{text} exists"), value)
        if not isinstance(item, list | dict):
            equal, other = (
                parse_condition(f"{text} == {json.dumps(item)}"),
                parse_condition(f"{text} != {json.dumps(item)}"),
            )
            assert holds(equal, value) and not holds(other, value)
        assert not holds(Condition((*path, "nowhere at all"), "exists"), value)


scalar_values = st.sampled_from([0, 1, 1.0, 1.5, True, False, None, "", "a", "b"])


@given(scalar_values, scalar_values)
def test_a_comparison_and_its_opposite_never_both_hold(one: Any, other: Any) -> None:
    value, right = {"x": one}, json.dumps(other)
    for op, opposite in (("==", "!="), ("<", ">="), (">", "<=")):
        try:
            pair = [parse_condition(f"x {sign} {right}") for sign in (op, opposite)]
        except UsageError:
            assert other is None or isinstance(other, bool)
            continue
        outcome = [holds(condition, value) for condition in pair]
        numbers = [isinstance(item, int | float) and not isinstance(item, bool) for item in (one, other)]
        assert any(outcome) == (type(one) is type(other) or all(numbers))
        assert not all(outcome)


@given(trees([*KEYWORDS, *ANNOTATIONS]), trees(["a", "properties"]))
def test_anything_for_a_schema(schema: Any, value: Any) -> None:
    try:
        check_schema(schema)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert all(isinstance(one, str) for one in violations(schema, value))


def schema_of(value: Any) -> dict[str, Any]:
    """A schema that a value and nothing much else conforms to."""
    if isinstance(value, dict):
        return {
            "type": "object",
            "required": list(value),
            "properties": {name: schema_of(item) for name, item in value.items()},
            "additionalProperties": False,
        }
    if isinstance(value, list):
        return {"type": "array", "minItems": len(value), "maxItems": len(value)}
    return {"const": value, "enum": ["other", value]}


@given(trees(["a", "b"]), trees(["a", "b"]))
def test_a_schema_of_a_value_takes_that_value_and_misses_what_is_added(value: Any, other: Any) -> None:
    schema = schema_of(value)
    check_schema(schema)
    assert violations(schema, value) == []
    if isinstance(value, dict):
        assert violations(schema, value | {"an addition": other})
        for name in value:
            assert violations(schema, {key: item for key, item in value.items() if key != name})
    if isinstance(value, list):
        assert violations(schema, [*value, other])
