"""The entry point. Everything else is imported under the one guard against errors that nobody foresaw."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Any, NoReturn

_SHORT = ("append", "seal")


def main() -> NoReturn:
    """Run the command line and exit."""
    from custody.cli import console

    console.run(_invoke)


def _invoke() -> Any:
    from custody.cli.tree import COMMANDS, build, invoke

    # A shell that asks for completions names the command elsewhere, and may ask about any.
    completing = "_CUSTODY_COMPLETE" in os.environ
    asked, within = (*sys.argv[1:3], "", "")[:2]
    if asked in _SHORT:
        # It ends before there is garbage worth looking for, and to look, at the end too, takes a tenth of its time.
        gc.disable()
        atexit.register(gc.freeze)
    return invoke(build() if completing or asked not in COMMANDS else build(asked, within))
