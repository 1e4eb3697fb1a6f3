"""`tui.toml` in the configuration folder: a person's own keys, theme and terminal. Never needed.

    theme = "paper"             # custody-dark, custody-light, or one of the themes below
    unicode = false             # draw with ASCII alone
    mouse = false               # leave the mouse to the terminal

    [keys]
    "entries.go-to" = "ctrl+g"  # an id of docs/tui.md; several keys with commas between them

    [themes.paper]
    base = "custody-light"      # what is not said here is as there
    primary = "#204060"

Whatever is not understood is an error that names the line, because a key that does nothing is found out too late.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from textual.binding import Binding
from textual.color import Color, ColorParseError
from textual.keys import KEY_DISPLAY_ALIASES, KEY_NAME_REPLACEMENTS, Keys
from textual.theme import Theme

from custody import system
from custody.errors import RefusedError, UsageError
from custody.tui import themes

NAME = "tui.toml"
_MAX_SIZE = 64 * 1024
_KNOWN = ("theme", "unicode", "mouse", "keys", "themes")
_COLOURS = ("primary", "secondary", "accent", "success", "warning", "error", "foreground", "background", "surface",
            "panel")  # fmt: skip
_MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
_NAMED = (
    {key.value for key in Keys} | set(KEY_DISPLAY_ALIASES) | set(KEY_NAME_REPLACEMENTS.values()) | {"space"}
)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}").fullmatch


class Settings(NamedTuple):
    """What a person set. `keys` gives binding ids their keys; `theme` is "" where the terminal's ground decides, and
    `unicode` None where the locale does."""

    theme: str = ""
    unicode: bool | None = None
    mouse: bool = True
    keys: Mapping[str, str] = {}
    themes: tuple[Theme, ...] = ()


def read_settings(bindings: Iterable[tuple[type, Binding]]) -> Settings:
    """The user's settings, checked against the bindings that there are (by the class that has them).

    Raises UsageError "config", which names the file and the line.
    """
    path = system.config_dir() / NAME
    try:
        text = system.read_regular(path, _MAX_SIZE).decode("utf-8")
    except RefusedError as error:
        if error.code == "not-found":
            return Settings()
        raise UsageError(str(error), code="config") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8", code="config") from None
    return _File(path, text).read(list(bindings))


class _File:
    """One file, and where things stand in it."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        try:
            self._table = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # tomllib says the line itself
            raise UsageError(f"{path}: is not TOML: {error}", code="config") from None

    def read(self, bindings: list[tuple[type, Binding]]) -> Settings:
        table = self._table
        for key in table:
            if key not in _KNOWN:
                self._refuse(key, f"unknown key {key!r}; known are {', '.join(_KNOWN)}")
        made = tuple(self._theme(name, one) for name, one in self._tables("themes"))
        known = {one.name for one in (*made, themes.DARK, themes.LIGHT)}
        theme = table.get("theme", "")
        if not isinstance(theme, str):
            self._refuse("theme", "theme must be the name of one, in quotes")
        if theme and theme not in known:
            self._refuse("theme", f"there is no theme {theme!r}; there are {', '.join(sorted(known))}")
        for key in ("unicode", "mouse"):
            if not isinstance(table.get(key, True), bool):
                self._refuse(key, f"{key} must be true or false")
        keys = self._keys(bindings)
        return Settings(theme, table.get("unicode"), table.get("mouse", True), keys, made)

    def _tables(self, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
        found = self._table.get(key, {})
        if not isinstance(found, dict):
            self._refuse(key, f"{key} must be a table")
        for name, one in found.items():
            if not isinstance(one, dict):
                self._refuse(name, f"{key}.{name} must be a table")
            yield name, one

    def _theme(self, name: str, table: dict[str, Any]) -> Theme:
        bases = {one.name: one for one in (themes.DARK, themes.LIGHT)}
        if not _NAME(name) or name in bases:
            self._refuse(name, "a theme's name is of a-z, 0-9 and hyphens, and not one of custody's own")
        base = table.get("base", themes.DARK.name)
        if not isinstance(base, str) or base not in bases:
            self._refuse("base", f"base must be one of {', '.join(bases)}")
        colours = {}
        for key, value in table.items():
            if key == "base":
                continue
            if key not in _COLOURS:
                self._refuse(key, f"unknown colour {key!r}; known are {', '.join(_COLOURS)}")
            try:
                Color.parse(value if isinstance(value, str) else "")
            except ColorParseError:
                self._refuse(key, f"{key} must be a colour such as #204060")
            colours[key] = value
        return replace(bases[base], name=name, **colours)

    def _keys(self, bindings: list[tuple[type, Binding]]) -> dict[str, str]:
        table = self._table.get("keys", {})
        if not isinstance(table, dict):
            self._refuse("keys", "keys must be a table")
        known = {one.id: owner for owner, one in bindings}
        for name, keys in table.items():
            if name not in known:
                self._refuse(name, f"there is no binding {name!r}; docs/tui.md lists them")
            if not isinstance(keys, str) or not all(map(_is_key, keys.split(","))):
                self._refuse(
                    name, f"{name} must be a key such as ctrl+g, or several with commas between them"
                )
        taken: dict[tuple[type, str], str] = {}
        for owner, one in bindings:
            for key in table.get(one.id, one.key).split(","):
                other = taken.setdefault((owner, key.strip()), one.id or "")
                if other != one.id:
                    name = one.id if one.id in table else other
                    self._refuse(str(name), f"{key.strip()} would be the key of {other} and of {one.id}")
        return {name: ",".join(key.strip() for key in keys.split(",")) for name, keys in table.items()}

    def _refuse(self, key: str, why: str) -> NoReturn:
        pattern = re.compile(rf"""\s*(\[.*)?["']?{re.escape(key)}["']?\s*(=|\]|\.)""")
        number = next((number for number, one in enumerate(self._lines, 1) if pattern.match(one)), 0)
        where = f":{number}" if number else ""
        raise UsageError(f"{self._path}{where}: {why}", code="config")


def _is_key(text: str) -> bool:
    *modifiers, key = text.strip().split("+") if text.strip() != "+" else ["+"]
    return set(modifiers) <= _MODIFIERS and ((len(key) == 1 and key.isprintable()) or key in _NAMED)
