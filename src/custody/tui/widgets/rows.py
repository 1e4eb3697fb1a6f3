"""Lines of which some, where they are too long, go on under their value and not under its label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.content import Content, _FormattedLine

_ROOM = 3  # times its indent a line must be wide, or little would be left of it for the value
_ANY = 1 << 30


class Rows(Content):
    """Content whose lines, by number, go on so many cells further in where they are broken.

    They are broken where they are laid out, so that the width may change; what the mouse selects is the text without
    what was put in between. (Textual has no rule for an indent, and no public place to break lines in.)
    """

    def __init__(self, content: Content, indents: Mapping[int, int]) -> None:
        super().__init__(content.plain, list(content.spans), strip_control_codes=False)
        self.indents = indents

    @property
    def without_spans(self) -> Content:
        """The same without its looks; Textual measures its height by it."""
        return Rows(Content(self.plain, strip_control_codes=False), self.indents)

    def _wrap_and_format(self, width: int, *given: Any, **more: Any) -> list[_FormattedLine]:
        if more.get("no_wrap"):
            return super()._wrap_and_format(width, *given, **more)
        found: list[_FormattedLine] = []
        for whole in super()._wrap_and_format(_ANY, *given, **more):
            indent = self.indents.get(whole.y, 0)
            indent = indent if width >= indent * _ROOM else 0
            found += _broken(whole, indent, width)
        return found


def _broken(whole: _FormattedLine, indent: int, width: int) -> list[_FormattedLine]:
    """One line as the lines it needs, all but the first so much further in."""

    def placed(content: Content, x: int) -> _FormattedLine:
        return _FormattedLine(whole.get_style, content, width, x, whole.y, whole.align)

    label, value = whole.content[:indent], whole.content[indent:]
    first, *rest = Content._wrap_and_format(
        value, width - indent
    )  # what is sliced may be all of it, as it was
    # A place in a line is counted from `x` on: what is put in front of the text takes as much as the label did.
    return [
        placed(label + first.content, 0),
        *(placed(one.content.pad_left(indent), one.x) for one in rest),
    ]
