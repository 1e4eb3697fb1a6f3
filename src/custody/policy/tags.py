"""An approval that rests on a signed Git tag: whose word it is, once the tag was read and its signature checked."""

from __future__ import annotations

from typing import NamedTuple

from custody.errors import CustodyError
from custody.kinds import Approval
from custody.policy.bodies import Bodies
from custody.query.types import Proof

NOBODY = "nobody (the signed tag that it rests on does not say so)"
"""In place of a name, for a tag that says something else: it must not count as the word of who recorded it."""

_MOST = 1024 * 1024


class TagWord(NamedTuple):
    """Whose word a tag is: the key (hex) that signed it, "" where the tag does not say what the approval does; and when
    it was made, as it claims (UTC text), "" where it does not say."""

    key: str = ""
    made: str = ""


def tag_word(bodies: Bodies, proof: Proof, body: Approval) -> TagWord | None:
    """What the tag says that an approval rests on; None where it is gone.

    A tag says it if it has the body's name, names its environment and the artifact's fingerprint. One that names no
    fingerprint is of its commit: then that must be the last commit of the range that the approval is of.
    """
    from custody.record.tag import read_signed_tag

    assert body.tag is not None
    data = bodies.attachment(proof.position, proof.entry, body.tag.sha256, _MOST)
    if not data:
        return None if data is None else TagWord()
    try:
        tag = read_signed_tag(data)
    except CustodyError:
        return TagWord()
    if tag.name != body.tag.name or body.environment not in tag.environments:
        return TagWord()
    if tag.artifact:
        says_so = tag.artifact == body.artifact.sha256
    else:
        says_so = body.commits is not None and bool(tag.commit) and tag.commit == body.commits.head
    return TagWord(tag.key, tag.made) if says_so else TagWord()
