"""Reading `policy.toml` (docs/policy.md) into a Policy: whatever could not be meant is an error with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from custody.errors import InputError, UsageError
from custody.ledger.canonical import MalformedError
from custody.policy.bounds import read_bounds
from custody.policy.document import (
    DUTIES,
    About,
    ApprovalsControl,
    Control,
    Duty,
    EvidenceControl,
    FourEyesControl,
    Policy,
    ProvenanceControl,
    SealedControl,
)
from custody.policy.globs import globs_overlap, matches
from custody.policy.tables import Table, suggestion
from custody.record.conditions import parse_condition
from custody.record.evidence import GENERIC, TYPES
from custody.text import safe_text
from custody.trust import toml
from custody.trust.roles import RELAY, may_write

VERSION = 1
KEYS = ("version", "name", "environments", "uncovered-tail", "groups", "intervals", "controls")
CONTROL_KEYS: dict[str, tuple[str, ...]] = {
    "evidence": (
        "control", "type", "about", "result", "limits", "floors", "conditions", "denied-licences",
        "allowed-licences", "max-age", "roles",
    ),
    "provenance": (
        "repositories", "branches", "builders", "writers", "clean", "materials", "statement", "roles",
    ),
    "four-eyes": ("control", "services", "objections", "roles"),
    "approvals": (
        "count", "roles", "environments", "apart-from", "authors", "max-age", "relayed",
    ),
    "sealed": ("listed",),
}  # fmt: skip
"""By kind of control its keys, beside those of every control."""
ANY_CONTROL_KEYS = ("kind", "when")
WHEN_KEYS = (
    "flow", "trail", "repository", "branch", "name", "type", "version", "environment",
)  # fmt: skip
"""What `when` can ask, beside annotation.KEY."""
ANNOTATION = "annotation."
MAX_COUNT = 1000
_NAMES = frozenset({"name", "type", "environment"})  # of what `when` can ask, those whose values are names
_PLACE = re.compile(r"(?s)(.*) \(at (?:line (\d+), column \d+|end of document)\)")


def read_policy(text: str) -> Policy:
    """Read a document. Raises InputError with the code "policy", which names the line where there is one."""
    try:
        document = Table(text, (), toml.load(text))
    except MalformedError as error:
        raise InputError(_located(str(error), text), code="policy") from None
    document.only(KEYS, "a policy")
    version = document.take("version")
    if type(version) is not int or version != VERSION:
        raise document.wrong(f"must be {VERSION}: this custody knows no other", "version")
    environments = document.name_globs("environments")
    if not environments:
        raise document.wrong("needs the key environments: which it is for")
    groups = _groups(document.table("groups"), environments)
    return Policy(
        name=document.name("name"),
        environments=environments,
        controls=_controls(document.table("controls"), environments),
        uncovered_tail=document.flag("uncovered-tail", False),
        groups=groups,
        intervals=_intervals(document.table("intervals"), environments),
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
    )


def _located(message: str, text: str) -> str:
    """What the TOML reader said, with the line in front."""
    found = _PLACE.fullmatch(message)
    if found is None:
        return f"is not a policy: {message}"
    why = "this key is there already" if found[1] == "Cannot overwrite a value" else found[1]
    line = found[2] or 1 + text.count("\n")
    return f"line {line}: is not TOML: {safe_text(why, 300)}"


def _groups(table: Table, environments: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in table.values:
        table.checked_name(name, name)
        members = table.names(name)
        for index, member in enumerate(members):
            if member == name:
                raise table.wrong("a group cannot be a member of itself", name, index)
            if member in table.values:
                raise table.wrong(
                    f"{member} is a group itself, and a member must be an environment", name, index
                )
            if not _any_matches(environments, member):
                raise table.wrong(f"{member} is none of this policy's environments", name, index)
        if not _any_matches(environments, name):
            raise table.wrong(f"{name} is none of this policy's environments", name)
        found[name] = members
    return found


def _intervals(table: Table, environments: tuple[str, ...]) -> dict[str, Any]:
    for glob in table.values:
        table.checked_name_glob(glob, glob)
        if not any(globs_overlap(glob, other) for other in environments):
            raise table.wrong("matches none of this policy's environments", glob)
    return {glob: table.time(glob) for glob in table.values}


def _any_matches(globs: tuple[str, ...], name: str) -> bool:
    return any(matches(glob, name) for glob in globs)


def _controls(table: Table, environments: tuple[str, ...]) -> tuple[Control, ...]:
    if not table.values:
        raise table.wrong("there is none, and a policy without controls demands nothing")
    found: list[Control] = []
    for name, control in table.tables():
        kind = control.choice("kind", CONTROL_KEYS)
        control.only((*ANY_CONTROL_KEYS, *CONTROL_KEYS[kind]), f"a control of kind {kind}")
        one = _KINDS[kind](control, name, _when(control.table("when"), environments))
        for other in found:
            if replace(other, name=name) == one:
                raise control.wrong(f"demands the same as {other.name}: leave one of them out")
        found.append(one)
    return tuple(found)


def _when(table: Table, environments: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.values.items():
        if key == ANNOTATION[:-1] and isinstance(value, dict):
            for inner, glob in value.items():
                _add_annotation(table, found, inner, glob, key, inner)
        elif key.startswith(ANNOTATION):
            _add_annotation(table, found, key.removeprefix(ANNOTATION), value, key)
        elif key not in WHEN_KEYS:
            known = (*WHEN_KEYS, f"{ANNOTATION}KEY")
            raise table.wrong(f"is nothing to ask about: {', '.join(known)}{suggestion(key, WHEN_KEYS)}", key)
        else:
            found[key] = (table.checked_name_glob if key in _NAMES else table.checked_glob)(value, key)
    asked = found.get("environment")
    if asked is not None and not any(globs_overlap(asked, glob) for glob in environments):
        raise table.wrong("matches none of this policy's environments, and would never apply", "environment")
    return found


def _add_annotation(table: Table, found: dict[str, str], name: str, glob: object, *steps: str) -> None:
    if isinstance(glob, dict):
        raise table.wrong(f'an annotation with a dot in its name is written "{ANNOTATION}a.b"', *steps)
    if not name or f"{ANNOTATION}{name}" in found:
        raise table.wrong("asks for this annotation twice" if name else "names no annotation", *steps)
    found[f"{ANNOTATION}{name}"] = table.checked_glob(glob, *steps)


def _evidence(table: Table, name: str, when: Mapping[str, str]) -> EvidenceControl:
    type = table.choice("type", (*TYPES, GENERIC)) if "type" in table.values else ""
    own_result = table.choice("result", ("pass", "any"), "pass") == "pass"
    limits, floors = read_bounds(table, type, own_result)
    if not own_result and not limits and not floors:
        message = "with the recorder's result left aside, nothing decides: give limits or floors"
        raise table.wrong(message, "result")
    for key, needed in (("conditions", "custom"), ("denied-licences", "sbom"), ("allowed-licences", "sbom")):
        if key in table.values and type != needed:
            raise table.wrong(f'is only for evidence of type = "{needed}"', key)
    conditions = table.items("conditions")
    for index, condition in enumerate(conditions):
        try:
            parse_condition(condition)
        except UsageError as error:
            raise table.wrong(str(error), "conditions", index) from None
    denied, allowed = table.globs("denied-licences"), table.globs("allowed-licences")
    for index, glob in enumerate(allowed):
        if glob in denied:
            raise table.wrong(f"{safe_text(glob, 60)} is denied as well", "allowed-licences", index)
    return EvidenceControl(
        name=name,
        when=when,
        control=table.name("control") if "control" in table.values else name,
        type=type,
        about=cast(About, table.choice("about", ("artifact", "commit", "trail", "any"), "artifact")),
        own_result=own_result,
        limits=limits,
        floors=floors,
        conditions=conditions,
        denied_licences=denied,
        allowed_licences=allowed,
        max_age=table.time("max-age") if "max-age" in table.values else None,
        roles=frozenset(table.names("roles")),
    )


def _provenance(table: Table, name: str, when: Mapping[str, str]) -> ProvenanceControl:
    return ProvenanceControl(
        name=name,
        when=when,
        repositories=table.globs("repositories"),
        branches=table.globs("branches"),
        builders=table.globs("builders"),
        writers=table.name_globs("writers"),
        clean=table.flag("clean", True),
        materials=table.flag("materials", False),
        statement=table.flag("statement", False),
        roles=frozenset(table.names("roles")),
    )


def _four_eyes(table: Table, name: str, when: Mapping[str, str]) -> FourEyesControl:
    return FourEyesControl(
        name=name,
        when=when,
        control=table.name("control") if "control" in table.values else FourEyesControl(name="").control,
        services=frozenset(table.names("services")),
        objections=table.flag("objections", True),
        roles=frozenset(table.names("roles")),
    )


def _approvals(table: Table, name: str, when: Mapping[str, str]) -> ApprovalsControl:
    roles = table.names("roles")
    for index, role in enumerate(roles):
        if role == RELAY:
            message = "a relay records what others approved: to count those, say relayed = true"
            raise table.wrong(message, "roles", index)
        if not may_write("approval", {role}, False):
            raise table.wrong(f"a {role} can never approve anything", "roles", index)
    apart = table.items("apart-from", may_be_empty=True)
    for index, duty in enumerate(apart):
        if duty not in DUTIES:
            message = f"must be one of {', '.join(sorted(DUTIES))}{suggestion(duty, DUTIES)}"
            raise table.wrong(message, "apart-from", index)
    return ApprovalsControl(
        name=name,
        when=when,
        count=table.count("count", 1, MAX_COUNT),
        roles=frozenset(roles),
        environments=table.name_globs("environments"),
        apart=frozenset(cast(tuple[Duty, ...], apart)) if "apart-from" in table.values else DUTIES,
        claimed_authors=table.choice("authors", ("known", "claimed"), "known") == "claimed",
        max_age=table.time("max-age") if "max-age" in table.values else None,
        relayed=table.flag("relayed", False),
    )


def _sealed(table: Table, name: str, when: Mapping[str, str]) -> SealedControl:
    return SealedControl(name=name, when=when, listed=table.flag("listed", False))


_KINDS: dict[str, Callable[[Table, str, Mapping[str, str]], Control]] = {
    "evidence": _evidence,
    "provenance": _provenance,
    "four-eyes": _four_eyes,
    "approvals": _approvals,
    "sealed": _sealed,
}
