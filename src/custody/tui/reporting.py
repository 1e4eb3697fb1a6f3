"""A report of what is on a screen: what it is called, where it goes, and how it is written. Knows no screen.

Whatever is proposed is made by custody: of what a ledger says only letters and digits ever come into a file's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from custody.errors import EXIT_NOT_VERIFIED, UsageError
from custody.query.index import Index
from custody.query.opening import Answers
from custody.report.subject import PACK, Subject, Way, words
from custody.tui.links import command
from custody.tui.state import State

FORMS: Mapping[str, str] = {"md": "Markdown", "html": "HTML", "json": "JSON", PACK: "Pack with proofs"}
_ENDING = re.compile(r"\.(md|html|json)\Z", re.IGNORECASE)
_NAME = 40  # characters of an environment's name in that of a file

T = TypeVar("T")


def not_yet(state: State) -> str:
    """Why there can be no report; "" once there can. One with a fault is reported, as that."""
    if state.error:
        return "No report: the file was refused, and nothing is known of it."
    if state.report is None:
        return f"No report yet: it is of a ledger that is verified, and this is {state.fraction:.0%} so far."
    if state.report.exit != EXIT_NOT_VERIFIED and state.index is None:
        return "No report yet: the log is verified, and the answers are being put in order."
    return ""


def about(subject: Subject) -> str:
    """What a report is on, in a few words."""
    whole = {"ledger": "the whole ledger", "findings": "the findings"}
    if subject.kind in whole:
        return whole[subject.kind]
    query = subject.query.removeprefix("position:")
    said = f"{subject.kind} {query[:12] if subject.kind == 'artifact' else query}"
    for phrase in subject.phrases:
        said += f" {phrase.use} {phrase.moment.utc[:19].replace('T', ' ')}"
    return said + (" UTC" if subject.phrases else "")


def suggest(subject: Subject, form: str, sha256: str) -> str:
    """A file's name for it, or a folder's, of letters, digits and hyphens; `sha256` is the ledger's."""
    named = subject.query.removeprefix("position:") or sha256[:8]
    if subject.kind == "artifact":
        named = named[:12]
    named = re.sub(r"[^A-Za-z0-9]+", "-", named).strip("-")[:_NAME]
    times = [re.sub(r"[^0-9T]", "", phrase.moment.utc[:19]) + "Z" for phrase in subject.phrases]
    return with_ending("-".join(filter(None, (subject.kind, named, *times))), form)


def with_ending(name: str, form: str) -> str:
    """The name with the ending of a format, in place of another's; a pack has none."""
    stem = name[: -len(found[0])] if (found := _ending(name)) else name
    return stem if form == PACK else f"{stem}.{form}"


def form_of(name: str, form: str) -> str:
    """The format that a name's ending says; where it says none, and of a pack, it is what it was."""
    found = _ending(name)
    return found[1].lower() if found and form != PACK else form


def _ending(name: str) -> re.Match[str] | None:
    return _ENDING.search(name)


def place(typed: str, folder: Path) -> Path:
    """The file that somebody means who is in a folder. Raises UsageError."""
    text = typed.strip()
    if not text:
        raise UsageError("which file?", code="out")
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:  # of a person whom this machine does not know
        raise UsageError("there is no such home folder", code="out") from None


class Made(NamedTuple):
    """What was written, in words and figures; `command` makes it again, "" where no shell could be given it."""

    path: Path
    size: int
    sha256: str
    files: int
    command: str


class Going:
    """One report on its way to disk. Until it is being written it can be called back, and then nothing is."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._called_back = self._is_written = False

    def call_back(self) -> bool:
        """Whether it could be."""
        with self._lock:
            self._called_back = not self._is_written
            return self._called_back

    def begin(self) -> None:
        """It is written from here on. Raises UsageError if it was called back."""
        with self._lock:
            if self._called_back:
                raise UsageError("it was called back, and nothing is written", code="stopped")
            self._is_written = True


def write(
    state: State, subject: Subject, form: str, path: Path, zone: ZoneInfo, going: Going, *, replace: bool
) -> Made:
    """Make the report from what was verified, whatever the file holds by now, and write it. In a thread.

    Raises UsageError and RefusedError; then nothing is there.
    """
    from custody.report.answer import answer, ask
    from custody.report.writing import check_place, write_folder, write_report

    if form != PACK:
        check_place(path, replace=replace)
    way = Way(form, zone, str(path))
    with _answers(state) as found:
        document = answer(found, ask(found, subject, way, str(state.snapshot.path)), subject)
        going.begin()
        if form == PACK:
            written = write_folder(path, found, document)
        else:
            written = write_report(path, document, form, replace=replace)
    again = _command(state, subject, way)
    return Made(path, written.size, written.sha256, len(written.files), again)


def _command(state: State, subject: Subject, way: Way) -> str:
    """What makes it again; a path that is not safe to paste is left for the person to fill in."""
    out: tuple[str | Path, ...] = ("--out", Path(way.folder)) if way.form == PACK else ()
    roots = state.report.roots if state.report is not None else ()
    return command((*words(subject, way), *out), state.snapshot.path, roots)


@contextmanager
def _answers(state: State) -> Iterator[Answers]:
    """What was verified, as the command line has it after an opening of its own."""
    if state.report is None:
        raise UsageError(not_yet(state), code="not-verified")
    if state.index is not None:
        yield Answers(state.snapshot, state.expectations, state.report, state.index)
        return
    with Index.in_memory() as index:  # of a ledger with a fault nothing else is asked
        yield Answers(state.snapshot, state.expectations, state.report, index)
