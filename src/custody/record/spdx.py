"""SPDX as JSON: the documents of version 2 (ISO/IEC 5962 is 2.2.1), and the JSON-LD of version 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.record.tool_json import Object, member, members, needed, text, texts

if TYPE_CHECKING:
    from custody.record.sbom import Bill

_NO_LICENCE = frozenset({"", "NONE", "NOASSERTION"})

# --- version 2

_VERSION_2 = re.compile(r"SPDX-(2\.[0-9])")
_DEPENDS_2 = re.compile(
    r"DEPENDS_ON|(?:[A-Z]+_)?DEPENDENCY_OF|(?:STATIC|DYNAMIC)_LINK|HAS_PREREQUISITE|PREREQUISITE_FOR"
)


def read_spdx2(document: Object, bill: Bill) -> str:
    """Adds a document of SPDX 2 to the bill; its format, such as "spdx-2.3". Raises InputError.

    Its packages are the components, the one it describes among them. A package's licence is the concluded one, else
    the declared one; NONE and NOASSERTION are none.
    """
    version = _VERSION_2.fullmatch(needed(document, "spdxVersion", "document"))
    if not version:
        raise InputError(f"SPDX of version {str(document['spdxVersion'])[:40]}, and custody reads 2 and 3")
    if needed(document, "SPDXID", "document") != "SPDXRef-DOCUMENT":
        raise InputError("not SPDX 2: its SPDXID is not SPDXRef-DOCUMENT")
    for field in ("name", "dataLicense", "documentNamespace"):
        needed(document, field, "document")
    creation = member(document, "creationInfo", "document")
    needed(creation, "created", "creationInfo")
    creators = texts(creation, "creators", "creationInfo")
    if not creators:
        raise InputError("creationInfo.creators is missing")
    for creator in creators:
        kind, _, name = creator.partition(":")
        if kind.strip() == "Tool":
            bill.tool(name.strip())
    ids = {"SPDXRef-DOCUMENT"}
    for package in members(document, "packages", "document"):
        name = needed(package, "name", "package")
        _identify(package, "SPDXID", ids)
        bill.component(name, text(package, "versionInfo", "package"), _licence_2(package))
    for key in ("files", "snippets"):
        for part in members(document, key, "document"):
            _identify(part, "SPDXID", ids)
    for one in members(document, "relationships", "document"):
        kind = needed(one, "relationshipType", "relationship")
        bill.dependencies += bool(_DEPENDS_2.fullmatch(kind))
        for key in ("spdxElementId", "relatedSpdxElement"):
            bill.dangling += not _known_2(needed(one, key, "relationship"), ids)
    bill.dangling += sum(not _known_2(one, ids) for one in texts(document, "documentDescribes", "document"))
    return f"spdx-{version[1]}"


def _licence_2(package: Object) -> list[str]:
    for field in ("licenseConcluded", "licenseDeclared"):
        if (licence := text(package, field, "package").strip()) not in _NO_LICENCE:
            return [licence]
    return []


def _known_2(ref: str, ids: set[str]) -> bool:
    """A part of this document, of another one that it names by its own prefix, or said to be none."""
    return ref in ids or ref.startswith("DocumentRef-") or ref in ("NONE", "NOASSERTION")


# --- version 3

_CONTEXT = re.compile(r"https://spdx\.org/rdf/(3\.[0-9]+(?:\.[0-9]+)?)/.*")
_DEPENDS_3 = frozenset(
    {
        *("dependsOn", "hasPrerequisite", "hasOptionalDependency", "hasProvidedDependency"),
        *("hasStaticLink", "hasDynamicLink", "hasOptionalComponent"),
    }
)
_OF_SPDX = (
    *("https://spdx.org/rdf/", "https://spdx.org/licenses/", "http://spdx.org/licenses/"),
    *(
        "NoAssertionElement",
        "NoneElement",
        "expandedlicensing_NoAssertionLicense",
        "expandedlicensing_NoneLicense",
    ),
)
_LICENSED = ("hasConcludedLicense", "hasDeclaredLicense")
_PACKAGES = frozenset({"software_Package", "ai_AIPackage", "dataset_DatasetPackage"})


def read_spdx3(document: Object, bill: Bill) -> str:
    """Adds a document of SPDX 3 to the bill; its format, such as "spdx-3.0.1". Raises InputError.

    Its packages are the components (AI models and datasets are packages too). A package's licences are those that
    relations of the document say were concluded, else those declared.
    """
    version = _CONTEXT.fullmatch(needed(document, "@context", "document")[:200])
    if not version:
        raise InputError("not SPDX 3: its @context is none of SPDX's")
    graph = members(document, "@graph", "document") if "@graph" in document else [document]
    elements: dict[str, Object] = {}
    imported: set[str] = set()
    relations: list[Object] = []
    for element in graph:
        kind = needed(element, "type", "element")
        name = text(element, "spdxId", "element") or text(element, "@id", "element")
        if not name and kind != "CreationInfo":
            raise InputError(f"an element of type {kind[:40]} without spdxId")
        if name in elements:
            raise InputError(f"two elements have the id {name[:100]}")
        elements[name] = element
        if kind == "SpdxDocument":
            imported |= {
                text(one, "externalSpdxId", "import") for one in members(element, "import", "document")
            }
        elif kind in ("Relationship", "LifecycleScopedRelationship"):
            relations.append(element)
    _tools_3(elements, bill)
    licences = _relate(relations, elements, imported, bill)
    for name, element in elements.items():
        if element["type"] in _PACKAGES:
            called = needed(element, "name", "package")
            found = next((given for kind in _LICENSED if (given := licences.get((name, kind)))), [])
            bill.component(called, text(element, "software_packageVersion", "package"), found)
    return f"spdx-{version[1]}"


def _relate(
    relations: list[Object], elements: dict[str, Object], imported: set[str], bill: Bill
) -> dict[tuple[str, str], list[str]]:
    """Counts the relations of a document; the licences that they give, by element and kind of relation."""
    licences: dict[tuple[str, str], list[str]] = {}
    for one in relations:
        kind = needed(one, "relationshipType", "relationship")
        start, ends = needed(one, "from", "relationship"), texts(one, "to", "relationship")
        bill.dependencies += len(ends) if kind in _DEPENDS_3 else 0
        for ref in (start, *ends):
            # What SPDX itself defines, such as NoAssertion and the licences of its list, is in no document.
            known = ref in elements or ref in imported or _of_spdx(ref)
            bill.dangling += not known
        if kind in _LICENSED:
            given = licences.setdefault((start, kind), [])
            given += [licence for ref in ends if (licence := _licence_3(ref, elements)) not in _NO_LICENCE]
    return licences


def _of_spdx(ref: str) -> bool:
    return ref.startswith(_OF_SPDX)


def _licence_3(ref: str, elements: dict[str, Object]) -> str:
    """The expression or name of a licence; "" where none is asserted."""
    element = elements.get(ref, {})
    said = text(element, "simplelicensing_licenseExpression", "licence") or text(element, "name", "licence")
    if not said and re.search(r"No(?:ne|Assertion)(?:License|Element)?$", ref[-60:]):
        return ""
    return said or ref.rpartition("/")[2]


def _tools_3(elements: dict[str, Object], bill: Bill) -> None:
    for element in elements.values():
        if element["type"] != "CreationInfo":
            continue
        for ref in texts(element, "createdUsing", "CreationInfo"):
            bill.tool(text(elements.get(ref, {}), "name", "tool") or ref)


def _identify(part: Object, key: str, ids: set[str]) -> None:
    name = needed(part, key, "part")
    if name in ids:
        raise InputError(f"two parts have the {key} {name[:100]}")
    ids.add(name)
