"""Searching one ledger through: names in its index at once, texts when their words are put together. Knows no screen.

The words of a large ledger take a while. They are read once for each verified log, when somebody first searches, in a
thread of their own: nothing may keep a person who quits waiting.
"""

from __future__ import annotations

import threading
from typing import Literal, NamedTuple

from custody.errors import CustodyError, UsageError
from custody.ledger.reader import Snapshot
from custody.query.entries import EntryLine
from custody.query.index import Index
from custody.query.names import Named, find_entries, named_artifacts, named_people, named_places
from custody.query.opening import Answers
from custody.query.search import Hit, open_words, search
from custody.tui.judging import Judging
from custody.tui.work import Came, Crashed, Post

SHOWN = 20
"""Of artifacts, of environments and services, of people."""
ENTRIES_SHOWN = 100
_WEIGHED = 5000  # hits; to put more of them in order takes longer than a person types

Stage = Literal["unread", "reading", "ready", "stopped", "failed"]


class Names(NamedTuple):
    """What is called by a text; of each kind one more than is shown, where there are more."""

    artifacts: list[Named]
    places: list[Named]
    people: list[Named]


NO_NAMES = Names([], [], [])


def read_entries(snapshot: Snapshot, text: str) -> list[EntryLine]:
    """The entries that a text names by position or id."""
    return find_entries(snapshot, text, ENTRIES_SHOWN + 1)


class Searching:
    """What is verified, to be searched. All but `read_names` and `read_hits` never waits."""

    def __init__(self, answers: Answers, judging: Judging, post: Post) -> None:
        self.answers = answers
        self.stage: Stage = "unread"
        self.done = 0
        self.why = ""  # it failed
        self._judging = judging
        self._groups: tuple[str, ...] | None = None
        self._post = post
        self._words: Index | None = None
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._closed = False

    @property
    def index(self) -> Index:
        return self.answers.index

    @property
    def fraction(self) -> float:
        """How much of the log its texts are read of."""
        return self.done / max(self.answers.snapshot.count, 1)

    # --- the words of the texts

    def read_texts(self) -> None:
        """Begin to put the words together, unless that was begun."""
        with self._lock:
            if self._closed or self.stage in ("reading", "ready"):
                return
            self.stage, self.done, self._end = "reading", 0, threading.Event()
            threading.Thread(target=self._read, args=(self._end,), name="words", daemon=True).start()

    def stop(self) -> None:
        """Give up putting the words together."""
        with self._lock:
            self._end.set()
            if self.stage == "reading":
                self.stage = "stopped"

    def close(self) -> None:
        """Let everything go but the answers."""
        self.stop()
        with self._lock:
            self._closed = True
            if self._words is not None:
                self._words.close()
                self._words = None

    def _read(self, end: threading.Event) -> None:
        def told(_: str, done: int, total: int) -> None:
            if end.is_set():
                raise UsageError("stopped", code="stopped")
            self.done = done

        try:
            words = open_words(self.answers, told)
        except CustodyError as error:
            self._fail(end, str(error))
        except Exception as error:  # noqa: BLE001 - a thread's own traceback would be written across the screen
            if not end.is_set():
                self._post(Crashed(error))
        else:
            with self._lock:
                if end.is_set():
                    words.close()
                else:
                    self._words, self.stage = words, "ready"
                    self._post(Came())

    def _fail(self, end: threading.Event, why: str) -> None:
        with self._lock:
            if not end.is_set():
                self.stage, self.why = "failed", why
                self._post(Came())

    # --- questions, to be asked in a thread

    def read_names(self, text: str) -> Names:
        """What is called by a text. Raises UsageError, RefusedError."""
        if self._groups is None:
            with self._judging.judge() as judgement:
                self._groups = tuple(sorted(judgement.groups()))
        index, most = self.index, SHOWN + 1
        return Names(
            named_artifacts(index, text, most),
            named_places(index, text, most, self._groups),
            named_people(index, text, most),
        )

    def read_hits(self, text: str) -> list[Hit]:
        """The entries whose texts have every word of a text; one more than is shown, where there are more.

        Raises UsageError for a text without a word, RefusedError.
        """
        words = self._words
        if words is None:
            return []
        return search(self.answers, words, text, limit=ENTRIES_SHOWN + 1, weighed=_WEIGHED)
