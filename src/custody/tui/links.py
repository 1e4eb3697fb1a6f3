"""Where somebody is, and the command that gives the same answer without a screen. Knows no screen."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from custody.query.moments import EnvironmentReference, Moment

# What may stand in a command that is copied to be pasted into a shell: nothing that a shell or a terminal acts on,
# and nothing that a command would take for an option.
_WORD = re.compile(r"[A-Za-z0-9_/@:+.][A-Za-z0-9._/@:+~#{}=-]{0,199}").fullmatch
_PATH = re.compile(r"[A-Za-z0-9 ._/@:+,=~\\-]{1,1000}").fullmatch


class Link(NamedTuple):
    """A deep link into one ledger. A screen takes from it what is its own, and leaves the rest.

    `entry` is a position (-1 for none); `artifact` a fingerprint, or whatever else `custody trace` takes, and `part`
    the part of its page; `find` what is typed behind `ctrl+f`. `environment` names a state as `prod`, `prod#12` or
    `prod@{…}` do, `moment` is the instant that its text means, where it has one, and `service` one of those that run
    there, for the cursor.
    """

    tab: str = "overview"
    entry: int = -1
    artifact: str = ""
    environment: EnvironmentReference | None = None
    moment: Moment | None = None
    find: str = ""
    service: str = ""
    part: str = ""


def link_words(link: Link) -> list[str]:
    """The words behind `custody` that open the same view again."""
    words = ["tui", "--tab", link.tab]
    if link.entry >= 0:
        words += ["--entry", str(link.entry)]
    if link.artifact:
        words += ["--artifact", link.artifact]
    if link.environment is not None:
        words += ["--at", str(link.environment)]
    if link.part:
        words += ["--part", link.part]
    if link.find:
        words += ["--find", link.find]
    return words


def command(words: Sequence[str | Path], ledger: Path, roots: Iterable[str] = ()) -> str:
    """The command line of `custody` and these words, on this ledger, judged by these roots.

    Made only of characters that do nothing in a shell: a word that has any other (a hostile name, say) gives "", and
    a path that has any is left for the person to fill in.
    """
    told = []
    for word in words:
        if isinstance(word, Path):
            told.append(_file(word) or "FILE")
        elif word in _OPTIONS or _WORD(word):
            told.append(shlex.quote(word))
        else:
            return ""
    return _line([*told, "--ledger", _file(ledger) or "LEDGER"], roots)


def merge_command(target: Path, sources: Sequence[Path], roots: Iterable[str] = ()) -> str:
    """The command that merges these; "" where a path has anything that a shell or a terminal would act on."""
    files = [_file(path) for path in (target, *sources)]
    return _line(["merge", *files], roots) if all(files) else ""


def _file(path: Path) -> str:
    """A path as a word of a shell; "" for one that is not safe to paste, or that would be taken for an option."""
    text = str(path)
    return shlex.quote(text) if _PATH(text) and not text.startswith("-") else ""


def _line(words: Sequence[str], roots: Iterable[str]) -> str:
    return " ".join(["custody", *words, *(part for root in roots for part in ("--root", root))])


_OPTIONS = frozenset({
    "--at", "--code", "--env", "--kind", "--tab", "--entry", "--artifact", "--known-at", "-n", "--since", "--until",
    "--part", "--find", "--tz", "--format", "--of", "--out",
})  # fmt: skip
