"""Artifacts as a table, a column for each environment that a policy governs; verdicts are found for rows in view."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from custody.errors import CustodyError
from custody.policy.verdict import Verdict
from custody.query.types import ArtifactLine
from custody.tui.judging import Judging
from custody.tui.screens.artifacts_reading import read_verdicts
from custody.tui.widgets.asking import ask
from custody.tui.widgets.table import Cell, Column, Row, Table
from custody.tui.widgets.verdicts import verdict_cell

ENVIRONMENTS_SHOWN = 6
"""Columns of verdicts, where there is room for them; an artifact's page tells of every environment."""

_FIRST = (
    Column("Artifact", flex=4),
    Column("Version", 8, roomy=12, from_width=30),
    Column("Fingerprint", 12, clip=True, from_width=70),
    Column("Commit", 8, clip=True, from_width=110),
    Column("Checks", 7, from_width=50),
)
_LAST = (Column("Runs in", 9, flex=1, from_width=40),)
_WIDTH = 13


class ArtifactTable(Table):
    """A row for each artifact. What a row's verdicts are is asked for when it comes into view."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__((*_FIRST, *_LAST), id=id)
        self.lines: Sequence[ArtifactLine] = ()
        self._environments: tuple[str, ...] = ()
        self._judging: Judging | None = None
        self._verdicts: dict[str, dict[str, Verdict]] = {}
        self._loading = False
        self._failed = False

    @property
    def count(self) -> int:
        return len(self.lines)

    def show_lines(
        self, lines: Sequence[ArtifactLine], environments: Sequence[str], judging: Judging, empty: str
    ) -> None:
        """Show these. The verdicts that are known stay, as long as they are of one index."""
        if judging is not self._judging:
            self._judging, self._verdicts, self._failed = judging, {}, False
        self._environments = tuple(environments[:ENVIRONMENTS_SHOWN])
        verdicts = (
            Column(name, _WIDTH, flex=1, from_width=60 + 20 * number)
            for number, name in enumerate(self._environments)
        )
        self.columns = tuple(chain(_FIRST, verdicts, _LAST))
        self.lines, self.empty = lines, empty
        self.changed()

    def row(self, index: int) -> Row | None:
        one = self.lines[index]
        verdicts = self._verdicts.get(one.sha256)
        if verdicts is None and self._environments and not self._failed:
            self.call_later(self._load)
        told: list[Cell] = [
            verdict_cell(verdicts.get(name)) if verdicts is not None else ("·", "muted")
            for name in self._environments
        ]
        return (
            (one.name or "without a name", "strong"),
            one.version,
            (one.sha256, "muted"),
            (one.commit, "muted"),
            _checks(one),
            *told,
            (", ".join(one.running_in), "accent"),
        )

    def _load(self) -> None:
        """Ask for the rows in view; what was scrolled past is not asked for."""
        judging = self._judging
        if self._loading or judging is None:
            return  # what is wanted by then is asked for when this is done
        top = round(self.scroll_y)
        in_view = [one.sha256 for one in self.lines[top : top + self.size.height]]
        wanted = [sha256 for sha256 in in_view if sha256 not in self._verdicts]
        if not wanted:
            return
        self._loading = True
        shown = self._environments  # a policy may govern thousands
        ask(self, "verdicts", lambda: read_verdicts(judging, wanted, shown), self._take, self._fail)

    def _take(self, found: dict[str, dict[str, Verdict]]) -> None:
        self._loading = False
        self._verdicts.update(found)
        self.changed()
        self._load()

    def _fail(self, error: CustodyError) -> None:
        self._loading, self._failed = False, True
        self.changed()


def _checks(one: ArtifactLine) -> Cell:
    passed, failed = (f"✓{one.passed}" if one.passed else ""), (f"✗{one.failed}" if one.failed else "")
    if not passed and not failed:
        return "none", "muted"
    return f"{passed} {failed}".strip(), "fault" if failed else "good"
