"""tmp"""

from pathlib import Path


def make(folder: Path, work: Path) -> None:
    pass
