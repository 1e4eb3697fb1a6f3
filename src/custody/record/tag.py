"""A signed Git tag as somebody's approval: what it says, and whose key signed it. No I/O.

The object is git's (git-mktag, gitformat-signature): header lines, an empty line, the message, the signature over all
that stands in front of it. Two kinds of line in the message say what is approved:

    Approved-for: prod                     # an environment; one line for each
    Artifact: 1a2b…                        # the fingerprint, where the tag is of one artifact only

A tag that names no environment approves nothing: it was made for something else.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from custody.errors import InputError, SigningKeyError
from custody.keys.sshsig import parse_signature
from custody.ledger.timestamps import from_datetime

MAX_TAG = 1024 * 1024
"""Bytes of a tag object."""
NAMESPACE = "git"

_HEAD = re.compile(
    rb"object (?P<commit>[0-9a-f]{40}|[0-9a-f]{64})\ntype commit\ntag (?P<name>[^\n\0]{1,500})\n"
    rb"tagger (?P<tagger>[^\n\0]{1,1000})\n\n"
)
_BEGIN = b"-----BEGIN SSH SIGNATURE-----\n"
_APPROVED_FOR = re.compile(rb"^Approved-for:[ \t]*([A-Za-z0-9._/@:+-]{1,200})[ \t]*$", re.MULTILINE)
_ARTIFACT = re.compile(rb"^Artifact:[ \t]*(?:sha256:)?([0-9a-f]{64})[ \t]*$", re.MULTILINE)
_WHEN = re.compile(rb".*> ([0-9]{1,12}) [+-][0-9]{4}")


class SignedTag(NamedTuple):
    """A tag whose signature was checked. `key` (hex) signed it; `artifact` is "" where it names none.

    `seconds` since 1970 is when it was made, as it claims; -1 where it does not say.
    """

    name: str
    commit: str
    key: str
    environments: tuple[str, ...]
    artifact: str
    seconds: int

    @property
    def made(self) -> str:
        """When it was made, as it claims, as UTC text; "" where that is no date."""
        try:
            return from_datetime(datetime.fromtimestamp(self.seconds, UTC)) if self.seconds >= 0 else ""
        except (ValueError, OverflowError, OSError):
            return ""


def read_signed_tag(data: bytes) -> SignedTag:
    """A tag object. Raises InputError: no tag of a commit, not signed with SSH, or a signature that does not hold."""
    head = _HEAD.match(data) if len(data) <= MAX_TAG else None
    if head is None:
        raise InputError("not a tag object that names a commit", code="tag")
    # The last one: what stands in front of a signature is signed by it, whatever it looks like.
    at = data.rfind(_BEGIN)
    if at < head.end() or data[at - 1 : at] != b"\n":
        raise InputError("the tag is not signed with an SSH key (git tag -s with gpg.format=ssh)", code="tag")
    signed = data[:at]
    try:
        signature = parse_signature(data[at:])
    except SigningKeyError as error:
        raise InputError(f"the tag's signature: {error}", code="tag") from None
    if not signature.holds(signed, NAMESPACE):
        raise InputError("the tag's signature does not hold: it is not by the key that it names", code="tag")
    message = signed[head.end() :]
    artifacts = set(_ARTIFACT.findall(message))
    if len(artifacts) > 1:
        raise InputError("the tag names more than one artifact", code="tag")
    made = _WHEN.fullmatch(head["tagger"])
    return SignedTag(
        head["name"].decode("utf-8", "backslashreplace"),
        head["commit"].decode("ascii"),
        signature.key.hex,
        tuple(dict.fromkeys(name.decode("ascii") for name in _APPROVED_FOR.findall(message))),
        artifacts.pop().decode("ascii") if artifacts else "",
        int(made[1]) if made else -1,
    )
