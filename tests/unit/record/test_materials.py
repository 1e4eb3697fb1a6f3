"""Materials, as a command line names them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from custody.errors import CustodyError, InputError, UsageError
from custody.kinds import Material
from custody.record.materials import read_materials

HEX = "1a" * 32
LOCK = hashlib.sha256(b"lock").hexdigest()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "package-lock.json").write_text("lock")
    (tmp_path / "b" / "package-lock.json").write_text("another")
    (tmp_path / "requirements.txt").write_text("lock")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_by_their_bytes(folder: Path) -> None:
    absolute = str(folder / "a" / "package-lock.json")
    found = read_materials(["requirements.txt", "a/package-lock.json", "py=./requirements.txt", absolute])
    assert found == (
        Material(LOCK, "requirements.txt"),
        Material(LOCK, "a/package-lock.json"),
        Material(LOCK, "py"),
        Material(LOCK, "package-lock.json"),
    )


def test_two_of_one_name_and_other_bytes_are_an_error_and_the_same_twice_is_one(folder: Path) -> None:
    assert len(read_materials(["a/package-lock.json", "b/package-lock.json"])) == 2
    assert len(read_materials(["requirements.txt"] * 3)) == 1
    with pytest.raises(InputError, match="called lock and differ") as caught:
        read_materials(["lock=a/package-lock.json", "lock=b/package-lock.json"])
    assert caught.value.code == "material"
    with pytest.raises(InputError, match="called x and differ"):
        read_materials([f"x=debian@sha256:{HEX}", "x=requirements.txt"])


@pytest.mark.parametrize(
    ("given", "name", "uri"),
    [
        (f"debian@sha256:{HEX}", "debian", f"pkg:docker/debian@sha256:{HEX}"),
        (f"python:3.12-slim@sha256:{HEX}", "python:3.12-slim", f"pkg:docker/python@sha256:{HEX}"),
        (f"base=acme/app:1@sha256:{HEX}", "base", f"pkg:docker/acme/app@sha256:{HEX}"),
        (
            f"registry.example:5000/acme/app@sha256:{HEX}",
            "registry.example:5000/acme/app",
            f"pkg:docker/acme/app@sha256:{HEX}?repository_url=registry.example:5000",
        ),
        (f"localhost/x@sha256:{HEX}", "localhost/x", f"pkg:docker/x@sha256:{HEX}?repository_url=localhost"),
        (f"localhost:5000/x@sha256:{HEX}", "localhost:5000/x", None),
    ],
)
def test_images_by_their_digest(given: str, name: str, uri: str | None) -> None:
    (found,) = read_materials([given])
    assert (found.digest, found.name, found.algorithm) == (HEX, name, "sha256")
    assert uri is None or found.uri == uri


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("none.txt", InputError),
        ("x=none.txt", InputError),
        ("a", InputError),  # a folder
        ("=requirements.txt", UsageError),
        ("x=", UsageError),
        ("a\x1bb=requirements.txt", UsageError),
        ("x" * 501 + "=requirements.txt", UsageError),
        (f"Debian@sha256:{HEX}", UsageError),
        (f"debian@sha256:{HEX[:-1]}", UsageError),
        (f"debian@sha256:{HEX.upper()}", UsageError),
        (f"https://user:hunter2@registry.example/x@sha256:{HEX}", UsageError),
        (f"user:hunter2@registry.example/x@sha256:{HEX}", UsageError),
        (f"x\n@sha256:{HEX}", UsageError),
    ],
)
def test_what_is_none(given: str, error: type[CustodyError]) -> None:
    with pytest.raises(error) as caught:
        read_materials([given])
    assert "hunter2" not in str(caught.value) and "\n" not in str(caught.value)


def test_there_are_only_so_many() -> None:
    with pytest.raises(InputError, match="more than the 1000"):
        read_materials([f"{number}=requirements.txt" for number in range(1001)])
