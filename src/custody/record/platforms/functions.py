"""What `aws lambda list-functions` prints, or `get-function` of one, once or several times, one behind the other.

A service is a function's name; its versions are artifacts of one service. The bytes of a `Zip` are those of the
archive, by `CodeSha256` in base64. Of an `Image` it is the digest of `ResolvedImageUri`, if `get-function` was asked;
else `CodeSha256`, which of an image is its digest in hex.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterator

from custody.errors import InputError
from custody.kinds import Running
from custody.ledger.entry import Subject
from custody.record.platforms.sighting import Sighting, add_up, as_name, digest_of, of_image, parse_image
from custody.record.tool_json import Object, an_object, member, members, needed, parse_tool_documents, text

_NOT_RUNNING = ("Pending", "Failed", "Deleting")


def read(data: bytes) -> Sighting:
    """What can be invoked. Raises InputError naming the place."""
    left_out: Counter[str] = Counter()
    running: dict[str, Running] = {}
    for function, code, place in _functions(data):
        state = text(function, "State", place)
        if state in _NOT_RUNNING:
            left_out[f"functions that are {state}"] += 1
            continue
        name, version = needed(function, "FunctionName", place), text(function, "Version", place)
        found = _of_function(name, version, function, code, place)
        # Listed, and then asked for by itself: what says where its code is says more of its bytes.
        identity = f"{text(function, 'FunctionArn', place) or name} {version}"
        if code or identity not in running:
            running[identity] = found
    return Sighting(add_up(running.values()), left_out)


def _functions(data: bytes) -> Iterator[tuple[Object, Object, str]]:
    """Each function's configuration, where its code is (or nothing), and its place in the text."""
    for number, document in enumerate(parse_tool_documents(data), 1):
        at = f"document {number}"
        root = an_object(document, at)
        if "Functions" in root:
            if root.get("NextToken") or root.get("NextMarker"):
                raise InputError(f"{at}.NextToken is there: it is a part of the list only")
            for index, one in enumerate(members(root, "Functions", at)):
                yield one, {}, f"{at}, Functions[{index}]"
        elif "Configuration" in root:
            yield member(root, "Configuration", at), member(root, "Code", at), f"{at}.Configuration"
        elif "FunctionName" in root:
            yield root, {}, at
        else:
            raise InputError(f"{at} has neither Functions nor a Configuration")


def _of_function(name: str, version: str, function: Object, code: Object, place: str) -> Running:
    said = "" if version in ("", "$LATEST") else version[:200]
    sha256 = text(function, "CodeSha256", place)
    if text(function, "PackageType", place) == "Image":
        uri = text(code, "ResolvedImageUri", place) or text(code, "ImageUri", place)
        digest = parse_image(uri).digest or digest_of(sha256) or _from_base64(sha256)
        return of_image(name, uri or name, digest=digest)
    digest = _from_base64(sha256)
    if not digest:
        raise InputError(f"{place}.CodeSha256 is not a SHA-256 in base64")
    return Running(as_name(name), Subject(as_name(name), digest), 1, said)


def _from_base64(text: str) -> str:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return found.hex() if len(found) == 32 else ""
