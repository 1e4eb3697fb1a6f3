"""A folder that is hashed: what is refused in it, what changes meanwhile, and what no depth or loop can do."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from custody.errors import InputError, UsageError
from custody.record import hashing, tree, walk
from custody.record.fingerprint import KOSLI, TREE, fingerprint

posix = pytest.mark.skipif(os.name == "nt", reason="names, modes and special files of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    (root / "a" / "inner").mkdir(parents=True)
    (root / "a" / "one").write_bytes(b"1")
    (root / "a" / "two").write_bytes(b"2" * (hashing.SMALL + 1))
    (root / "b").mkdir()
    (root / "b" / "run").write_bytes(b"#!")
    (root / "link").symlink_to("a")
    return root


def refusal(folder: Path, algorithm: str = TREE, exclude: tuple[str, ...] = ()) -> InputError:
    with pytest.raises(InputError) as refused:
        fingerprint(folder, algorithm=algorithm, exclude=exclude, workers=2)
    assert "\n" not in str(refused.value)
    return refused.value


def test_it_says_what_it_is(folder: Path) -> None:
    found = fingerprint(folder)
    assert (found.type, found.algorithm, found.name) == ("directory", TREE, "site")
    assert found.size == 1 + hashing.SMALL + 1 + 2
    assert fingerprint(folder, algorithm=KOSLI).sha256 != found.sha256


def test_the_root_s_name_and_a_link_to_it_do_not_matter(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(folder)
    before = fingerprint(folder)
    assert fingerprint(tmp_path / "current") == before
    assert fingerprint(folder / "b" / "..") == before
    folder.rename(tmp_path / "other")
    assert fingerprint(tmp_path / "other") == before


# --- what changes meanwhile


def grow(root: Path) -> None:
    with (root / "b" / "run").open("ab") as file:
        file.write(b"more")


def rewrite(root: Path) -> None:
    info = (root / "a" / "one").stat()
    (root / "a" / "one").write_bytes(b"x")
    os.utime(root / "a" / "one", ns=(info.st_atime_ns, info.st_mtime_ns))


def appear(root: Path) -> None:
    (root / "a" / "zero").touch()


def appear_in_the_root(root: Path) -> None:
    (root / "zzz").mkdir()


def vanish(root: Path) -> None:
    (root / "a" / "one").unlink()


def vanish_folder(root: Path) -> None:
    (root / "b" / "run").unlink()
    (root / "b").rmdir()


def point_elsewhere(root: Path) -> None:
    (root / "link").unlink()
    (root / "link").symlink_to("b")


def make_executable(root: Path) -> None:
    (root / "a" / "one").chmod(0o755)


def turn_into_folder(root: Path) -> None:
    (root / "a" / "one").unlink()
    (root / "a" / "one").mkdir()


def turn_into_link(root: Path) -> None:
    (root / "a" / "one").rename(root.parent / "kept")
    (root / "a" / "one").symlink_to(root.parent / "kept")


def swap_folders(root: Path) -> None:
    (root / "b").rename(root.parent / "kept")
    (root / "b").mkdir()
    (root / "b" / "run").write_bytes(b"#!")


CHANGES = [
    grow, rewrite, appear, appear_in_the_root, vanish, vanish_folder, point_elsewhere, make_executable,
    turn_into_folder, turn_into_link, swap_folders,
]  # fmt: skip


def changing(
    folder: Path, change: Callable[[Path], None], after: bytes, workers: int
) -> Iterator[walk.Entry]:
    for entry in walk.Walk(os.fsencode(folder), lambda path: False, True).entries(workers=workers):
        yield entry
        if entry.path == after:
            change(folder)


@posix
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder_that_changes_after_it_was_hashed_has_no_fingerprint(
    folder: Path, change: Callable[[Path], None], workers: int
) -> None:
    with pytest.raises(InputError) as refused:
        tree.digest(changing(folder, change, b"link", workers))  # the last one
    assert refused.value.code == "changed", str(refused.value)
    assert str(refused.value).startswith(str(folder))


@posix
@pytest.mark.parametrize("after", [b"a", b"a/inner", b"a/two", b"b"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("workers", [1, 2])
def test_what_changes_meanwhile_is_an_error_or_was_read_afterwards(
    folder: Path, change: Callable[[Path], None], after: bytes, workers: int
) -> None:
    """There is never a fingerprint of something that the folder was not, as a whole."""
    try:
        sha256, _ = tree.digest(changing(folder, change, after, workers))
    except InputError as error:
        code = error.code
    else:
        code = "changed" if sha256 == fingerprint(folder).sha256 else "a fingerprint of what never was"
    assert code == "changed"


@posix
def test_what_is_excluded_may_change(folder: Path) -> None:
    how = walk.Walk(os.fsencode(folder), lambda path: path.endswith(b"zero"), True)
    for entry in how.entries(workers=1):
        if entry.path == b"a/two":
            appear(folder)
    assert (folder / "a" / "zero").exists()


def test_a_change_of_what_is_left_out_is_a_change(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".custodyignore").write_text("b\n.custodyignore\n")
    entries = walk.Walk.entries

    def slow(self: walk.Walk, *arguments: object) -> object:
        yield from entries(self, *arguments)  # type: ignore[arg-type]
        (folder / ".custodyignore").write_text("a\n.custodyignore\n")

    monkeypatch.setattr(walk.Walk, "entries", slow)
    assert refusal(folder).code == "changed"


@posix
def test_what_is_left_out_is_not_decided_elsewhere(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("b\n")
    for algorithm, name in ((TREE, ".custodyignore"), (KOSLI, ".kosli_ignore")):
        (folder / name).symlink_to("../rules")
        assert refusal(folder, algorithm).code == "exclude"
        (folder / name).unlink()
        (folder / name).mkdir()
        assert refusal(folder, algorithm).code == "not-regular"
        (folder / name).rmdir()


@pytest.mark.parametrize(
    "text", [b"\xff", b"a\n!b\n", b"../x", b"[a", b"x" * 501, b"a\n" * 1001, b"a" * 70_000]
)
def test_a_custodyignore_that_cannot_be_relied_on_is_named(folder: Path, text: bytes) -> None:
    (folder / ".custodyignore").write_bytes(text)
    assert str(refusal(folder)).startswith(str(folder / ".custodyignore"))


def test_a_custodyignore_as_editors_leave_it(folder: Path) -> None:
    for text in (b"b\n", b"\xef\xbb\xbfb\r\n", b"# comment\n\n  b  \n   \n", b"b"):
        (folder / ".custodyignore").write_bytes(text)
        assert fingerprint(folder).excluded == ("b",)
        assert fingerprint(folder, exclude=["a"]).excluded == ("a", "b")


# --- what cannot be in it


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))


@posix
@pytest.mark.parametrize("algorithm", [TREE, KOSLI])
@pytest.mark.parametrize("make", [fifo, unix_socket])
def test_what_is_no_file_folder_or_link_is_named(
    folder: Path, make: Callable[[Path], None], algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    make(folder / "b" / "odd")
    refused = refusal(folder, algorithm)
    assert refused.code == "not-regular" and str(refused).startswith(str(folder / "b" / "odd"))
    fingerprint(folder, algorithm=algorithm, exclude=["b/odd"])


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "a" / "one").chmod(0)
    assert refusal(folder).code == "unreadable"


def test_an_unreadable_file_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse(path: bytes, *arguments: int) -> int:
        if path.endswith(b"/one"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *arguments)

    monkeypatch.setattr("os.open", refuse)
    assert str(refusal(folder)) == f"{folder / 'a' / 'one'}: cannot be read (Permission denied)"


def test_a_folder_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, code in {"gone": "not-found", "file/x": "unreadable"}.items():
        with pytest.raises(InputError) as refused:
            fingerprint(tmp_path / name, type="directory")
        assert refused.value.code == code
    with pytest.raises(InputError) as refused:
        fingerprint(tmp_path / "file", type="directory")
    assert refused.value.code == "not-directory"
    with pytest.raises(UsageError):
        fingerprint(tmp_path / "file", exclude=["x"])
    with pytest.raises(UsageError):
        fingerprint(tmp_path, algorithm="md5")


# --- links


@posix
def test_links_are_never_followed(folder: Path, tmp_path: Path) -> None:
    before = fingerprint(folder)
    (tmp_path / "outside").write_text("x")
    (folder / "out").symlink_to("../outside")
    (folder / "loop").symlink_to("loop")
    (folder / "up").symlink_to("..")
    (folder / "root").symlink_to("/")
    found = fingerprint(folder)
    assert found.sha256 != before.sha256 and found.size == before.size
    (tmp_path / "outside").write_text("y")
    assert fingerprint(folder) == found


@posix
def test_kosli_s_follows_links_to_files_and_refuses_those_to_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("x")
    (folder / "out").symlink_to("../outside")
    before = fingerprint(folder, algorithm=KOSLI)
    (tmp_path / "outside").write_text("y")
    assert fingerprint(folder, algorithm=KOSLI).sha256 != before.sha256
    (folder / "loop").symlink_to("loop")
    assert refusal(folder, KOSLI).code == "unreadable"
    (folder / "loop").unlink()
    (folder / "nowhere").symlink_to("gone")
    assert str(refusal(folder, KOSLI)).startswith(f"{folder / 'nowhere'}: ")
    (folder / "nowhere").unlink()
    (folder / "null").symlink_to("/dev/null")
    assert refusal(folder, KOSLI).code == "not-regular"


@posix
def test_kosli_s_patterns_do_not_go_round_in_links(folder: Path) -> None:
    (folder / "a" / "self").symlink_to(".")
    (folder / "a" / "up").symlink_to("..")
    found = fingerprint(folder, algorithm=KOSLI, exclude=["**/one", "**/*w*", "../x", "..", "/", "a/../b"])
    (folder / "a" / "one").unlink()
    (folder / "a" / "two").unlink()
    (folder / "b" / "run").unlink()
    (folder / "b").rmdir()
    assert fingerprint(folder, algorithm=KOSLI).sha256 == found.sha256


@posix
def test_kosli_s_patterns_and_names_that_look_like_patterns(folder: Path) -> None:
    (folder / "a" / "[x").mkdir()
    (folder / "a" / "[x" / "y").touch()
    assert refusal(folder, KOSLI, ("**/y",)).code == "exclude"
    with pytest.raises(UsageError):
        fingerprint(folder, algorithm=KOSLI, exclude=["[x"])


# --- sizes


@posix
def test_no_depth_is_too_deep(tmp_path: Path) -> None:
    root = tmp_path / "deep"
    (root).mkdir()
    here = os.open(root, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        for algorithm in (TREE, KOSLI):
            assert fingerprint(root, algorithm=algorithm).size == 0
    finally:
        remove_deep(root)


@posix
def test_a_path_longer_than_the_system_takes_is_an_error_that_names_it(tmp_path: Path) -> None:
    root = tmp_path / "deep"
    root.mkdir()
    here = os.open(root, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        assert refusal(root).code == "unreadable"
    finally:
        remove_deep(root)


def remove_deep(root: Path) -> None:
    """What `shutil.rmtree` cannot, being recursive: the innermost first, by moving it up."""
    (name,) = os.listdir(root)
    while True:
        inner = os.listdir(root / name)
        if not inner:
            break
        os.rename(root / name / inner[0], root / "next")
        os.rmdir(root / name)
        os.rename(root / "next", root / name)


def test_no_thread_is_left_behind_and_few_are_needed(folder: Path) -> None:
    before = threading.active_count()
    for workers in (1, 2, 8):
        assert fingerprint(folder, workers=workers) == fingerprint(folder)
    how = walk.Walk(os.fsencode(folder), lambda path: False, True)
    entries = how.entries(workers=4)
    next(entries)
    entries.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate()[before:]:
        thread.join(5)
    assert threading.active_count() == before


def test_progress_ends_at_all(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    fingerprint(folder, progress=lambda done, total: seen.append((done, total)))
    total = fingerprint(folder).size
    assert seen[0] == (0, 0) and seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@posix
def test_modes_but_the_owner_s_execution_do_not_matter(folder: Path) -> None:
    path = folder / "a" / "one"
    found = {}
    for mode in (0o644, 0o600, 0o655, 0o4644, 0o755, 0o700):
        path.chmod(mode)
        found.setdefault(bool(mode & stat.S_IXUSR), set()).add(fingerprint(folder).sha256)
    assert [len(one) for one in found.values()] == [1, 1]
    assert found[True] != found[False]
