"""The one pattern of a header, against a plain reading of its JSON by another program: this one.

`plain` follows the specification field by field and knows nothing of the pattern. Both must accept the same bytes,
and read the same out of them.
"""

from __future__ import annotations

import calendar
import json
import re
import string
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from custody.ledger.canonical import MalformedError
from custody.ledger.entry import Attachment, Header, Seen, Subject, parse_header

KINDS = {
    *("artifact", "evidence", "approval", "deployment", "snapshot", "decision", "policy"),
    *("trust", "allow", "note", "merge", "redaction", "seal"),
}
NAME_CHARACTERS = string.ascii_letters + string.digits + "._/@:+-"
HEX = "0123456789abcdef"
SAFE = 2**53


class No(Exception):
    """Not a header."""


def need(truth: object) -> None:
    if not truth:
        raise No


def is_hex(value: Any, digits: int) -> bool:
    return isinstance(value, str) and len(value) == digits and all(c in HEX for c in value)


def is_count(value: Any, below: int, low: int = 0) -> bool:
    return type(value) is int and low <= value < below


def is_name(value: Any, characters: str = NAME_CHARACTERS) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 200 and all(c in characters for c in value)


def is_media(value: Any) -> bool:
    lower = string.ascii_lowercase + string.digits
    if not isinstance(value, str) or value.count("/") != 1:
        return False
    halves = value.split("/")
    return all(
        1 <= len(half) <= limit and half[0] in lower and all(c in lower + ".+-" for c in half)
        for half, limit in zip(halves, (64, 128), strict=True)
    )


def is_instant(value: Any) -> bool:
    if not isinstance(value, str) or not value.isascii() or len(value) != 24:
        return False
    numbers, marks = re.findall("[0-9]+", value), re.sub("[0-9]", "", value)
    if marks != "--T::.Z" or [len(number) for number in numbers] != [4, 2, 2, 2, 2, 2, 3]:
        return False
    year, month, day, hour, minute, second, _ = map(int, numbers)
    return (
        year >= 1
        and 1 <= month <= 12
        and 1 <= day <= calendar.monthrange(year, month)[1]
        and (hour < 24 and minute < 60 and second < 60)
    )


def exactly(value: Any, required: set[str], optional: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    need(isinstance(value, dict))
    need(required <= set(value) <= required | optional)
    return value  # type: ignore[no-any-return]


def plain(data: bytes) -> Header:
    """A header by the specification. Raises No."""
    need(len(data) <= 16_384)
    try:
        value = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError):
        raise No from None
    # Nothing in a header needs an escape, so this is RFC 8785 of it.
    need(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == data)
    top = exactly(value, {"_type", "subject", "predicateType", "predicate"})
    need(top["_type"] == "https://in-toto.io/Statement/v1")
    need(top["predicateType"] == "urn:custody:entry:v1")
    predicate = top["predicate"]
    need(isinstance(predicate, dict))
    shared = {"kind", "seq", "time", "body"}
    genesis = predicate.get("kind") == "genesis"
    if genesis:
        exactly(predicate, shared | {"origin", "key", "nonce"}, {"seen", "attachments"})
    else:
        exactly(predicate, shared | {"chain", "prev"}, {"once", "last", "attachments"})
    body = exactly(predicate["body"], {"sha256", "size"})
    need(is_hex(body["sha256"], 64) and is_count(body["size"], 1024 * 1024 + 1))
    need(is_instant(predicate["time"]))
    header = Header(predicate["kind"], 0, predicate["time"], body["sha256"], body["size"])
    if genesis:
        need(predicate["seq"] == 0 and type(predicate["seq"]) is int)
        need(is_name(predicate["origin"], NAME_CHARACTERS.replace("+", "")))
        need(is_hex(predicate["key"], 64) and is_hex(predicate["nonce"], 32))
        header = header._replace(origin=predicate["origin"], key=predicate["key"], nonce=predicate["nonce"])
        if "seen" in predicate:
            seen = exactly(predicate["seen"], {"size", "root"})
            need(is_count(seen["size"], SAFE) and is_hex(seen["root"], 64))
            header = header._replace(seen=Seen(seen["size"], seen["root"]))
    else:
        need(isinstance(predicate["kind"], str) and predicate["kind"] in KINDS)
        need(is_count(predicate["seq"], SAFE, 1))
        need(is_hex(predicate["chain"], 64) and is_hex(predicate["prev"], 64))
        need(predicate.get("last", True) is True)
        need(is_hex(predicate.get("once", "0" * 64), 64))
        header = header._replace(
            seq=predicate["seq"],
            chain=predicate["chain"],
            prev=predicate["prev"],
            once=predicate.get("once", ""),
            last="last" in predicate,
        )
    if "attachments" in predicate:
        listed = predicate["attachments"]
        need(isinstance(listed, list) and 1 <= len(listed) <= 64)
        for one in listed:
            exactly(one, {"sha256", "size", "mediaType"})
            need(is_hex(one["sha256"], 64) and is_count(one["size"], 64 * 1024 * 1024 + 1))
            need(is_media(one["mediaType"]))
        attachments = tuple(Attachment(one["sha256"], one["size"], one["mediaType"]) for one in listed)
        header = header._replace(attachments=attachments)
    subjects = top["subject"]
    need(isinstance(subjects, list) and 1 <= len(subjects) <= 16)
    for one in subjects:
        exactly(one, {"name", "digest"})
        need(is_name(one["name"]) and is_hex(exactly(one["digest"], {"sha256"})["sha256"], 64))
    named = tuple(Subject(one["name"], one["digest"]["sha256"]) for one in subjects)
    if any(subject.name == "urn:custody:body" for subject in named):
        need(named == (Subject("urn:custody:body", header.body),))
        named = ()
    return header._replace(subjects=named)


DIGEST = st.text(HEX, min_size=64, max_size=64) | st.sampled_from(["00" * 32, "ab" * 32])
COUNT = st.integers(0, 2**53 - 1)
NAMES = st.text(NAME_CHARACTERS, min_size=1, max_size=20) | st.sampled_from(["x" * 200, "urn:custody:bodies"])
NAME = NAMES.filter(lambda name: name != "urn:custody:body")
INSTANT = st.datetimes().map(
    lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z".rjust(24, "0")
)
SUBJECTS = st.lists(st.builds(Subject, NAME, DIGEST), max_size=16).map(tuple)
MEDIA = st.sampled_from(["text/plain", "application/vnd.x+json", "a/b", "a" * 64 + "/" + "b" * 128])
ATTACHMENTS = st.lists(st.builds(Attachment, DIGEST, st.integers(0, 2**26), MEDIA), max_size=5).map(tuple)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    header = Header(
        draw(st.sampled_from([*sorted(KINDS), "genesis", "genesis", "genesis"])),
        0,
        draw(INSTANT),
        draw(DIGEST),
        draw(st.integers(0, 2**20)),
        draw(SUBJECTS),
        draw(ATTACHMENTS),
    )
    if header.kind == "genesis":
        return header._replace(
            origin=draw(NAME).replace("+", "-"),
            key=draw(DIGEST),
            nonce=draw(DIGEST)[:32],
            seen=draw(st.none() | st.builds(Seen, COUNT, DIGEST)),
        )
    return header._replace(
        seq=draw(st.integers(1, 2**53 - 1)),
        chain=draw(DIGEST),
        prev=draw(DIGEST),
        once=draw(st.just("") | DIGEST),
        last=draw(st.booleans()),
    )


def both(data: bytes) -> tuple[Header | None, Header | None]:
    try:
        ours = parse_header(data)
    except MalformedError:
        ours = None
    try:
        return ours, plain(data)
    except No:
        return ours, None


@given(headers())
def test_a_header_is_written_and_read_alike(header: Header) -> None:
    data = header.encode()
    assert both(data) == (header, header)


@given(headers(), st.integers(0, 100_000), st.integers(0, 255))
def test_a_changed_byte_has_one_verdict(header: Header, place: int, byte: int) -> None:
    changed = bytearray(header.encode())
    changed[place % len(changed)] = byte
    ours, theirs = both(bytes(changed))
    assert ours == theirs


@given(headers(), st.integers(0, 100_000), st.integers(0, 40), st.binary(max_size=8))
def test_a_spliced_header_has_one_verdict(header: Header, place: int, length: int, new: bytes) -> None:
    data = header.encode()
    place %= len(data)
    ours, theirs = both(data[:place] + new + data[place + length :])
    assert ours == theirs


ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 2**53, 2**53 - 1, "", "x", [], {}, "AB" * 32, "ab" * 32, "ab" * 16),
    *("2026-02-29T00:00:00.000Z", "2028-02-29T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "genesis", "note"),
    *("urn:custody:body", "a/b", "a/B", "acme+example", 2**20, 2**20 + 1, 2**26, 2**26 + 1),
]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all that is inside a value."""
    found = [at] if at else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        found += places(item, (*at, key))
    return found


@given(headers(), st.data())
def test_an_odd_field_has_one_verdict(header: Header, data: st.DataObject) -> None:
    """A field replaced, removed, renamed or added, and then spelled as it should be."""
    value = json.loads(header.encode())
    *way, key = data.draw(st.sampled_from(places(value)))
    inside = value
    for step in way:
        inside = inside[step]
    act = data.draw(st.sampled_from(["replace", "remove", "add", "repeat"]))
    odd = data.draw(st.sampled_from(ODD))
    if act == "replace":
        inside[key] = odd
    elif act == "remove":
        del inside[key]
    elif isinstance(inside, list):
        inside += [inside[key]] * (1 if act == "add" else data.draw(st.integers(1, 70)))
    else:
        names = ["nice", "chain", "prev", "once", "last", "origin", "key", "nonce", "seen", "attachments"]
        inside[data.draw(st.sampled_from(names))] = odd
    spelled = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ours, theirs = both(spelled)
    assert ours == theirs


@given(headers(), st.sampled_from(ODD))
def test_what_cannot_be_read_cannot_be_written(header: Header, odd: Any) -> None:
    assume(isinstance(odd, (str, int)) and not isinstance(odd, bool))
    for field in (
        "kind",
        "seq",
        "time",
        "body",
        "body_size",
        "chain",
        "prev",
        "once",
        "origin",
        "key",
        "nonce",
    ):
        changed = header._replace(**{field: odd})
        try:
            data = changed.encode()
        except MalformedError:
            continue
        assert both(data) == (changed, changed)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_do_more_than_be_refused(data: bytes) -> None:
    assert both(data) == (None, None)
