"""Container images on disk: which digest, and that everything it stands for is there and is what it says."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.layouts import CONFIG, INDEX, LAYER, MANIFEST, Layout, add, simple

from custody.errors import CustodyError, InputError, UsageError
from custody.record import image
from custody.record.fingerprint import fingerprint

Write = Callable[[Layout, Path], Path]


def as_folder(layout: Layout, path: Path) -> Path:
    return layout.write(path)


def as_archive(layout: Layout, path: Path) -> Path:
    return layout.archive(path)


def as_archive_with_dots(layout: Layout, path: Path) -> Path:
    return layout.archive(path, "./")


@pytest.fixture(params=[as_folder, as_archive, as_archive_with_dots], ids=lambda how: how.__name__)
def write(request: pytest.FixtureRequest) -> Any:
    return request.param


def digest(descriptor: dict[str, Any]) -> str:
    found: str = descriptor["digest"]
    return found.removeprefix("sha256:")


def refusal(path: Path | str, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        fingerprint(path, **options)
    assert refused.value.code == "image", str(refused.value)
    assert "\n" not in str(refused.value) and str(refused.value).startswith(
        str(path).rpartition(":")[0] or str(path)
    )
    return str(refused.value)


def test_an_image_is_the_digest_of_its_manifest(tmp_path: Path, write: Write) -> None:
    layout = simple()
    found = fingerprint(write(layout, tmp_path / "api"))
    assert (found.type, found.sha256, found.name) == ("oci-image", digest(layout.index[0]), "api")
    assert found.size == sum(len(data) for name, data in layout.files.items() if name.startswith("blobs/"))
    assert found.algorithm == ""


def test_one_of_several_is_chosen(tmp_path: Path, write: Write) -> None:
    layout = simple()
    other = layout.image(b"other")
    layout.tag(other, "1.1").tag(other, "latest")
    layout.index[0]["annotations"]["io.containerd.image.name"] = "registry.example/api:1.0"
    path = write(layout, tmp_path / "api")
    said = refusal(path)
    assert "3 images" in said and "1.1" in said and "latest" in said and "registry.example/api:1.0" in said
    assert fingerprint(f"{path}:1.1") == fingerprint(path, image="latest")
    assert fingerprint(path, image="1.1").sha256 == digest(other)
    assert fingerprint(path, image=other["digest"]).sha256 == digest(other)
    assert fingerprint(path, image="registry.example/api:1.0").sha256 == digest(layout.index[0])
    assert "no image 2.0" in refusal(path, image="2.0")
    assert "no image 2.0" in refusal(f"{path}:2.0")
    layout.index.pop(0)
    assert fingerprint(write(layout, tmp_path / "same")).sha256 == digest(other)  # two names of one image


def test_an_image_for_several_platforms_is_the_digest_of_its_index(tmp_path: Path, write: Write) -> None:
    layout = Layout()
    manifests = [
        layout.image(b"arm", platform={"os": "linux", "architecture": "arm64"}),
        layout.image(b"amd"),
    ]
    index = layout.json({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}, INDEX)
    layout.tag(index, "1.0")
    found = fingerprint(write(layout, tmp_path / "all"))
    assert found.sha256 == digest(index)
    assert found.size == sum(len(data) for name, data in layout.files.items() if name.startswith("blobs/"))
    # What was pulled for one platform has the index of all of them.
    del layout.files[f"blobs/sha256/{digest(manifests[0])}"]
    assert fingerprint(write(layout, tmp_path / "one")).sha256 == digest(index)
    del layout.files[f"blobs/sha256/{digest(manifests[1])}"]
    assert "nothing is there" in refusal(write(layout, tmp_path / "none"))


def test_the_older_media_types_are_images_too(tmp_path: Path, write: Write) -> None:
    docker = "application/vnd.docker.distribution.manifest"
    layout = Layout()
    manifest = json.loads(layout.files[f"blobs/sha256/{digest(layout.image(b'x'))}"])
    one = layout.json({**manifest, "mediaType": f"{docker}.v2+json"}, f"{docker}.v2+json")
    many = layout.json({"mediaType": f"{docker}.list.v2+json", "manifests": [one]}, f"{docker}.list.v2+json")
    layout.tag(many, "1.0")
    assert fingerprint(write(layout, tmp_path / "api")).sha256 == digest(many)


# --- what is not what it says


def last_blob(layout: Layout) -> str:
    return max(
        (name for name in layout.files if name.startswith("blobs/")), key=lambda name: len(layout.files[name])
    )


def missing(layout: Layout) -> None:
    del layout.files[last_blob(layout)]


def shorter(layout: Layout) -> None:
    layout.files[last_blob(layout)] = layout.files[last_blob(layout)][:-1]


def another_byte(layout: Layout) -> None:
    data = layout.files[last_blob(layout)]
    layout.files[last_blob(layout)] = data[:-1] + bytes([data[-1] ^ 1])


def manifest_of(layout: Layout) -> str:
    return f"blobs/sha256/{digest(layout.index[0])}"


def other_manifest(layout: Layout) -> None:
    layout.files[manifest_of(layout)] = layout.files[manifest_of(layout)].replace(
        b"schemaVersion", b"schemaversion"
    )


def manifest_missing(layout: Layout) -> None:
    del layout.files[manifest_of(layout)]


def size_that_lies(layout: Layout) -> None:
    layout.index[0]["size"] += 1


def size_that_is_huge(layout: Layout) -> None:
    layout.index[0]["size"] = 1 << 60


def index_of(layout: Layout, value: Any) -> None:
    layout.index = value


def replaced(value: dict[str, Any]) -> Callable[[Layout], None]:
    def replace(layout: Layout) -> None:
        layout.index = [layout.json(value, MANIFEST)]

    return replace


LIES: dict[str, Callable[[Layout], None]] = {
    "is missing": missing,
    "bytes and not the": shorter,
    "does not have the digest": another_byte,
    "is not what the layout says": other_manifest,
    "missing": manifest_missing,
    "not what the layout says it is": size_that_lies,
    "is said to have": size_that_is_huge,
    "no image in it": lambda layout: index_of(layout, []),
    "no list": lambda layout: index_of(layout, {"a": 1}),
    "no descriptor": lambda layout: index_of(layout, ["x"]),
    "no sha256": lambda layout: index_of(layout, [{"digest": "sha512:00", "size": 1}]),
    "no  sha256": lambda layout: index_of(layout, [{"digest": "sha256:../../../etc/passwd", "size": 1}]),
    "no  descriptor": lambda layout: index_of(layout, [{**layout.index[0], "size": -1}]),
    "an index and as a manifest": replaced({"manifests": [], "layers": [], "config": {}}),
    "an index and  as a manifest": replaced({"mediaType": INDEX, "manifests": []}),
    "layers is no list": replaced({"config": {"digest": "sha256:" + "0" * 64, "size": 0}, "layers": 7}),
    "config holds something": replaced({"layers": []}),
    "not a JSON object": replaced([]),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", LIES)
def test_a_layout_that_lies_has_no_fingerprint(tmp_path: Path, write: Write, what: str) -> None:
    layout = simple()
    LIES[what](layout)
    assert what.replace("  ", " ") in refusal(write(layout, tmp_path / "api"))


def test_index_json_that_is_none(tmp_path: Path, write: Write) -> None:
    for data in (b"", b"[]", b"{", b"[" * 100_000, b'{"manifests":[],"manifests":[]}', b"\xff"):
        layout = simple()
        files = layout.finish() | {"index.json": data}
        layout.finish = lambda files=files: files  # type: ignore[method-assign,misc]
        refusal(write(layout, tmp_path / str(abs(hash(data)))))


def test_manifests_that_name_each_other_end(tmp_path: Path, write: Write) -> None:
    layout = Layout()
    inner = layout.image(b"x")
    for _ in range(200):
        inner = layout.json({"mediaType": INDEX, "manifests": [inner, inner]}, INDEX)
    layout.tag(inner, "1.0")
    assert fingerprint(write(layout, tmp_path / "deep")).sha256 == digest(inner)


def test_a_layer_that_is_fetched_from_elsewhere_need_not_be_there(tmp_path: Path, write: Write) -> None:
    layout = Layout()
    foreign = layout.blob(b"licensed", LAYER, urls=["https://registry.example/layer"])
    config = layout.json({}, CONFIG)
    layout.tag(layout.json({"config": config, "layers": [foreign]}, MANIFEST), "1.0")
    del layout.files[f"blobs/sha256/{digest(foreign)}"]
    assert fingerprint(write(layout, tmp_path / "api")).sha256 == digest(layout.index[0])


# --- archives


def test_what_else_an_archive_holds_does_not_matter(tmp_path: Path) -> None:
    layout = simple()
    path = layout.archive(tmp_path / "api.tar")
    with tarfile.open(path, "a") as tar:
        for name in (
            "../outside",
            "/etc/passwd",
            "blobs/sha256/../../index.json",
            "BLOBS/sha256/" + "0" * 64,
        ):
            add(tar, name, b"x")
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("index.json")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    assert fingerprint(path).sha256 == digest(layout.index[0])
    assert sorted(tmp_path.iterdir()) == [path]


def test_two_files_of_one_name_are_one_too_many(tmp_path: Path) -> None:
    path = simple().archive(tmp_path / "api.tar")
    with tarfile.open(path, "a") as tar:
        add(tar, "./index.json", b"{}")
    assert "twice" in refusal(path)


def test_an_archive_that_was_cut_off_does_not_pass_for_a_file(tmp_path: Path) -> None:
    path = simple().archive(tmp_path / "api.tar")
    data = path.read_bytes().rstrip(b"\0")
    for length in (len(data) - 1, len(data) - 9000, 2100):
        path.write_bytes(data[:length])
        assert "tar archive" in refusal(path)
    path.write_bytes(data + b"\0" * (-len(data) % 512))  # without the empty blocks at the end
    assert fingerprint(path).type == "oci-image"


def test_an_archive_without_a_manifest_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "old.tar"
    with tarfile.open(path, "w") as tar:
        add(tar, "c0ffee.json", b"{}")
        add(tar, "manifest.json", b'[{"Config":"c0ffee.json","RepoTags":["api:1.0"],"Layers":[]}]')
    said = refusal(path)
    assert "--type file" in said and "skopeo" in said
    assert fingerprint(path, type="file").type == "file"


def test_other_archives_are_files(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "some.tar", "w") as tar:
        add(tar, "manifest.json", b'{"name":"an extension"}')
        add(tar, "index.json", b"{}")
    with tarfile.open(tmp_path / "some.tar.gz", "w:gz") as tar:
        for name, data in simple().finish().items():
            add(tar, name, data)
    (tmp_path / "damaged.tar").write_bytes((tmp_path / "some.tar").read_bytes()[:1000])
    (tmp_path / "looks.tar").write_bytes(b"\0" * 257 + b"ustar" + b"\0" * 1000)
    for path in tmp_path.iterdir():
        assert fingerprint(path).type == "file", path


def test_an_archive_that_changes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = simple().archive(tmp_path / "api.tar")
    check = image._check

    def touched(*arguments: Any) -> bool:
        os.utime(path)
        return check(*arguments)

    monkeypatch.setattr(image, "_check", touched)
    with pytest.raises(InputError) as refused:
        fingerprint(path, workers=1)
    assert refused.value.code == "changed"


# --- references


def test_a_reference_carries_its_digest() -> None:
    found = fingerprint(f"registry.example:5000/acme/api:1.0@sha256:{'ab' * 32}")
    assert (found.type, found.sha256, found.name) == (
        "oci-image",
        "ab" * 32,
        "registry.example:5000/acme/api",
    )
    assert found.size == 0
    assert fingerprint(f"api@sha256:{'ab' * 32}").name == "api"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("api@sha256:" + "AB" * 32, {}),
        ("api@sha256:ab", {}),
        ("api@sha512:" + "ab" * 64, {}),
        ("api@sha256:" + "ab" * 32, {"type": "file"}),
        ("api@sha256:" + "ab" * 32, {"exclude": ["x"]}),
        ("api@sha256:" + "ab" * 32, {"algorithm": "kosli-dir-v1"}),
        ("api@sha256:" + "ab" * 32, {"image": "1.0"}),
    ],
)
def test_a_reference_that_is_none_is_wrong_usage(text: str, options: Any) -> None:
    with pytest.raises(UsageError):
        fingerprint(text, **options)


@pytest.mark.parametrize(
    "text", ["", "a\0b", "\udcff", ":x", "x:", ":", "@", "a" * 5000, "gone", "gone:1.0", "/dev/null"]
)
@pytest.mark.parametrize("type", [None, "file", "directory", "oci-image"])
@pytest.mark.parametrize(
    "more", [{}, {"image": "1.0"}, {"exclude": ["x"]}, {"algorithm": "kosli-dir-v1"}], ids=str
)
def test_what_is_not_there_is_an_error_and_nothing_else(text: str, type: Any, more: Any) -> None:
    with pytest.raises((InputError, UsageError)):
        fingerprint(text, type=type, **more)


def test_what_is_meant_by_a_folder_can_be_said(tmp_path: Path) -> None:
    path = simple().write(tmp_path / "api")
    assert fingerprint(path).type == "oci-image"
    assert fingerprint(path, type="directory") == fingerprint(path, algorithm="custody-tree-v1")
    assert fingerprint(path, exclude=["nothing"]).type == "directory"
    (path / "oci-layout").unlink()
    assert fingerprint(path).type == "directory"
    assert "no image layout" in refusal(path, type="oci-image")
    for wrong in ({"image": "x", "exclude": ["y"]}, {"image": "x", "type": "directory"}):
        with pytest.raises(CustodyError) as refused:
            fingerprint(path, **wrong)  # type: ignore[arg-type]
        assert refused.value.code == "option"
