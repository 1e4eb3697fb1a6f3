"""Commit objects as anybody can make them: read as far as they can be, and never further."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.kinds import Source
from custody.kinds.artifact import Author
from custody.kinds.fields import Fields
from custody.ledger.canonical import decode, encode
from custody.record.commit import CommitFacts, parse_commit
from custody.record.git import GitFacts
from custody.record.provenance import source

TREE, PARENT = b"1a" * 20, b"2b" * 20
DEV = b"dev-1 <dev-1@acme.example> 1795055411 +0100"


def named(data: bytes, algorithm: str = "sha1") -> str:
    return hashlib.new(algorithm, b"commit %d\0" % len(data) + data).hexdigest()


def read(*lines: bytes, message: bytes = b"Begin\n", algorithm: str = "sha1") -> CommitFacts:
    data = b"\n".join(lines) + b"\n\n" + message
    found = parse_commit(named(data, algorithm), data)
    assert found is not None
    return found


def test_a_plain_commit() -> None:
    found = read(b"tree " + TREE, b"parent " + PARENT, b"author " + DEV, b"committer " + DEV)
    assert found[1:] == (
        TREE.decode(),
        (PARENT.decode(),),
        Author("dev-1", "dev-1@acme.example", "2026-11-19T02:30:11.000Z"),
        Author("dev-1", "dev-1@acme.example", "2026-11-19T02:30:11.000Z"),
        "none",
        (),
    )


def test_bytes_that_the_id_does_not_stand_for_are_refused() -> None:
    data = b"tree " + TREE + b"\nauthor " + DEV + b"\n\nBegin\n"
    assert parse_commit(named(data), data) is not None
    assert parse_commit(named(data), data + b" ") is None
    assert parse_commit("0" * 40, data) is None
    assert parse_commit(named(data, "sha256"), data) is not None


@pytest.mark.parametrize(
    ("first", "form"),
    [
        (b"-----BEGIN PGP SIGNATURE-----", "openpgp"),
        (b"-----BEGIN PGP MESSAGE-----", "openpgp"),
        (b"-----BEGIN SSH SIGNATURE-----", "ssh"),
        (b"-----BEGIN SIGNED MESSAGE-----", "x509"),
        (b"-----BEGIN SOMETHING-----", "none"),
    ],
)
def test_the_form_of_a_signature(first: bytes, form: str) -> None:
    lines = (b" tree of nothing", b" ", b" author nobody <> 0 +0000", b" -----END SIGNATURE-----")
    head = (b"tree " + TREE, b"author " + DEV)
    found = read(*head, b"gpgsig " + first, *lines)
    assert found.signature == form and found.author.name == "dev-1"
    # In a repository of the other hash that header is the other hash's.
    assert read(*head, b"gpgsig-sha256 " + first, *lines).signature == "none"
    assert read(*head, b"gpgsig-sha256 " + first, *lines, algorithm="sha256").signature == form


def test_the_signature_of_a_merged_tag_and_one_in_the_message_are_not_the_commits() -> None:
    tag = (b"mergetag object " + PARENT, b" type commit", b" gpgsig -----BEGIN SSH SIGNATURE-----", b" x")
    found = read(b"tree " + TREE, *tag, b"author " + DEV, message=b"gpgsig -----BEGIN SSH SIGNATURE-----\n")
    assert found.signature == "none" and found.author.name == "dev-1"


@pytest.mark.parametrize(
    ("line", "author"),
    [
        (b"\xfcnl\xfc <a@b> 0 +0000", Author("\\xfcnl\\xfc", "a@b", "1970-01-01T00:00:00.000Z")),
        (b"<a@b> 1 +0000", Author("", "a@b", "1970-01-01T00:00:01.000Z")),
        (b"dev-1 <> -1 -0000", Author("dev-1", "", "1969-12-31T23:59:59.000Z")),
        (b"dev-1 <a@b>", Author("dev-1", "a@b")),
        (b"dev-1 <a@b> soon +0000", Author("dev-1", "a@b")),
        (b"dev-1 <a@b> 999999999999 +0000", Author("dev-1", "a@b")),
        (b"dev-1 <a@b> 99999999999999999999999 +0000", Author("dev-1", "a@b")),
        (b"dev-1 <a@b> -99999999999 +0000", Author("dev-1", "a@b")),
        (b"dev-1", Author("dev-1")),
        (b"a <b> <c> 1 +0000", Author("a <b> <c> 1 +0000")),
        (b"a\x1b[2Jb <\x00@x> 0 +0000", Author("a\\x1b[2Jb", "\\x00@x", "1970-01-01T00:00:00.000Z")),
        (b"x" * 600 + b" <a@b>", Author("x" * 500, "a@b")),
        (b"", Author()),
    ],
)
def test_an_author(line: bytes, author: Author) -> None:
    assert read(b"tree " + TREE, b"author " + line).author == author


def test_a_name_in_the_encoding_that_the_commit_names() -> None:
    line = "author Jürgen <j@acme.example> 0 +0000".encode("latin-1")
    assert read(line, b"encoding ISO-8859-1").author.name == "Jürgen"
    for encoding in (b"unicode_escape", b"rot13", b"hex", b"utf-16", b"idna", b"nothing", b"\xff"):
        assert read(line, b"encoding " + encoding).author.name == "J\\xfcrgen"
    assert read("author 山 <a@b>".encode("shift_jis"), b"encoding Shift_JIS").author.name == "山"


def test_missing_and_malformed_fields_are_left_out() -> None:
    assert (
        read(b"tree " + TREE[:-1], b"parent x", b"parent " + PARENT + PARENT[:24])[1:] == CommitFacts("")[1:]
    )
    assert read(b"tree " + TREE, b"tree " + PARENT).tree == TREE.decode()
    assert parse_commit(named(b""), b"") == CommitFacts(named(b""))


def test_co_authors_wherever_they_stand_and_each_once() -> None:
    message = (
        b"Begin\n\nCo-authored-by: dev-2 <dev-2@acme.example>\n\nSigned-off-by: dev-1 <a@b>\n"
        b"co-AUTHORED-by : dev-3 <dev-3@acme.example>\r\nCo-authored-by: dev-2 <dev-2@acme.example>\n"
        b"Co-authored-by:\n not-Co-authored-by: dev-4 <x@y>\nCo-authored-by: dev-5"
    )
    assert [one.name for one in read(message=message).co_authors] == ["dev-2", "dev-3", "dev-5"]


def test_too_many_parents_or_co_authors_are_an_error_and_not_a_part_of_the_truth() -> None:
    parents = [b"parent %040x" % number for number in range(1001)]
    assert len(read(*parents[:1000]).parents) == 1000
    with pytest.raises(InputError, match="1001 parents"):
        read(*parents)
    message = b"".join(b"Co-authored-by: dev-%d <a@b>\n" % number for number in range(1001))
    with pytest.raises(InputError, match="co-authors"):
        read(message=message)


line = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda name, rest: name + b" " + rest,
        st.sampled_from([b"tree", b"parent", b"author", b"committer", b"gpgsig", b"encoding", b"mergetag"]),
        st.binary(max_size=80) | st.just(TREE) | st.just(DEV) | st.just(b"gb18030") | st.just(b"euc-jp"),
    ),
)


@given(st.lists(line, max_size=12), st.binary(max_size=100), st.sampled_from(["sha1", "sha256"]))
def test_any_bytes_give_facts_that_an_entry_can_hold(
    lines: list[bytes], message: bytes, algorithm: str
) -> None:
    data = b"\n".join(lines) + b"\n\nCo-authored-by: " + message
    found = parse_commit(named(data, algorithm), data)
    assert found is not None
    body = source(GitFacts(found, None, False, None))
    read_back = decode(encode(body.write()), 1024 * 1024)
    assert isinstance(read_back, dict)
    assert Source.read(Fields(read_back, "source")) == body
