"""`custody fingerprint`, and artifacts that are folders and images: through the command line, made by real tools."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_desk import ORIGIN, Desk
from harness.layouts import simple

from custody.cli import fingerprint as command
from custody.cli.fingerprint import measured
from custody.errors import InputError
from custody.record import fingerprint as record
from custody.record.fingerprint import fingerprint

NEW = ("--ledger", "new.ledger", "--origin", ORIGIN, "--key", "ci.key")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    (tmp_path / "site" / "img").mkdir(parents=True)
    (tmp_path / "site" / "index.html").write_text("<p>")
    (tmp_path / "site" / "debug.log").write_text("x")
    simple().write(tmp_path / "image")
    return desk


def recorded(desk: Desk, *arguments: str) -> dict[str, object]:
    """The body of the entry that a command records."""
    desk("append", *arguments, *NEW)
    position = desk.entries("new.ledger")[-1]["position"]
    found: dict[str, object] = desk("show", str(position), "-l", "new.ledger", "--json", exit=4).json[
        "answer"
    ]["body"]
    return found


def test_it_prints_a_line_for_each(desk: Desk) -> None:
    digest = hashlib.sha256(desk.path("api.whl").read_bytes()).hexdigest()
    reference = f"registry.example/api:1.0@sha256:{'ab' * 32}"
    lines = desk("fingerprint", "api.whl", "site", "image:1.0", reference).out.splitlines()
    assert lines == [
        f"{digest}  api.whl  file",
        f"{fingerprint(desk.path('site')).sha256}  site  directory custody-tree-v1",
        f"{fingerprint(desk.path('image')).sha256}  image:1.0  oci-image",
        f"{'ab' * 32}  {reference}  oci-image",
    ]


def test_the_choices_are_all_there_are() -> None:
    assert (command.ALGORITHMS, command.TYPES) == (record.ALGORITHMS, record.TYPES)


def test_what_was_left_out_is_said(desk: Desk) -> None:
    desk.path("site/.custodyignore").write_text("img\n")
    said = desk("fingerprint", "site", "--exclude", "*.log")
    assert said.err == "left out of site: *.log, img\n"
    (found,) = desk("fingerprint", "site", "--exclude", "*.log", "--json").json
    assert found == {
        "path": "site",
        "name": "site",
        "type": "directory",
        "algorithm": "custody-tree-v1",
        "excluded": ["*.log", "img"],
        "sha256": said.out.split()[0],
        "size": len("<p>img\n"),
    }


def test_the_names_of_files_do_not_drive_a_terminal(desk: Desk) -> None:
    desk.path("a\x1b]0;x\x07\nb").write_text("x")
    said = desk("fingerprint", "a\x1b]0;x\x07\nb")
    assert said.out.count("\n") == 1 and "\x1b" not in said.out
    assert "\x1b" not in desk("fingerprint", "gone\x1b[2J", exit=2).err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "usage"),
        (("",), "empty"),
        (("gone",), "not-found"),
        (("api.whl", "gone", "site"), "not-found"),
        (("api.whl", "--exclude", "x"), "option"),
        (("api.whl", "--exclude", ""), "empty"),
        (("api.whl", "--image", "x"), "image"),
        (("site", "--dir-algorithm", "md5"), "choice"),
        (("site", "--exclude", "../x"), "exclude"),
        (("site", "--exclude", "[a"), "exclude"),
        (("site", "--type", "oci-image"), "image"),
        (("image:2.0",), "image"),
        (("api@sha256:00",), "digest"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_what_has_no_fingerprint_is_exit_2(desk: Desk, arguments: tuple[str, ...], reason: str) -> None:
    said = desk("fingerprint", *arguments, exit=2)
    assert (said.reason, said.out) == (reason, "")


def test_a_folder_that_cannot_be_recorded_leaves_nothing(desk: Desk) -> None:
    os.mkfifo(desk.path("site/pipe"))
    assert desk("append", "artifact", "site", *NEW, exit=2).reason == "not-regular"
    assert not desk.path("new.ledger").exists()


def test_a_folder_is_recorded_with_how_and_without_what(desk: Desk) -> None:
    body = recorded(desk, "artifact", "site", "--exclude", "*.log", "--version", "7")
    found = fingerprint(desk.path("site"), exclude=["*.log"])
    assert body["sha256"] == found.sha256 and body["size"] == found.size == 3
    assert (body["type"], body["algorithm"], body["name"]) == ("directory", "custody-tree-v1", "site")
    assert body["excluded"] == ["*.log"]
    kosli = recorded(desk, "artifact", "site", "--dir-algorithm", "kosli-dir-v1")
    assert kosli["sha256"] == fingerprint(desk.path("site"), algorithm="kosli-dir-v1").sha256
    assert kosli["algorithm"] == "kosli-dir-v1" and "excluded" not in kosli


def test_an_image_is_recorded(desk: Desk) -> None:
    body = recorded(desk, "artifact", "image:1.0", "--name", "api")
    found = fingerprint(desk.path("image"))
    assert (body["type"], body["sha256"], body["size"]) == ("oci-image", found.sha256, found.size)
    assert "algorithm" not in body
    reference = f"registry.example/acme/api:1.0@sha256:{found.sha256}"
    body = recorded(desk, "artifact", reference)
    assert (body["name"], body["sha256"], body["size"]) == ("registry.example/acme/api", found.sha256, 0)


def test_every_artifact_may_be_a_folder_or_an_image(desk: Desk) -> None:
    """Evidence, approval and deployment find the same fingerprint as `append artifact` did."""
    desk.path("site/.custodyignore").write_text("*.log\n")
    for path in ("site", "image"):
        sha256 = recorded(desk, "artifact", path)["sha256"]
        for arguments in (
            ("evidence", "--control", "load", "--result", "pass", "--artifact", path),
            ("approval", path, "--env", "prod", "--yes"),
            ("deployment", path, "--env", "prod"),
        ):
            body = recorded(desk, *arguments)
            assert (body.get("artifact") or body)["sha256"] == sha256  # type: ignore[index,union-attr]


def test_somebody_who_watches_sees_how_far_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int]] = []

    class Progress:
        def __init__(self, what: str) -> None:
            assert what == "hashing"

        def __call__(self, name: str, done: int, total: int) -> None:
            seen.append((name, done, total))

        def close(self) -> None:
            seen.append(("closed", 0, 0))

    monkeypatch.setattr("custody.cli.fingerprint.console.Progress", Progress)
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True))
    measured(str(desk.path("image")))
    size = fingerprint(desk.path("image")).size
    assert seen[-2:] == [(str(desk.path("image")), size, size), ("closed", 0, 0)]
    seen.clear()
    with pytest.raises(InputError):
        measured(str(desk.path("gone")))
    assert seen == [("closed", 0, 0)]


# --- what real tools make


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


@pytest.fixture(scope="module")
def oci(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layout with two images, made by umoci; skopeo says what their digests are."""
    for tool in ("umoci", "skopeo"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    folder = tmp_path_factory.mktemp("oci")
    run("umoci", "init", "--layout", folder / "layout")
    run("umoci", "new", "--image", f"{folder}/layout:1.0")
    (folder / "files").mkdir()
    (folder / "files" / "hello").write_bytes(os.urandom(50_000))
    run("umoci", "insert", "--rootless", "--image", f"{folder}/layout:1.0", folder / "files", "/srv")
    run("umoci", "config", "--image", f"{folder}/layout:1.0", "--tag", "1.1", "--config.user", "1000")
    return folder


def told(reference: str) -> str:
    return run("skopeo", "inspect", "--format", "{{.Digest}}", reference).removeprefix("sha256:")


def test_a_layout_of_umoci_s_has_the_digest_that_skopeo_finds(oci: Path) -> None:
    for tag in ("1.0", "1.1"):
        found = fingerprint(f"{oci}/layout:{tag}")
        assert found.sha256 == told(f"oci:{oci}/layout:{tag}")
        assert found.type == "oci-image" and found.size > 100
    assert told(f"oci:{oci}/layout:1.0") != told(f"oci:{oci}/layout:1.1")


def test_an_archive_of_skopeo_s_has_the_digest_that_skopeo_finds(oci: Path, tmp_path: Path) -> None:
    path = tmp_path / "api.tar"
    run("skopeo", "copy", "-q", f"oci:{oci}/layout:1.1", f"oci-archive:{path}:acme/api:1.1")
    assert fingerprint(path).sha256 == told(f"oci-archive:{path}") == fingerprint(f"{oci}/layout:1.1").sha256
    assert fingerprint(path, image="acme/api:1.1") == fingerprint(path)


def test_a_docker_archive_of_skopeo_s_has_no_manifest_and_says_so(oci: Path, desk: Desk) -> None:
    path = desk.path("api.tar")
    run("skopeo", "copy", "-q", f"oci:{oci}/layout:1.1", f"docker-archive:{path}:acme/api:1.1")
    said = desk("append", "artifact", "api.tar", *NEW, exit=2)
    assert said.reason == "image" and "api.tar" in said.err and "--type file" in said.err
    assert not desk.path("new.ledger").exists()
    assert recorded(desk, "artifact", "api.tar", "--type", "file")["type"] == "file"


def test_a_damaged_layer_of_a_real_image_is_found(oci: Path, tmp_path: Path, desk: Desk) -> None:
    shutil.copytree(oci / "layout", tmp_path / "damaged")
    layer = max((tmp_path / "damaged" / "blobs" / "sha256").iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(layer.read_bytes())
    data[len(data) // 2] ^= 1
    layer.chmod(0o644)
    layer.write_bytes(data)
    said = desk("fingerprint", "damaged:1.0", exit=2)
    assert said.reason == "image" and layer.name in said.err
