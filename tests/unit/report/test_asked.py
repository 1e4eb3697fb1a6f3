"""The command in a report says to a shell exactly what was said to custody."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custody.report.asked import shell_line

_ARGUMENT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no shell here knows $'…' for sure")
@settings(max_examples=25)
@given(st.lists(_ARGUMENT, min_size=1, max_size=20))
@example(["it's", "a b", "$HOME", "`x`", '"', "\\", "*", "~", "-x", ""])
@example(
    ["\x1b]0;gone\x07", "a\nb", "\x7f1", "blåbær's\\", "\u202e", "\udc80".encode(errors="replace").decode()]
)
def test_a_shell_reads_the_arguments_back(arguments: list[str]) -> None:
    line = shell_line(tuple(arguments))
    assert line.isascii() and line.isprintable()
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True)
    assert done.stdout.decode("utf-8").split("\0")[:-1] == arguments


def test_a_path_of_stray_bytes_is_the_same_bytes() -> None:
    assert shell_line(("custody", "a\udc80")) == "custody $'a\\200'"
    assert shell_line(("\ud800",)) == "$'\\355\\240\\200'"


def test_plain_words_stay_plain() -> None:
    assert shell_line(("custody", "report", "--tz", "Europe/Oslo")) == "custody report --tz Europe/Oslo"
