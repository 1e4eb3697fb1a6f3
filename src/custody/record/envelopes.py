"""What others signed, taken out of the file it came in: DSSE envelopes, sigstore bundles, in-toto links, and bare
statements without a signature; one a file, or one a line (JSON lines).

Sources: DSSE v1.0.2 (envelope.md, protocol.md); sigstore's bundle.proto as JSON, v0.1 to v0.3; in-toto's link
metadata, v0.9 to v1.0. Nothing here is believed: a payload is data until a signature over it was checked, and what
is checked are the very bytes that were parsed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from custody.errors import InputError, RefusedError
from custody.keys.ed25519 import strict_base64
from custody.ledger.dsse import PAYLOAD_TYPE, pae
from custody.record.tool_json import MAX_SIZE, parse_tool_json
from custody.system import read_regular

MAX_STATEMENTS = 1000
"""In one file."""
MAX_SIGNATURES = 64
"""Of one statement."""

_BUNDLE_PREFIX = "application/vnd.dev.sigstore.bundle"
_BUNDLE = re.compile(
    re.escape(_BUNDLE_PREFIX) + r"(?:\+json;version=(0\.[123])|\.v(0\.3)(?:\.[0-9]{1,3})?\+json)"
)
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"


class Envelope(NamedTuple):
    """One statement as it came.

    `payload` is its JSON value and `signed` the bytes that the `signatures` are said to be over; without any, both
    are empty. `kept` is what came, byte for byte: the whole file, or the `line` of it (counted from 1; 0 is the whole).
    """

    format: str
    media_type: str
    payload: Any
    signed: bytes
    signatures: tuple[bytes, ...]
    kept: bytes
    line: int = 0


def read_envelopes(path: Path) -> list[Envelope]:
    """The statements of a file, at least one. Raises InputError naming the file, the line, and why."""
    try:
        data = read_regular(path, MAX_SIZE)
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    try:
        return parse_envelopes(data)
    except InputError as error:
        raise InputError(f"{path}: {error}", code=error.code) from None


def parse_envelopes(data: bytes) -> list[Envelope]:
    """As `read_envelopes`, of a file's bytes. Raises InputError with the reason only."""
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    if len(lines) < 2 or not _is_json(lines[0][1]):
        return [_envelope(parse_tool_json(data), data)]
    if len(lines) > MAX_STATEMENTS:
        raise InputError(f"more than {MAX_STATEMENTS} statements")
    found = []
    for number, line in lines:
        try:
            found.append(_envelope(parse_tool_json(line), line)._replace(line=number))
        except InputError as error:
            raise InputError(f"line {number}: {error}", code=error.code) from None
    return found


def _is_json(line: bytes) -> bool:
    """Whether a first line is a document by itself: then so is each that follows."""
    try:
        parse_tool_json(line)
    except InputError:
        return False
    return True


def _envelope(value: Any, kept: bytes) -> Envelope:
    if not isinstance(value, dict):
        raise InputError("neither a statement nor an envelope: not a JSON object")
    if "payloadType" in value:
        return _dsse(value, "dsse", _ENVELOPE_TYPE, kept)
    if _text(value.get("mediaType")).startswith(_BUNDLE_PREFIX):
        return _bundle(value, kept)
    if "signed" in value:
        return _metablock(value, kept)
    if "_type" in value:
        return Envelope("in-toto-statement", PAYLOAD_TYPE, value, b"", (), kept)
    if "base64Signature" in value:
        message = (
            "an old bundle of cosign's, which holds no statement to read: write it with --new-bundle-format"
        )
        raise InputError(message)
    raise InputError("neither an in-toto statement or link, nor a DSSE envelope, nor a sigstore bundle")


def _dsse(value: dict[str, Any], format: str, media_type: str, kept: bytes) -> Envelope:
    if value["payloadType"] != PAYLOAD_TYPE:
        raise InputError(f"its payload is not an in-toto statement: payloadType is not {PAYLOAD_TYPE}")
    payload = _base64(value.get("payload"), "payload")
    signatures = tuple(_base64(one.get("sig"), "sig") for one in _signatures(value))
    if payload.startswith(b"\xef\xbb\xbf"):
        raise InputError("its payload begins with a byte order mark")
    try:
        statement = parse_tool_json(payload)
    except InputError as error:
        raise InputError(f"its payload: {error}", code=error.code) from None
    return Envelope(format, media_type, statement, pae(payload), signatures, kept)


def _bundle(value: dict[str, Any], kept: bytes) -> Envelope:
    version = _BUNDLE.fullmatch(value["mediaType"])
    if version is None:
        raise InputError("a sigstore bundle of a version that custody does not read; it reads 0.1 to 0.3")
    # Parsers of protocol buffers take either spelling of a name, and two readers must not see two bundles.
    if value.keys() & {"media_type", "dsse_envelope", "message_signature", "verification_material"}:
        raise InputError("a sigstore bundle with names in snake_case, which its JSON does not have")
    if value.get("messageSignature") is not None:
        raise InputError("a sigstore bundle that signs a file and holds no statement about it")
    envelope = value.get("dsseEnvelope")
    if not isinstance(envelope, dict) or "payloadType" not in envelope:
        raise InputError("a sigstore bundle without a dsseEnvelope")
    number = version[1] or version[2]
    found = _dsse(envelope, f"sigstore-bundle-v{number}", f"{_BUNDLE_PREFIX}.v{number}+json", kept)
    if len(found.signatures) != 1:
        raise InputError("a sigstore bundle whose envelope does not have exactly one signature")
    return found


def _metablock(value: dict[str, Any], kept: bytes) -> Envelope:
    signed = value["signed"]
    if not isinstance(signed, dict):
        raise InputError("not in-toto metadata: what is signed is not a JSON object")
    signatures = []
    for one in _signatures(value):
        text = _text(one.get("sig") or one.get("signature"))
        if not _HEX.fullmatch(text):
            raise InputError("a signature that is not in lower-case hex")
        # One of OpenPGP is over more than the metadata; no key that is given here has made it.
        signatures.append(b"" if "other_headers" in one else bytes.fromhex(text))
    return Envelope("in-toto-link", PAYLOAD_TYPE, signed, canonical_json(signed), tuple(signatures), kept)


def _signatures(value: dict[str, Any]) -> list[dict[str, Any]]:
    found = value.get("signatures")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError("its signatures are not a list of objects")
    if not found:
        raise InputError("an envelope without signatures: record the statement that is in it instead")
    if len(found) > MAX_SIGNATURES:
        raise InputError(f"{len(found)} signatures, more than the {MAX_SIGNATURES} allowed")
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _base64(value: Any, name: str) -> bytes:
    """Standard or URL-safe base64, which DSSE leaves to the writer, but one of them and in its one spelling."""
    text = _text(value)
    if "-" in text or "_" in text:
        text = "!" if "+" in text or "/" in text else text.replace("-", "+").replace("_", "/")
    data = strict_base64(text)
    if not data:
        raise InputError(f"its {name} is not base64")
    return data


def canonical_json(value: Any) -> bytes:
    """The canonical JSON that the signature of a link is over: OLPC's, with keys sorted by code point, no white
    space, no escapes but of quote and backslash, and no number that is not an integer. Raises InputError."""
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode("utf-8")


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        parts.append(f'"{escaped}"')
    elif value is None or isinstance(value, bool):
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int):
        parts.append(str(value))
    elif isinstance(value, float):
        raise InputError("a number that is no integer, of which in-toto's metadata has none")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            parts.append("," if index else "[")
            _write(item, parts)
        parts.append("]" if value else "[]")
    else:
        for index, key in enumerate(sorted(value)):
            parts.append("," if index else "{")
            _write(key, parts)
            parts.append(":")
            _write(value[key], parts)
        parts.append("}" if value else "{}")
