"""What was seen running, in one form whatever platform it was seen on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from custody.errors import InputError
from custody.kinds import Running
from custody.kinds.scope import Scope
from custody.ledger.entry import NAME, Subject

MAX_COUNT = 1_000_000
MAX_REFERENCE = 500
"""Characters."""
_NAME = re.compile(NAME).fullmatch
_STRANGE = re.compile(r"[^A-Za-z0-9._/@:+-]")
_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{64})").fullmatch
_REFERENCE = re.compile(
    r"(?P<name>[^@]*?)(?::(?P<tag>[^:/@]*))?(?:@sha256:(?P<digest>[0-9a-f]{64}))?", re.DOTALL
)


class Sighting(NamedTuple):
    """What runs, by service; and in words for people, how often, what was seen and is not counted as running."""

    running: tuple[Running, ...]
    left_out: Mapping[str, int] = MappingProxyType({})

    def within(self, scope: Scope) -> Sighting:
        """The part of it that is in a scope."""
        inside = tuple(one for one in self.running if scope.covers(one.service))
        outside = len({one.service for one in self.running} - {one.service for one in inside})
        return Sighting(
            inside, {**self.left_out, **({"services outside of the scope": outside} if outside else {})}
        )


class Image(NamedTuple):
    """A reference to an image in its parts: `digest` is hex, and "" where there is none, as the tag is."""

    name: str
    tag: str
    digest: str


def parse_image(reference: str) -> Image:
    """Its parts; a reference of no known form is all name."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return Image(reference, "", "")
    return Image(found["name"], found["tag"] or "", found["digest"] or "")


def digest_of(text: str) -> str:
    """The hex of `sha256:…`, or of 64 hex digits alone; "" for anything else."""
    found = _HEX(text)
    return found[1] if found else ""


def as_name(text: str) -> str:
    """A platform's name as a ledger can hold it.

    What has characters of another kind, or is too long, is cut, cleaned and told apart from its like by the beginning
    of its SHA-256: two different names never become one.
    """
    if _NAME(text):
        return text
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{_STRANGE.sub('-', text)[:180]}+{mark}"


def of_image(service: str, reference: str, *, digest: str = "", image_id: str = "") -> Running:
    """One instance of an image in a service, known by the best of what is known of it.

    That is the digest of its manifest (hex), in front of the one that the reference itself names, in front of the id
    that it has where it runs. With none of them it is known by its reference only.
    """
    image = parse_image(reference)
    name = as_name(image.name or service)
    service, version = as_name(service), image.tag[:200]
    if digest or image.digest:
        return Running(service, Subject(name, digest or image.digest), 1, version)
    if image_id:
        return Running(service, Subject(name, image_id), 1, version, "image-id")
    return Running.unresolved(service, name, shortened(reference or name), 1, version)


def shortened(reference: str) -> str:
    """A reference as a ledger can hold it: of a very long one the beginning, and its SHA-256."""
    if len(reference) <= MAX_REFERENCE:
        return reference
    return f"{reference[:400]}… sha256 {hashlib.sha256(reference.encode('utf-8')).hexdigest()}"


def add_up(running: Iterable[Running]) -> tuple[Running, ...]:
    """The same artifact in the same service once, with all of its instances; in one order, however it was listed."""
    found: dict[tuple[str, str, str], Running] = {}
    for one in sorted(running, key=_order):
        key = one.service, one.basis, one.artifact.sha256
        before = found.get(key)
        found[key] = one if before is None else replace(before, count=before.count + one.count)
    for one in found.values():
        if one.count > MAX_COUNT:
            raise InputError(f"{one.service} runs more than {MAX_COUNT} instances of {one.artifact.name}")
    return tuple(found.values())


def _order(one: Running) -> tuple[str, str, str, str, str]:
    return one.service, one.basis, one.artifact.sha256, one.artifact.name, one.version
