"""Where a report goes and in what form; then what was written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from custody.errors import CustodyError, UsageError
from custody.report.subject import PACK, Subject
from custody.tui.reporting import FORMS, Going, Made, about, form_of, place, suggest, with_ending, write
from custody.tui.state import State
from custody.tui.widgets.asking import ask
from custody.tui.widgets.keys import Keys
from custody.tui.widgets.prompt import Line, Prompt
from custody.tui.widgets.seal import Seal
from custody.tui.widgets.sections import Sections
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, Words, line, lines

Step = Literal["asking", "taken", "making", "written"]


class ReportScreen(ModalScreen[None]):
    """A panel below what is on screen: a name, a form, and enter writes.

    What is reported is what was verified when the panel came up. It is written in a thread; until that has come to the
    file itself, escape calls it back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "form(1)", "Next form", id="report.next-form",
                tooltip="The next form of the report: Markdown, HTML, JSON, a pack with the proofs"),
        Binding("shift+tab", "form(-1)", "Form before", show=False, id="report.form-before"),
        Binding("y", "copy", "Copy", id="report.copy", tooltip="Copy the command that makes the report again"),
        Binding("o", "replace", "Overwrite", id="report.replace", tooltip="Put the report in the place of that file"),
        Binding("escape", "leave", "Back", id="report.back",
                tooltip="Back to the name, or to what is reported; what is not written yet is not"),
        Binding("enter", "close", "Close", show=False, id="report.close"),
    ]  # fmt: skip

    def __init__(self, state: State, subject: Subject, zone: ZoneInfo) -> None:
        super().__init__()
        self._state = state
        self._subject = subject
        self._zone = zone
        self._step: Step = "asking"
        self._form = "md"
        self._typed = ""
        self._folder = Path()
        self._taken: Path | None = None  # what is there already, and is not replaced yet
        self._going = Going()
        self._made: Made | None = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="panel", can_focus=False):
            yield Words(id="title")
            yield Words(id="folder")
            yield Sections(FORMS, hint="tab", id="forms")
            yield Words(id="said")
        yield Prompt()
        yield Seal()
        yield Keys()

    def on_mount(self) -> None:
        self.query_one("#title", Words).say(
            line(("Report on ", "bold"), (about(self._subject), "bold"), limit=400)
        )
        self.query_one(Seal).show(self._state.verdict)
        try:
            self._folder = Path.cwd()
        except OSError:  # it was removed: only a whole path says where to
            self._folder = Path("/")
        report = self._state.report
        self._typed = suggest(self._subject, self._form, report.file_sha256 if report is not None else "")
        self._say(Content(""))
        self._ask()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A form is chosen before it is written, and copied is what was."""
        if action == "form":
            return self._step == "asking"
        if action in ("copy", "close"):
            return self._step == "written"
        if action == "replace":
            return self._step == "taken"
        return super().check_action(action, parameters)

    # --- where to, and in what form

    def _ask(self) -> None:
        self._go("asking")
        hint = "a folder to make" if self._form == PACK else "a file"
        self.query_one(Prompt).open("Write to", hint, self._take, self._type, self._typed)
        self._draw()

    def _go(self, step: Step) -> None:
        self._step = step
        self.set_class(step == "asking", "-asking")
        self.refresh_bindings()

    def _draw(self) -> None:
        """Where it would go."""
        self.query_one("#forms", Sections).show(self._form)
        try:
            path = place(self._typed, self._folder)
            where = line(("in ", MUTED), str(path.parent), limit=None)
        except UsageError as error:
            where = line((str(error), MUTED))
        self.query_one("#folder", Words).say(where)

    def _type(self, text: str) -> None:
        if self._step != "asking":
            return  # put away, and not typed
        self._typed = text
        self._form = form_of(text.strip(), self._form)
        self._say(Content(""))
        self._draw()

    def action_form(self, by: int) -> None:
        self._choose(self.query_one("#forms", Sections).beside(by))

    @on(Sections.Chosen)
    def choose_form(self, event: Sections.Chosen) -> None:
        if self._step == "asking":
            self._choose(event.section)

    def _choose(self, form: str) -> None:
        """Another form: the name ends as it does."""
        self._form = form
        self._typed = with_ending(self._typed.strip(), form)
        self._say(Content(""))
        self._ask()

    # --- written

    def _take(self, text: str) -> str:
        self._typed = text
        if self._form != PACK and text.rstrip().endswith(("/", os.sep)):
            return "which file in it?"
        try:
            path = place(text, self._folder)
        except UsageError as error:
            return str(error)
        self._write(path)
        return ""

    def action_replace(self) -> None:
        if self._taken is not None:
            self._write(self._taken, replace=True)

    def _write(self, path: Path, *, replace: bool = False) -> None:
        self._taken = None
        self._going = going = Going()
        self._go("making")
        self._say(line(("It is being made. Escape calls it back.", MUTED)))
        state, subject, form, zone = self._state, self._subject, self._form, self._zone
        ask(
            self,
            "report",
            lambda: write(state, subject, form, path, zone, going, replace=replace),
            self._tell,
            lambda error: self._not_written(path, error),
        )

    def _tell(self, made: Made) -> None:
        self._made = made
        self._go("written")
        what = f"{made.size:,} bytes" + (f" in {made.files} files" if made.files else "")
        told = [line(("✓ Written  ", f"{GOOD} bold"), (str(made.path), "bold"), limit=None), line(what)]
        if made.sha256:
            told.append(line(("sha256 ", MUTED), made.sha256))
        again = "y copies the command that makes it again." if made.command else "No command gives just this."
        self._say(lines([*told, line((again, MUTED))]))
        self.query_one("#panel", VerticalScroll).can_focus = True
        self.query_one("#panel", VerticalScroll).focus()

    def _not_written(self, path: Path, error: CustodyError) -> None:
        if error.code == "stopped":
            return  # whoever called it back is gone already
        if error.code == "exists" and self._form != PACK:
            self._taken = path
            self._go("taken")
            self._say(
                line((f"! {path.name} is there already. o overwrites it, escape leaves it.", GAP), limit=600)
            )
            return
        self._ask()
        advice = " Type another folder, or make room in it." if error.code == "unwritable" else ""
        self._say(line((f"✗ {error}. Nothing was written.{advice}", FAULT), limit=1200))

    def _say(self, content: Content) -> None:
        self.set_class(bool(content), "-said")
        self.query_one("#said", Words).say(content or line(("Enter writes it.", MUTED)))
        self.query_one("#panel").scroll_home(animate=False)

    def action_copy(self) -> None:
        if self._made is None or not self._made.command:
            return
        self.app.copy_to_clipboard(self._made.command)
        self._say(line(("Copied  ", GOOD), (self._made.command, "bold"), limit=None))

    # --- back

    def action_leave(self) -> None:
        if self._step == "taken":
            self._say(Content(""))
            self._ask()
        elif self._step != "making" or self._going.call_back():
            self.dismiss(None)

    def action_close(self) -> None:
        self.dismiss(None)

    @on(Line.Closed)
    def prompt_closed(self) -> None:
        """Escape out of the name leaves; at enter the prompt goes too, and it is being made then."""
        self.call_later(self._leave_if_still)

    def _leave_if_still(self) -> None:
        if self._step == "asking" and not self.query_one(Prompt).is_open:
            self.dismiss(None)
