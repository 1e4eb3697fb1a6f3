"""Bills of materials: CycloneDX as JSON (1.2 and later), SPDX 2 as JSON, SPDX 3 as JSON-LD.

One is recorded if it is well formed: what its format demands of the parts that are read here is there and of the right
type, every component has a name, no two parts share an identifier, and it names at least one component or what it is
the bill of. A relation to a part that the document does not have is counted as `dangling`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from custody.errors import InputError
from custody.record.inputs import named, read_reports
from custody.record.report import KEPT_NAME, Report, Wanted
from custody.record.tool_json import an_object, parse_tool_json

KEPT_LICENCES = 200
KEPT_TOOLS = 50


class Bill:
    """What bills of materials add up to. The readers of the formats fill it in.

    `roots` is what they say they are the bills of, where that is no component itself; `tools` what wrote them.
    """

    def __init__(self) -> None:
        self.components = self.unlicensed = self.unversioned = self.dependencies = self.dangling = (
            self.roots
        ) = 0
        self.tools: dict[str, None] = {}
        self._licences: Counter[str] = Counter()

    def component(self, name: str, version: str, licences: Iterable[str]) -> None:
        """One component, counted; a licence is an SPDX identifier, an expression or a name, and counts once for it."""
        self.components += 1
        self.unversioned += not version.strip()
        # Some tools write the whole text of a licence where its name belongs.
        distinct = {" ".join(licence[: 4 * KEPT_NAME].split())[:KEPT_NAME] for licence in licences} - {""}
        self.unlicensed += not distinct
        self._licences.update(distinct)

    def tool(self, *parts: str) -> None:
        if name := " ".join(filter(None, parts))[:KEPT_NAME].strip():
            self.tools[name] = None

    @property
    def licences(self) -> dict[str, int]:
        """The most frequent, at most KEPT_LICENCES; of equals the first in order of text."""
        ranked = sorted(self._licences.items(), key=lambda item: (-item[1], item[0]))
        return dict(ranked[:KEPT_LICENCES])

    def summary(self) -> dict[str, int]:
        return {
            "components": self.components,
            "unlicensed": self.unlicensed,
            "unversioned": self.unversioned,
            "dependencies": self.dependencies,
            "dangling": self.dangling,
            "licences": len(self._licences),
            "licencesLeftOut": max(0, len(self._licences) - KEPT_LICENCES),
        }


def read(paths: Sequence[Path], wanted: Wanted) -> Report:
    """Bills of materials as evidence. Raises InputError naming the file and why."""
    bill = Bill()
    formats: dict[str, None] = {}

    def parse(data: bytes) -> str:
        found, media_type = read_bill(data, bill)
        formats[found] = None
        return media_type

    files = read_reports(paths, ".json .jsonld", "a CycloneDX or SPDX file in JSON", parse)
    if not bill.components and not bill.roots:
        raise InputError(
            f"{named(paths)}: names no component and nothing that it is the bill of", code="no-parts"
        )
    form = ", ".join(list(formats)[:8])
    return Report(form, files, bill.summary(), (), tuple(bill.tools)[:KEPT_TOOLS], bill.licences)


def read_bill(data: bytes, bill: Bill) -> tuple[str, str]:
    """Adds one document to the bill; its format and media type. Raises InputError with the reason only."""
    document = an_object(parse_tool_json(data), "the document")
    marks = [mark for mark in ("bomFormat", "spdxVersion", "@context") if mark in document]
    if len(marks) != 1:
        raise InputError(
            "not CycloneDX or SPDX: it has none of bomFormat, spdxVersion and @context, or not just one"
        )
    if marks == ["bomFormat"]:
        from custody.record.cyclonedx import read_cyclonedx

        return read_cyclonedx(document, bill), "application/vnd.cyclonedx+json"
    from custody.record.spdx import read_spdx2, read_spdx3

    if marks == ["spdxVersion"]:
        return read_spdx2(document, bill), "application/spdx+json"
    return read_spdx3(document, bill), "application/spdx+json"
