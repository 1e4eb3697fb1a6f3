"""The program and its terminal: what may come from there that is no key, and how it is left."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, cast

from rich.console import RenderableType
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.worker import WorkerFailed, WorkType

from custody.errors import EXIT_OK, CustodyError
from custody.tui.stylesheet import ParsedOnce

_CALLED = {"enter": "enter", "backspace": "backspace"}
_SIGNALLED = 128  # what a shell adds to a signal's number for an exit status
_ENDING = (
    signal.SIGTERM,
    signal.SIGINT,
)  # SIGHUP ends the program by itself: there is no terminal to restore


class TerminalApp(App[None]):
    """A program that leaves its terminal as it found it, however it ends.

    Whatever nobody foresaw ends it with one line: Textual would print the values of local variables.
    """

    def __init__(self) -> None:
        super().__init__(driver_class=driver())
        self.stylesheet = ParsedOnce(self.get_css_variables())
        self.crash: Exception | None = None
        self.recording = False  # whether a word was to be recorded in a ledger
        self._ended_by = 0  # a signal's number
        self._is_alone = False  # whether the process is this program's, and its signals with it

    def play(self, *, mouse: bool) -> int:
        """Run until the person leaves. Exit 0, or 128 and the number of the signal that ended it. Raises CustodyError
        "unforeseen"."""
        self._is_alone = True
        self.run(mouse=mouse)
        if self.crash is not None:
            told = "; what you signed may be recorded or not" if self.recording else ": nothing was recorded"
            message = f"the terminal interface stopped ({type(self.crash).__name__}){told}; please report it"
            raise CustodyError(message, code="unforeseen") from None
        return _SIGNALLED + self._ended_by if self._ended_by else EXIT_OK

    def in_background(self, group: str, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something that takes its time while keys go on; of two in one group the newer one goes on."""
        # As a function: a worker that is replaced before it began must not leave a coroutine behind.
        self.run_worker(cast(WorkType[None], act), group=group, exclusive=True)

    def get_key_display(self, binding: Binding) -> str:
        """A key as the row of keys calls it: with the word that stands on it, where Textual draws an arrow."""
        return _CALLED.get(binding.key) or super().get_key_display(binding)

    def _on_load(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _ENDING if self._is_alone else ():
            with suppress(
                NotImplementedError, RuntimeError, ValueError
            ):  # Windows; or not in the main thread
                loop.add_signal_handler(number, self._end, number)

    def _end(self, number: int) -> None:
        asyncio.get_running_loop().remove_signal_handler(number)  # a second one ends it at once
        self._ended_by = number
        self.exit()

    def _handle_exception(self, error: Exception) -> None:
        cause = error.error if isinstance(error, WorkerFailed) else error
        self.crash = self.crash or (cause if isinstance(cause, Exception) else error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        self.crash = self.crash or RuntimeError()
        self._close_messages_no_wait()


if sys.platform == "win32":

    def driver() -> type[Driver] | None:
        """Textual's own."""
        return None

else:
    from textual.drivers.linux_driver import LinuxDriver

    class _Terminal(LinuxDriver):
        """A terminal whose bytes may be anything, and which may be closed."""

        def start_application_mode(self) -> None:
            super().start_application_mode()  # type: ignore[no-untyped-call]
            threading.Thread(target=self._watch, name="terminal", daemon=True).start()

        def _watch(self) -> None:
            """End with the terminal, also where SIGHUP is ignored: to read on gives nothing for ever, and what is
            written waits for ever."""
            poll = select.poll()
            poll.register(self.fileno, 0)
            seen = 0
            while not seen & (select.POLLHUP | select.POLLERR):
                if seen & select.POLLNVAL:
                    return  # a system that watches no terminals, as some macOS
                seen = poll.poll()[0][1]
            os._exit(_SIGNALLED + signal.SIGHUP)

        def _run_input_thread(self) -> None:
            """Bytes that are no UTF-8 (an old terminal's accents, something pasted) are no keys, and end nothing."""
            while True:
                try:
                    self.run_input_thread()
                    return
                except UnicodeDecodeError:
                    continue
                except Exception as error:  # noqa: BLE001 - whatever it is must not be written across the screen
                    self._app.call_later(self._app._handle_exception, error)
                    return

    def driver() -> type[Driver] | None:
        """Custody's own, over Textual's."""
        return _Terminal
