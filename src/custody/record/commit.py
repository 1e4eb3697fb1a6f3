"""What a commit says of itself: its object, as git stores it, read without trusting it.

The format is git's (gitformat-signature, git-commit-tree): header lines, each perhaps with continuation lines that
begin with a space, an empty line, the message. Anybody can make an object with any bytes in these places: times that
no calendar has, names in no encoding, a signature within a signature. What cannot be read is left out; what is too
much for an entry is an error.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from custody.errors import InputError
from custody.kinds.artifact import MAX_CO_AUTHORS, MAX_PARENTS, Author
from custody.ledger import timestamps

MAX_COMMIT = 16 * 1024 * 1024
"""Bytes of a commit object."""
_MAX_TEXT = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(rb"-?[0-9]{1,12}")
_IDENTITY = re.compile(rb"(?P<name>[^<]*)<(?P<email>[^<>]*)>(?:[ \t]+(?P<seconds>\S+)[ \t]+\S+)?[ \t]*")
_CO_AUTHOR = re.compile(rb"^co-authored-by[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
# Encodings that people wrote in before UTF-8. Python knows others that are no encodings of text.
_ENCODING = re.compile(
    rb"iso-?8859-?[0-9]{1,2}|latin-?[0-9]|(?:cp|windows-?)125[0-8]|koi8-[ru]|euc-?(?:jp|kr)|shift[-_]?jis"
    rb"|gb(?:k|2312|18030)|big5|us-ascii|utf-?8",
    re.IGNORECASE,
)
_SIGNATURES = {
    b"-----BEGIN PGP SIGNATURE-----": "openpgp",
    b"-----BEGIN PGP MESSAGE-----": "openpgp",
    b"-----BEGIN SSH SIGNATURE-----": "ssh",
    b"-----BEGIN SIGNED MESSAGE-----": "x509",
}


class CommitFacts(NamedTuple):
    """A commit: its id, tree and parents in hex, who wrote and committed it and when, as it claims.

    `signature` is the form of the signature it bears ("none", "openpgp", "ssh", "x509"), which nobody checked.
    `co_authors` are those of its `Co-authored-by:` lines, without times.
    """

    commit: str
    tree: str = ""
    parents: tuple[str, ...] = ()
    author: Author = Author()
    committer: Author = Author()
    signature: str = "none"
    co_authors: tuple[Author, ...] = ()


def parse_commit(commit: str, data: bytes) -> CommitFacts | None:
    """The facts of a commit object; None where the bytes are not those that the id (hex) stands for.

    Raises InputError where it has more parents or co-authors than an entry can hold.
    """
    algorithm = "sha1" if len(commit) == 40 else "sha256"
    # Not a matter of security: it is git's own name for these bytes.
    if hashlib.new(algorithm, b"commit %d\0" % len(data) + data, usedforsecurity=False).hexdigest() != commit:
        return None
    head, _, message = data.partition(b"\n\n")
    tree, parents, encoding, signature = "", [], "utf-8", "none"
    people: dict[bytes, Author] = {}
    fields = list(_fields(head))
    for name, value in fields:
        if name == b"encoding" and _ENCODING.fullmatch(value.strip()):
            encoding = value.strip().decode("ascii")
    # A commit that exists under both hashes bears a signature for each.
    signed = b"gpgsig" if len(commit) == 40 else b"gpgsig-sha256"
    for name, value in fields:
        if name == b"tree" and not tree:
            tree = _id(value, commit)
        elif name == b"parent" and (parent := _id(value, commit)):
            parents.append(parent)
        elif name in (b"author", b"committer"):
            people.setdefault(name, _author(value, encoding))
        elif name == signed and signature == "none":
            signature = _SIGNATURES.get(value.strip(), "none")
    if len(parents) > MAX_PARENTS:
        raise InputError(
            f"commit {commit} has {len(parents)} parents, more than {MAX_PARENTS}", code="commit"
        )
    return CommitFacts(
        commit,
        tree,
        tuple(parents),
        people.get(b"author", Author()),
        people.get(b"committer", Author()),
        signature,
        _co_authors(commit, message, encoding),
    )


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The header's fields, each with its first line. A line that goes on from the one before begins with a space, and
    so is a field without a name: of a signature, or of another's tag, nothing is taken."""
    for line in head.split(b"\n"):
        name, _, value = line.partition(b" ")
        yield name, value


def _id(value: bytes, commit: str) -> str:
    return value.decode("ascii") if re.fullmatch(rb"[0-9a-f]{%d}" % len(commit), value) else ""


def _author(value: bytes, encoding: str) -> Author:
    found = _IDENTITY.fullmatch(value)
    if found is None:
        return Author(_text(value, encoding))
    return Author(_text(found["name"], encoding), _text(found["email"], encoding), _instant(found["seconds"]))


def _co_authors(commit: str, message: bytes, encoding: str) -> tuple[Author, ...]:
    """Wherever the lines stand in the message: to take one too many for an author only makes four eyes stricter."""
    found = dict.fromkeys(_author(match[1].strip(), encoding) for match in _CO_AUTHOR.finditer(message))
    found.pop(Author(), None)
    if len(found) > MAX_CO_AUTHORS:
        raise InputError(f"commit {commit} names more than {MAX_CO_AUTHORS} co-authors", code="commit")
    return tuple(found)


def _text(raw: bytes, encoding: str) -> str:
    """Text of the commit; what is no text in its encoding, and control characters, as escapes."""
    text = raw.decode(encoding, "backslashreplace").strip()
    shown = "".join(
        character if character.isprintable() or character > "\x9f" else f"\\x{ord(character):02x}"
        for character in text
    )
    return shown[:_MAX_TEXT]


def _instant(seconds: bytes | None) -> str:
    """Seconds since 1970 as an instant, "" for what no calendar has."""
    if seconds is None or not _SECONDS.fullmatch(seconds):
        return ""
    try:
        return timestamps.from_datetime(_EPOCH + timedelta(seconds=int(seconds)))
    except (OverflowError, ValueError):
        return ""
