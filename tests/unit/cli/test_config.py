"""custody.toml: which file counts, what may stand in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody import system
from custody.cli.config import Settings, read_config
from custody.errors import UsageError


def user_config(text: str) -> None:
    folder = system.config_dir()
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text)


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    assert read_config(tmp_path) == Settings()


def test_the_nearest_file_counts_whole_and_wins_over_the_users_own(tmp_path: Path) -> None:
    user_config('origin = "mine"\nflow = "mine"\nrepository = "mine"\n')
    (tmp_path / "custody.toml").write_text('origin = "far"\nflow = "far"\nledger = "far.ledger"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert read_config(below) == Settings("far", "far", str(tmp_path / "far.ledger"), "mine")
    (tmp_path / "a" / "custody.toml").write_text('origin = "near"\nenvironments = ["staging", "prod"]\n')
    assert read_config(below) == Settings("near", "mine", "", "mine", ("staging", "prod"))


def test_no_file_above_the_top_of_a_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "custody.toml").write_text('origin = "outside"\n')
    inner = tmp_path / "repository" / "src"
    inner.mkdir(parents=True)
    (inner.parent / ".git").mkdir()
    assert read_config(inner) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('colour = "red"', "unknown key 'colour'; known are environments, flow, ledger, origin, repository"),
        ('key = "ci.key"', "keys and roots never stand in it"),
        ('root = "SHA256:x"', "keys and roots never stand in it"),
        ('origin = ""', "origin must be a text"),
        ("flow = 1", "flow must be a text"),
        ("environments = []", "environments must be a list"),
        ('environments = "prod"', "environments must be a list"),
        ('environments = ["prod", ""]', "environments must be a list"),
        ("origin", "is not TOML"),
        ("a = " + "[" * 5000, "is not TOML"),
        ("\udcff", "is not TOML"),
        ("#" * 70000, "more than"),
    ],
)
def test_what_may_not_stand_in_it(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "custody.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=said.replace("(", r"\(")) as caught:
        read_config(tmp_path)
    assert caught.value.code == "config"
    assert "custody.toml" in str(caught.value)
