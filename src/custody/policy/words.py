"""The words of a verdict's sentences: times, commits, people, and a stranger's text in quotes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from custody.query.types import Proof
from custody.record.evidence import RATES

MAX_NAMED = 5
"""How many of a list a sentence names."""
_MAX_QUOTED = 80


def when(time: str) -> str:
    """An instant to the second: 2026-11-19 02:30:11 UTC."""
    return f"{time[:10]} {time[11:19]} UTC"


def short(digest: str) -> str:
    """A commit or fingerprint as people write it."""
    return digest[:12]


def quoted(text: str) -> str:
    """Text from a ledger that is no name of the trust document, set apart from what is said of it."""
    cut = text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + "…"
    return '"' + cut.replace('"', "'") + '"'


def several(things: Iterable[str], joint: str = ", ") -> str:
    """The first of a list, each once, and how many more there are."""
    distinct = list(dict.fromkeys(things))
    more = len(distinct) - MAX_NAMED
    return joint.join(distinct[:MAX_NAMED]) + (f"{joint}and {more} more" if more > 0 else "")


def counted(number: int, thing: str) -> str:
    """ "1 commit", "2 commits"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def figure(name: str, value: int) -> str:
    """A figure of evidence: a count, or a rate that is kept in hundredths of a percent."""
    return f"{value / 100:g} %" if name in RATES else str(value)


def entries(proofs: Sequence[Proof]) -> str:
    """Entries that cannot be read, by who wrote them and when."""
    return several(f"entry {short(one.entry)} by {one.writer}, {when(one.time)}" for one in proofs)
