"""What a check's report comes to, whichever tool wrote it, and the one rule by which it passes or fails."""

# No postponed annotations: a named tuple would compile each of them, at every start.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from custody.kinds.extras import NOTHING

if TYPE_CHECKING:
    from pathlib import Path

    from custody.kinds import PullRequest, Statement
    from custody.ledger.entry import Subject

Result = Literal["pass", "fail"]

KEPT = 50
"""How many names of what failed are kept for people."""
KEPT_NAME = 300
"""Characters of a name that are kept."""


class ReportFile(NamedTuple):
    """A file as it was read, to be attached."""

    name: str
    data: bytes
    media_type: str


class Report(NamedTuple):
    """A report, read.

    `format` is what it is written in, such as "sarif-2.1.0"; `summary` counts by name, for a policy; `failed` the
    first names of what failed, in order of reading, for people; `tools` what wrote it; `licences` how many
    components of an SBOM bear each. `result` is given where the report itself says it; otherwise `judge` does.
    """

    format: str
    files: tuple[ReportFile, ...]
    summary: Mapping[str, int] = NOTHING
    failed: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    licences: Mapping[str, int] = NOTHING
    conditions: tuple[str, ...] = ()
    pull_request: "PullRequest | None" = None
    statement: "Statement | None" = None
    result: Result | None = None


def judge(summary: Mapping[str, int], limits: Mapping[str, int], floors: Mapping[str, int]) -> Result:
    """Passes when no figure of `limits` is exceeded and every figure of `floors` is reached.

    A figure that the summary does not have is neither within a limit nor at a floor.
    """
    within = all(name in summary and summary[name] <= most for name, most in limits.items())
    reached = all(name in summary and summary[name] >= least for name, least in floors.items())
    return "pass" if within and reached else "fail"


class Wanted(NamedTuple):
    """What the one who records says beside the files, for the types that ask for it.

    `artifact` is what the evidence is about; `public_key` the file of the key that is to have signed a statement;
    `conditions` and `schema` are what a custom report has to meet.
    """

    artifact: "Subject | None" = None
    public_key: "Path | None" = None
    conditions: tuple[str, ...] = ()
    schema: "Path | None" = None
