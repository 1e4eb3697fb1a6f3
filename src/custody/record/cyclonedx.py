"""CycloneDX as JSON, version 1.2 and later (ECMA-424 is 1.6), as far as a bill of materials is counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.record.tool_json import Object, member, members, needed, text, texts

if TYPE_CHECKING:
    from custody.record.sbom import Bill

_VERSION = re.compile(r"1\.(?:[2-9]|[1-9][0-9])")


def read_cyclonedx(document: Object, bill: Bill) -> str:
    """Adds the document to the bill; its format, such as "cyclonedx-1.6". Raises InputError.

    Components within components count as well. What the bill is of (`metadata.component`) is none of them.
    """
    if document["bomFormat"] != "CycloneDX":
        raise InputError("not CycloneDX: its bomFormat says otherwise")
    version = needed(document, "specVersion", "document")
    if not _VERSION.fullmatch(version):
        raise InputError(f"CycloneDX {version[:40]}, and custody reads 1.2 and later")
    metadata = member(document, "metadata", "document")
    refs: set[str] = set()
    if "component" in metadata:
        root = member(metadata, "component", "metadata")
        needed(root, "name", "metadata.component")
        bill.roots += 1
        _refer(root, refs)
        _components(members(root, "components", "component"), bill, refs)
    _components(members(document, "components", "document"), bill, refs)
    _services(members(document, "services", "document"), refs)
    _dependencies(members(document, "dependencies", "document"), bill, refs)
    _tools(metadata, bill)
    return f"cyclonedx-{version}"


def _components(found: list[Object], bill: Bill, refs: set[str]) -> None:
    waiting = [found]
    while waiting:
        for component in waiting.pop():
            needed(component, "type", "component")
            name = needed(component, "name", "component")
            _refer(component, refs)
            bill.component(name, text(component, "version", "component"), _licences(component))
            waiting.append(members(component, "components", "component"))


def _services(found: list[Object], refs: set[str]) -> None:
    waiting = [found]
    while waiting:
        for service in waiting.pop():
            needed(service, "name", "service")
            _refer(service, refs)
            waiting.append(members(service, "services", "service"))


def _refer(part: Object, refs: set[str]) -> None:
    ref = text(part, "bom-ref", "component")
    if ref in refs:
        raise InputError(f"two parts have the bom-ref {ref[:100]}")
    if ref:
        refs.add(ref)


def _licences(component: Object) -> list[str]:
    found = []
    for choice in members(component, "licenses", "component"):
        licence = member(choice, "license", "licenses")
        said = text(licence, "id", "license") or text(licence, "name", "license")
        said = said or text(choice, "expression", "licenses") or text(licence, "expression", "license")
        if not said:
            raise InputError("a licence without id, name or expression")
        found.append(said)
    return found


def _dependencies(found: list[Object], bill: Bill, refs: set[str]) -> None:
    seen: set[str] = set()
    for one in found:
        ref = needed(one, "ref", "dependency")
        if ref in seen:
            raise InputError(f"the dependencies of {ref[:100]} are there twice")
        seen.add(ref)
        on = texts(one, "dependsOn", "dependency")
        bill.dependencies += len(on)
        bill.dangling += (ref not in refs) + sum(other not in refs for other in on)


def _tools(metadata: Object, bill: Bill) -> None:
    """Until 1.4 a list of tools, since 1.5 an object that has components and services as well."""
    if isinstance(metadata.get("tools"), list):
        found = members(metadata, "tools", "metadata")
    else:
        tools = member(metadata, "tools", "metadata")
        found = [*members(tools, "components", "tools"), *members(tools, "services", "tools")]
    for tool in found:
        bill.tool(text(tool, "name", "tool"), text(tool, "version", "tool"))
