"""The forms that a report can be written in."""

from __future__ import annotations

from collections.abc import Callable

from custody.report import html, markdown, plain
from custody.report.document import Document

FORMATS: dict[str, Callable[[Document], str]] = {
    "md": markdown.write,
    "html": html.write,
    "json": plain.write,
}
"""A writer by the name of its format, which is also how its files end."""
