"""custody with one setting of SQLite changed, to see whether a test would notice: weaker.py SETTING ARGUMENTS…

`SETTING` replaces EXTRA in `PRAGMA synchronous=EXTRA`. It is a program of the tests, so that custody itself needs no
way to be made weaker.
"""

from __future__ import annotations

import sqlite3
import sys
from functools import partial
from typing import Any

from custody.cli.main import main

_setting = sys.argv.pop(1)


class _Weaker(sqlite3.Connection):
    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        return super().execute(sql.replace("synchronous=EXTRA", f"synchronous={_setting}"), *arguments)


if __name__ == "__main__":
    sqlite3.connect = partial(sqlite3.connect, factory=_Weaker)  # type: ignore[assignment]
    main()
