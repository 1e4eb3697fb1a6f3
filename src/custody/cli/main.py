"""The entry point. Everything else is imported under the one guard against errors that nobody foresaw."""

from __future__ import annotations

import sys
from typing import Any, NoReturn


def main() -> NoReturn:
    """Run the command line and exit."""
    from custody.cli import console

    console.run(_invoke)


def _invoke() -> Any:
    from custody.cli.tree import COMMANDS, build

    asked = next((argument for argument in sys.argv[1:2] if argument in COMMANDS), None)
    return build(asked)(prog_name="custody", standalone_mode=False)
