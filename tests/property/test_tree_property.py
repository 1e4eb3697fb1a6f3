"""custody-tree-v1: any difference between two folders is one of their fingerprints, and how they came to be is none."""

from __future__ import annotations

import random
import shutil
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from harness.trees import make_tree
from hypothesis import assume, given
from hypothesis import strategies as st

from custody.record.fingerprint import TREE, fingerprint
from custody.record.ignore import Exclusions, parse_pattern, segment_matches
from custody.record.tar import MalformedTarError, members

NAMES = st.sampled_from(["a", "b", "a.b", "a-", "é", "x" * 40, "x\ny"])
TEXTS = st.sampled_from(["", "a", "b", "a/b", "x" * 300])
LEAVES = st.one_of(
    st.builds(lambda text, run: {"type": "file", "text": text, "executable": run}, TEXTS, st.booleans()),
    st.builds(lambda target: {"type": "link", "target": target or "a"}, TEXTS),
)
TREES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=4),
    lambda inner: st.dictionaries(NAMES, st.one_of(LEAVES, inner), max_size=4),
    max_leaves=12,
)


def is_leaf(value: dict[str, Any]) -> bool:
    return isinstance(value.get("type"), str)


def entries(tree: dict[str, Any], prefix: str = "") -> list[dict[str, Any]]:
    found = []
    for name, value in tree.items():
        if is_leaf(value):
            found.append({"path": prefix + name, **value})
        else:
            found.append({"path": prefix + name, "type": "directory"})
            found += entries(value, f"{prefix}{name}/")
    return found


def digest(listed: list[dict[str, Any]], algorithm: str = TREE) -> str:
    folder = Path(tempfile.mkdtemp())
    try:
        return fingerprint(make_tree(folder / "root", listed), algorithm=algorithm, workers=1).sha256
    finally:
        shutil.rmtree(folder)


@given(TREES, TREES)
def test_two_folders_have_one_fingerprint_exactly_if_they_are_equal(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (digest(entries(one)) == digest(entries(other))) == (one == other)


@given(TREES, st.integers(0, 2**32))
def test_the_order_of_creation_does_not_matter(one: dict[str, Any], seed: int) -> None:
    listed = entries(one)
    shuffled = random.Random(seed).sample(listed, len(listed))
    assert digest(shuffled) == digest(listed)


@given(TREES, st.data())
def test_any_single_change_changes_it(one: dict[str, Any], data: st.DataObject) -> None:
    """A byte, a name, a mode, a target, the structure: of one entry, wherever it is."""
    listed = entries(one)
    assume(listed)
    at = data.draw(st.integers(0, len(listed) - 1))
    entry = dict(listed[at])
    how = data.draw(st.sampled_from(["content", "mode", "type", "name", "gone", "more"]))
    changed = [dict(each) for each in listed]
    inside = [each for each in listed if each["path"].startswith(entry["path"] + "/")]
    if how == "content" and entry["type"] == "file":
        changed[at]["text"] = entry["text"] + "x" if not entry["text"] else "y" + entry["text"][1:]
    elif how == "content" and entry["type"] == "link":
        changed[at]["target"] = entry["target"] + "x"
    elif how == "mode" and entry["type"] == "file":
        changed[at]["executable"] = not entry["executable"]
    elif how == "type" and not inside:
        text = entry.get("text") or entry.get("target") or "a"
        new = "link" if entry["type"] == "file" and text else "file"
        changed[at] = {"path": entry["path"], "type": new, "text": text, "target": text}
    elif how == "name":
        for each in changed:
            if each["path"] == entry["path"] or each in inside:
                each["path"] = entry["path"] + "'" + each["path"][len(entry["path"]) :]
    elif how == "gone" and not inside:
        del changed[at]
    else:
        changed.append({"path": "something more", "type": "directory"})
    assert digest(changed) != digest(listed)


@given(TREES, NAMES)
def test_what_is_left_out_leaves_no_trace(one: dict[str, Any], name: str) -> None:
    listed = entries(one)
    kept = [each for each in listed if name not in each["path"].split("/")]
    folder = Path(tempfile.mkdtemp())
    try:
        found = fingerprint(make_tree(folder / "root", listed), exclude=[f"**/{name}"], workers=1)
    finally:
        shutil.rmtree(folder)
    assert found.sha256 == digest(kept)


# --- patterns

PATTERN_TEXT = st.text("ab*?[]^-\\/é.", min_size=1, max_size=12)


@given(PATTERN_TEXT, st.text("ab/é.", max_size=12))
def test_a_pattern_is_refused_or_answers(pattern: str, path: str) -> None:
    try:
        parsed = parse_pattern(pattern)
    except ValueError:
        return
    assert Exclusions((parsed,))(path.encode()) in (True, False)


@given(st.text("ab*", max_size=10), st.text("ab", max_size=10))
def test_stars_match_as_their_definition_says(pattern: str, name: str) -> None:
    def matches(rest: str, of: str) -> bool:
        if not rest:
            return not of
        if rest[0] == "*":
            return any(matches(rest[1:], of[at:]) for at in range(len(of) + 1))
        return of[:1] == rest[0] and matches(rest[1:], of[1:])

    assert segment_matches(pattern, name) is matches(pattern, name)


# --- archives

MEMBERS = st.lists(
    st.tuples(
        st.text("ab/.é", min_size=1, max_size=150).filter(lambda name: name.strip("/.")),
        st.binary(max_size=700),
        st.sampled_from(
            [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE]
        ),
    ),
    max_size=6,
)
FORMATS = st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def archive(listed: list[tuple[str, bytes, bytes]], form: int) -> bytes:
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for name, data, kind in listed:
            info = tarfile.TarInfo(name)
            info.type, info.mtime = kind, 1.5
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            info.linkname = "a" * (100 if form == tarfile.USTAR_FORMAT else 120)
            try:
                tar.addfile(info, BytesIO(data))
            except ValueError:  # a name too long for the oldest form
                continue
    return file.getvalue()


@given(MEMBERS, FORMATS)
def test_members_are_those_that_the_standard_library_finds(
    listed: list[tuple[str, bytes, bytes]], form: int
) -> None:
    data = archive(listed, form)
    found = {
        (member.name.rstrip(b"/").decode(), data[member.offset : member.offset + member.size])
        for member in members(BytesIO(data), len(data))
    }
    with tarfile.open(fileobj=BytesIO(data)) as tar:
        expected = set()
        for info in tar:
            file = tar.extractfile(info) if info.isreg() else None
            if file:
                expected.add((info.name.rstrip("/"), file.read()))
    assert found == expected


@given(MEMBERS, FORMATS, st.data())
def test_a_damaged_archive_is_read_or_refused_and_nothing_else(
    listed: list[tuple[str, bytes, bytes]], form: int, data: st.DataObject
) -> None:
    damaged = bytearray(archive(listed, form))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(damaged)))
    try:
        found = list(members(BytesIO(damaged[:length]), length))
    except MalformedTarError:
        return
    assert all(one.offset + one.size <= length for one in found)
