"""Tags that git and ssh-keygen really made and signed, and what an attacker makes of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from custody.errors import InputError
from custody.keys.ed25519 import PublicKey
from custody.record.git import read_tag
from custody.record.tag import read_signed_tag

FINGERPRINT = "1a" * 32
MESSAGE = f"Release 1.4.0\n\nApproved-for: prod\nApproved-for: prod-eu\nArtifact: sha256:{FINGERPRINT}\n"
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "dev-1",
    "GIT_AUTHOR_EMAIL": "dev-1@acme.example",
    "GIT_COMMITTER_NAME": "dev-1",
    "GIT_COMMITTER_EMAIL": "dev-1@acme.example",
    "GIT_COMMITTER_DATE": "2026-11-19T02:30:11+00:00",
}


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        arguments, cwd=folder, env=ENVIRON, capture_output=True, check=True, timeout=30, text=True
    )
    return done.stdout.strip()


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "approver"
        run(folder, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "risk-officer", "-f", str(self.key))
        run(folder, "ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(folder / "rsa"))
        run(folder, "git", "init", "--quiet")
        run(folder, "git", "commit", "--quiet", "--allow-empty", "-m", "first")
        self.commit = run(folder, "git", "rev-parse", "HEAD")

    def tag(self, name: str, message: str = MESSAGE, *options: str, key: str = "approver") -> bytes:
        ssh = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={self.folder / key}"]
        run(self.folder, "git", *ssh, "tag", *(options or ("-s",)), "-m", message, name)
        return read_tag(self.folder, name)

    @property
    def public(self) -> str:
        return PublicKey.from_text((self.folder / "approver.pub").read_text()).hex


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("tags"))


@pytest.fixture(scope="module")
def signed(repository: Repository) -> bytes:
    return repository.tag("v1.4.0")


def test_a_signed_tag_says_what_it_approves_and_whose_key_says_so(
    repository: Repository, signed: bytes
) -> None:
    tag = read_signed_tag(signed)
    assert tag.name == "v1.4.0"
    assert tag.commit == repository.commit
    assert tag.key == repository.public
    assert tag.environments == ("prod", "prod-eu")
    assert tag.artifact == FINGERPRINT
    assert tag.seconds == 1795055411 and tag.made == "2026-11-19T02:30:11.000Z"


def test_a_tag_made_for_something_else_approves_nothing(repository: Repository) -> None:
    tag = read_signed_tag(repository.tag("v1.3.0", "Release 1.3.0, which prod will like"))
    assert tag.environments == () and tag.artifact == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Approved-for: prod\n", b"Approved-for: root\n"),
        (b"tag v1.4.0", b"tag v1.4.1"),
        (b"> 1795055411", b"> 1795055412"),
        (b"Release", b"release"),
    ],
)
def test_one_changed_byte_and_the_signature_does_not_hold(signed: bytes, old: bytes, new: bytes) -> None:
    assert old in signed
    with pytest.raises(InputError, match="does not hold"):
        read_signed_tag(signed.replace(old, new))


def test_another_commit_under_the_same_signature(signed: bytes) -> None:
    with pytest.raises(InputError, match="does not hold"):
        read_signed_tag(b"object " + b"0" * 40 + signed[47:])


def test_what_stands_behind_the_signature_is_not_signed(signed: bytes) -> None:
    with pytest.raises(InputError, match="signature"):
        read_signed_tag(signed + b"Approved-for: root\n")


def test_a_signature_for_another_use_is_not_one_of_a_tag(repository: Repository, signed: bytes) -> None:
    text = signed[: signed.index(b"-----BEGIN SSH")]
    (repository.folder / "payload").write_bytes(text)
    run(repository.folder, "ssh-keygen", "-q", "-Y", "sign", "-f", "approver", "-n", "file", "payload")
    with pytest.raises(InputError, match="does not hold"):
        read_signed_tag(text + (repository.folder / "payload.sig").read_bytes())


def test_a_signature_by_a_key_that_is_not_ed25519(repository: Repository) -> None:
    with pytest.raises(InputError, match="type ssh-rsa"):
        read_signed_tag(repository.tag("rsa", MESSAGE, key="rsa"))


def test_a_tag_that_is_not_signed_and_one_that_is_no_object(repository: Repository) -> None:
    with pytest.raises(InputError, match="not signed"):
        read_signed_tag(repository.tag("plain", MESSAGE, "-a"))
    run(repository.folder, "git", "tag", "light")
    with pytest.raises(InputError, match="no annotated tag light"):
        read_tag(repository.folder, "light")
    with pytest.raises(InputError, match="no annotated tag"):
        read_tag(repository.folder, "--help")


def test_a_tag_of_two_artifacts_is_of_neither(repository: Repository) -> None:
    message = f"{MESSAGE}Artifact: {'2b' * 32}\n"
    with pytest.raises(InputError, match="more than one artifact"):
        read_signed_tag(repository.tag("two", message))


def test_a_message_that_quotes_a_signature_is_signed_as_a_whole(
    repository: Repository, signed: bytes
) -> None:
    quoted = signed[signed.index(b"-----BEGIN SSH") :].decode()
    tag = read_signed_tag(repository.tag("quote", f"{MESSAGE}\n{quoted}\nApproved-for: staging\n"))
    assert tag.environments == ("prod", "prod-eu", "staging")


def test_every_cut_of_a_tag_is_refused(signed: bytes) -> None:
    for end in range(len(signed) - 1):
        with pytest.raises(InputError):
            read_signed_tag(signed[:end])
