"""Bills of materials: CycloneDX and SPDX, what is counted and what is not well formed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError
from custody.record import sbom
from custody.record.evidence import read_evidence
from custody.record.report import Report, Wanted


def read(tmp_path: Path, *documents: Any) -> Report:
    paths = []
    for number, document in enumerate(documents):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(document))
    return sbom.read(paths, Wanted())


def counted(tmp_path: Path, *documents: Any) -> dict[str, int]:
    """The figures that are not zero."""
    return {name: count for name, count in read(tmp_path, *documents).summary.items() if count}


def refused(tmp_path: Path, document: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, document)
    message = str(caught.value)
    assert "0.json: " in message
    assert "\n" not in message
    return message.partition("0.json: ")[2]


# --- CycloneDX


def part(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": "library", "name": name, "version": "1", "bom-ref": name} | more


def cyclonedx(*components: Any, **more: Any) -> dict[str, Any]:
    root = {"component": {"type": "application", "name": "api", "bom-ref": "root"}}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": root,
        "components": list(components),
    } | more


def test_cyclonedx(tmp_path: Path) -> None:
    components = (
        part("a", licenses=[{"license": {"id": "MIT"}}, {"license": {"name": "Own"}}]),
        part("b", licenses=[{"expression": "MIT OR Apache-2.0"}], components=[part("c", version="")]),
        part("d", licenses=[{"license": {"id": "MIT"}}, {"license": {"id": "MIT"}}]),
    )
    dependencies = [{"ref": "root", "dependsOn": ["a", "b"]}, {"ref": "a"}, {"ref": "b", "dependsOn": ["d"]}]
    found = read(tmp_path, cyclonedx(*components, dependencies=dependencies))
    assert found.summary == {
        "components": 4, "unlicensed": 1, "unversioned": 1, "dependencies": 3, "dangling": 0,
        "licences": 3, "licencesLeftOut": 0,
    }  # fmt: skip
    assert found.licences == {"MIT": 2, "MIT OR Apache-2.0": 1, "Own": 1}
    assert found.format == "cyclonedx-1.6"
    assert found.files[0].media_type == "application/vnd.cyclonedx+json"


def test_dependencies_on_what_is_not_there_are_counted_and_fail(tmp_path: Path) -> None:
    document = cyclonedx(part(), dependencies=[{"ref": "a", "dependsOn": ["gone", "root"]}, {"ref": "away"}])
    assert counted(tmp_path, document)["dangling"] == 2
    path = [tmp_path / "0.json"]
    assert read_evidence("sbom", path, Wanted(), {}, {}).result == "fail"
    assert read_evidence("sbom", path, Wanted(), {"dangling": 2}, {}).result == "pass"
    assert read_evidence("sbom", path, Wanted(), {"dangling": 2, "unlicensed": 0}, {}).result == "fail"


@pytest.mark.parametrize(
    ("tools", "names"),
    [
        ([{"vendor": "x", "name": "cdxgen", "version": "9"}], ("cdxgen 9",)),
        ({"components": [{"type": "application", "name": "syft", "version": "1"}]}, ("syft 1",)),
        ({"services": [{"name": "scan"}]}, ("scan",)),
        ([{}], ()),
    ],
)
def test_tools_of_cyclonedx(tmp_path: Path, tools: Any, names: tuple[str, ...]) -> None:
    document = cyclonedx(part())
    document["metadata"]["tools"] = tools
    assert read(tmp_path, document).tools == names


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6", "1.7", "1.10"])
def test_versions_of_cyclonedx(tmp_path: Path, version: str) -> None:
    assert read(tmp_path, cyclonedx(specVersion=version)).format == f"cyclonedx-{version}"


# --- SPDX 2


def package(name: str = "a", **more: Any) -> dict[str, Any]:
    given = {"name": name, "SPDXID": f"SPDXRef-{name}", "versionInfo": "1", "downloadLocation": "NOASSERTION"}
    return given | {"licenseConcluded": "NOASSERTION", "licenseDeclared": "MIT"} | more


def relation(start: str, kind: str, end: str) -> dict[str, str]:
    return {"spdxElementId": start, "relationshipType": kind, "relatedSpdxElement": end}


def spdx2(*packages: Any, **more: Any) -> dict[str, Any]:
    return {
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "api", "dataLicense": "CC0-1.0",
        "documentNamespace": "https://acme.example/spdx/1", "packages": list(packages),
        "creationInfo": {"created": "2026-03-02T10:00:00Z", "creators": ["Tool: syft-1.0", "Organization: acme"]},
    } | more  # fmt: skip


def test_spdx_2(tmp_path: Path) -> None:
    packages = [
        package("a"),
        package("b", licenseConcluded="Apache-2.0"),
        package("c", licenseDeclared="NONE", versionInfo=""),
    ]
    relations = [
        relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-a"),
        relation("SPDXRef-a", "DEPENDS_ON", "SPDXRef-b"),
        relation("SPDXRef-c", "BUILD_DEPENDENCY_OF", "SPDXRef-b"),
        relation("SPDXRef-c", "CONTAINS", "SPDXRef-f"),
        relation("SPDXRef-c", "DEPENDS_ON", "NOASSERTION"),
        relation("SPDXRef-c", "OTHER", "DocumentRef-x:SPDXRef-y"),
        relation("SPDXRef-c", "CONTAINS", "SPDXRef-gone"),
    ]
    files = [{"SPDXID": "SPDXRef-f", "fileName": "f"}]
    found = read(
        tmp_path, spdx2(*packages, relationships=relations, files=files, documentDescribes=["SPDXRef-a"])
    )
    assert found.summary == {
        "components": 3, "unlicensed": 1, "unversioned": 1, "dependencies": 3, "dangling": 1,
        "licences": 2, "licencesLeftOut": 0,
    }  # fmt: skip
    assert (found.format, found.tools) == ("spdx-2.3", ("syft-1.0",))
    assert found.files[0].media_type == "application/spdx+json"


# --- SPDX 3


def spdx3(*elements: Any, version: str = "3.0.1") -> dict[str, Any]:
    info = {"type": "CreationInfo", "@id": "_:info", "specVersion": version, "createdUsing": ["urn:tool"]}
    graph = [
        info,
        {"type": "Tool", "spdxId": "urn:tool", "name": "bomber 1"},
        {"type": "SpdxDocument", "spdxId": "urn:doc", "import": [{"externalSpdxId": "urn:other#1"}]},
        *elements,
    ]
    return {"@context": f"https://spdx.org/rdf/{version}/spdx-context.jsonld", "@graph": graph}


def package3(name: str) -> dict[str, Any]:
    return {"type": "software_Package", "spdxId": f"urn:{name}", "name": name, "software_packageVersion": "1"}


def relation3(number: int, start: str, kind: str, *ends: str) -> dict[str, Any]:
    return {
        "type": "Relationship",
        "spdxId": f"urn:r{number}",
        "from": start,
        "relationshipType": kind,
        "to": list(ends),
    }


def test_spdx_3(tmp_path: Path) -> None:
    expression = {
        "type": "simplelicensing_LicenseExpression",
        "spdxId": "urn:mit",
        "simplelicensing_licenseExpression": "MIT",
    }
    own = {"type": "expandedlicensing_CustomLicense", "spdxId": "urn:own", "name": "Own"}
    nothing = "https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion"
    relations = [
        ("urn:a", "dependsOn", "urn:b", "urn:c"), ("urn:a", "hasDeclaredLicense", "urn:own"),
        ("urn:a", "hasConcludedLicense", "urn:mit"), ("urn:b", "hasConcludedLicense", nothing),
        ("urn:b", "hasDeclaredLicense", "urn:own"), ("urn:c", "hasConcludedLicense", nothing),
        ("urn:d", "hasDeclaredLicense", "https://spdx.org/licenses/Apache-2.0"),
        ("urn:doc", "describes", "urn:a", "urn:other#1", "urn:gone"),
    ]  # fmt: skip
    found = read(
        tmp_path,
        spdx3(
            *map(package3, "abcd"), expression, own, *(relation3(n, *one) for n, one in enumerate(relations))
        ),
    )
    assert found.summary == {
        "components": 4, "unlicensed": 1, "unversioned": 0, "dependencies": 2, "dangling": 1,
        "licences": 3, "licencesLeftOut": 0,
    }  # fmt: skip
    assert found.licences == {"Apache-2.0": 1, "MIT": 1, "Own": 1}
    assert (found.format, found.tools) == ("spdx-3.0.1", ("bomber 1",))
    assert found.files[0].media_type == "application/spdx+json"


def test_an_id_that_only_looks_like_spdxs_own_is_dangling(tmp_path: Path) -> None:
    start = "https://spdx.org/spdxdocs/api#Package-1"
    document = spdx3(package3("a"), relation3(1, "urn:a", "dependsOn", start))
    assert counted(tmp_path, document)["dangling"] == 1


# --- all of them


def test_several_documents_add_up(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        cyclonedx(part(licenses=[{"license": {"id": "MIT"}}])),
        spdx2(package()),
        spdx3(package3("a")),
    )
    assert (found.summary["components"], found.licences) == (3, {"MIT": 2})
    assert found.format == "cyclonedx-1.6, spdx-2.3, spdx-3.0.1"


def test_the_most_frequent_licences_are_kept_and_the_rest_counted(tmp_path: Path) -> None:
    licences = [f"L{number:03}" for number in range(230)]
    components = [
        part(str(number), licenses=[{"license": {"name": licence}}])
        for number, licence in enumerate(licences)
    ]
    found = read(tmp_path, cyclonedx(*components, part("x", licenses=[{"license": {"name": "L229"}}])))
    assert len(found.licences) == 200
    assert list(found.licences)[:2] == ["L229", "L000"]
    assert (found.summary["licences"], found.summary["licencesLeftOut"]) == (230, 30)


def test_a_whole_text_in_place_of_a_name_is_cut(tmp_path: Path) -> None:
    found = read(
        tmp_path, cyclonedx(part(licenses=[{"license": {"name": "Permission\n\n is  granted " * 5000}}]))
    )
    (name,) = found.licences
    assert len(name) <= 300
    assert name.startswith("Permission is granted")


def test_a_bill_of_nothing(tmp_path: Path) -> None:
    assert counted(tmp_path, cyclonedx()) == {}
    assert read_evidence("sbom", [tmp_path / "0.json"], Wanted(), {}, {"components": 1}).result == "fail"
    for empty in (cyclonedx(metadata={}), spdx2(), spdx3()):
        with pytest.raises(InputError, match=r"0\.json: names no component") as caught:
            read(tmp_path, empty)
        assert caught.value.code == "no-parts"


@pytest.mark.parametrize(
    "document",
    [
        *([], None, 1, {}, {"bomFormat": "SPDX"}, cyclonedx(specVersion="1.1"), cyclonedx(specVersion=1.6)),
        *(cyclonedx(specVersion="2.0"), cyclonedx(bomFormat="x"), cyclonedx(1), cyclonedx({})),
        *(cyclonedx({"type": "x"}), cyclonedx(specVersion="")),
        *(cyclonedx(part(" ")), cyclonedx(part(), part()), cyclonedx(part("root")), cyclonedx(components={})),
        *(cyclonedx(part(components=[part()])), cyclonedx(part(licenses=[{}])), cyclonedx(part(licenses=["MIT"]))),
        *(cyclonedx(part(licenses=[{"license": {"id": 1}}])), cyclonedx(part(version=1)), cyclonedx(metadata=1)),
        *(cyclonedx(dependencies=[{}]), cyclonedx(dependencies=[{"ref": "root"}] * 2), cyclonedx(services=[{}])),
        *(cyclonedx(dependencies=[{"ref": "root", "dependsOn": "a"}]), cyclonedx(metadata={"component": {}})),
        *(spdx2(spdxVersion="SPDX-1.2"), spdx2(spdxVersion="SPDX-3.0"), spdx2(spdxVersion=2.3), spdx2(SPDXID="x")),
        *(spdx2(name=""), spdx2(dataLicense=None), spdx2(documentNamespace=1), spdx2(creationInfo={})),
        *(spdx2(1), spdx2({}), spdx2(package(), package()), spdx2(package(SPDXID="SPDXRef-DOCUMENT"))),
        *(spdx2(package("")), spdx2(package(SPDXID=None))),
        *(spdx2(package(licenseDeclared=1)), spdx2(relationships=[{}]), spdx2(relationships=[relation("a", "", "b")])),
        *(spdx2(files=[{}]), spdx2(packages={}), spdx2(creationInfo={"created": "x", "creators": []})),
        *({"@context": "https://schema.org"}, {"@context": []}, spdx3(1), spdx3({})),
        *(spdx3({"type": "software_Package"}), spdx3({"type": 1, "spdxId": "urn:x"})),
        *(spdx3(package3("a"), package3("a")), spdx3(package3("")), spdx3({"type": "Relationship", "spdxId": "urn:r"})),
        *(spdx3(package3("a") | {"software_packageVersion": 1}), spdx3(relation3(1, "urn:a", "describes") | {"to": 1})),
        # Two documents in one: which of them would count?
        *(cyclonedx(part()) | spdx2(), spdx2(package()) | spdx3(package3("a"))),
    ],
)  # fmt: skip
def test_what_is_not_well_formed(tmp_path: Path, document: Any) -> None:
    assert refused(tmp_path, document)


@pytest.mark.parametrize(
    "text", ['<?xml version="1.0"?><bom/>', "SPDXVersion: SPDX-2.3\n", "", "\x00", '{"bomFormat":']
)
def test_what_is_not_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "bom.json").write_text(text)
    with pytest.raises(InputError, match=r"bom\.json: not JSON"):
        sbom.read([tmp_path], Wanted())


def test_components_in_components_as_deep_as_json_may_be(tmp_path: Path) -> None:
    inner = part("0")
    for depth in range(1, 45):
        inner = part(str(depth), components=[inner])
    assert counted(tmp_path, cyclonedx(inner))["components"] == 45
