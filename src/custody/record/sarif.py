"""SARIF 2.1.0 (OASIS), what linters and scanners print, counted by level.

A result's level is determined as section 3.27.10 says: its own, else its rule's as configured for the invocation,
else its rule's default, else "warning"; a result that is no failure (section 3.27.9: its `kind` is other than "fail")
has the level "none". Where such a result states another level all the same, which the standard forbids, that level
counts: what a tool calls an error is not explained away.

Suppressed results (section 3.27.23: at least one suppression, and none of them rejected or under review) are counted
apart, and those that are only in the baseline (3.27.24: "absent") not at all. A tool that did not run is not a pass:
a log without runs, or a run without results, is an error. Nor is one that says it did not succeed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from custody.errors import InputError
from custody.record.inputs import read_reports
from custody.record.report import KEPT, KEPT_NAME, Report, Result, Wanted
from custody.record.tool_json import (
    Object,
    an_object,
    flag,
    index,
    items,
    member,
    members,
    needed,
    parse_tool_json,
    text,
)

FORMAT = "sarif-2.1.0"
MEDIA_TYPE = "application/sarif+json"
LEVELS = ("error", "warning", "note", "none")
KEPT_TOOLS = 50

_KINDS = frozenset({"fail", "pass", "open", "informational", "review", "notApplicable"})
_DEEPEST = 16  # parts of a hierarchical id
_STATES = frozenset({"", "new", "unchanged", "updated", "absent"})
# What a log may keep in other files, and what a level may depend on.
_ELSEWHERE = ("results", "driver", "extensions", "invocations")


class Finding(NamedTuple):
    """A result that is not only in the baseline. `rule` is what the log says of its rule, empty if nothing."""

    level: str
    suppressed: bool
    rule_id: str
    rule: Object
    result: Object

    @property
    def uri(self) -> str:
        """Of the file it is in, as the log has it; "" where it does not say."""
        return _location(self.result)[0]

    def __str__(self) -> str:
        uri, line = _location(self.result)
        place = f"{uri}:{line}" if uri and line > 0 else uri
        return f"{self.rule_id or '(no rule)'} {place}".strip()[:KEPT_NAME]


class Log(NamedTuple):
    """A log's tools, in order and each with its version, and which of them say that they did not succeed."""

    runs: list[Object]
    tools: tuple[str, ...]
    broken: tuple[str, ...]

    def findings(self) -> Iterator[Finding]:
        """Every result but those that are only in the baseline. Raises InputError."""
        for run in self.runs:
            rules = _Rules(run)
            for result in members(run, "results", "run"):
                found = _finding(result, rules)
                if found is not None:
                    yield found


def read(paths: Sequence[Path], wanted: Wanted) -> Report:
    """SARIF logs as evidence. Raises InputError naming the file and why."""
    summary = dict.fromkeys((*LEVELS, "suppressed"), 0)
    failed: list[str] = []
    tools: dict[str, None] = {}
    result: Result | None = None

    def parse(data: bytes) -> str:
        nonlocal result
        log = parse_log(parse_tool_json(data))
        tools.update(dict.fromkeys(log.tools))
        if log.broken:
            result = "fail"
            failed.extend(did_not_succeed(tool) for tool in log.broken)
        for finding in log.findings():
            summary["suppressed" if finding.suppressed else finding.level] += 1
            if finding.level == "error" and not finding.suppressed and len(failed) < KEPT:
                failed.append(str(finding))
        return MEDIA_TYPE

    files = read_reports(paths, ".sarif .sarif.json", "a SARIF file", parse)
    return Report(FORMAT, files, summary, tuple(failed[:KEPT]), tuple(tools)[:KEPT_TOOLS], result=result)


def did_not_succeed(tool: str) -> str:
    """The line for people about a run that its tool calls a failure."""
    return f"{tool}: its run did not succeed"[:KEPT_NAME]


def parse_log(value: Any) -> Log:
    """A log (sarifLog, section 3.13), its runs checked but not yet its results. Raises InputError."""
    log = an_object(value, "the log")
    if not isinstance(log.get("runs"), list) or "version" not in log:
        raise InputError("not SARIF: it has no version and runs")
    if log["version"] != "2.1.0":
        raise InputError(f"SARIF of version {str(log['version'])[:40]}, and 2.1.0 is what custody reads")
    runs = members(log, "runs", "log")
    if not runs:
        raise InputError("no run in it: the tool did not run", code="no-run")
    if items(log, "inlineExternalProperties", "log"):
        raise InputError(
            "it keeps parts of its runs aside (inlineExternalProperties), which custody does not read"
        )
    tools: dict[str, None] = {}
    broken: dict[str, None] = {}
    for run in runs:
        driver = member(member(run, "tool", "run"), "driver", "run.tool")
        tool = needed(driver, "name", "run.tool.driver")
        version = text(driver, "semanticVersion", "driver") or text(driver, "version", "driver")
        tool = f"{tool} {version}".strip()[:KEPT_NAME]
        tools[tool] = None
        elsewhere = member(run, "externalPropertyFileReferences", "run")
        if away := [name for name in _ELSEWHERE if elsewhere.get(name)]:
            raise InputError(
                f"the run of {tool} keeps its {away[0]} in another file, which custody does not read"
            )
        if run.get("results") is None:
            raise InputError(f"a run of {tool} without results: the tool did not run", code="no-run")
        if any(
            flag(invocation, "executionSuccessful", "invocation") is False
            for invocation in members(run, "invocations", "run")
        ):
            broken[tool] = None
    return Log(runs, tuple(tools), tuple(broken))


def _finding(result: Object, rules: _Rules) -> Finding | None:
    state = text(result, "baselineState", "result")
    if state not in _STATES:
        raise InputError(f"result.baselineState is {state[:40]}, which SARIF does not know")
    reference = member(result, "rule", "result")
    rule_id = text(result, "ruleId", "result") or text(reference, "id", "result.rule")
    rule = rules.find(result, reference, rule_id)
    rule_id = rule_id or text(rule, "id", "rule")
    kind = text(result, "kind", "result") or "fail"
    if kind not in _KINDS:
        raise InputError(f"result.kind is {kind[:40]}, which SARIF does not know")
    level = _level(result, "result")
    if not level:
        level = "none" if kind != "fail" else rules.configured(result, rule) or "warning"
    suppressed = _suppressed(result)
    return None if state == "absent" else Finding(level, suppressed, rule_id, rule, result)


def _level(parent: Object, place: str) -> str:
    level = text(parent, "level", place)
    if level and level not in LEVELS:
        raise InputError(f"{place}.level is {level[:40]}, which SARIF does not know")
    return level


def _suppressed(result: Object) -> bool:
    # `state` is what drafts of 2.1.0, and tools since, call the status.
    found = members(result, "suppressions", "result")
    states = {text(one, key, "suppression") for one in found for key in ("status", "state")}
    return bool(found) and states <= {"", "accepted"}


def _location(result: Object) -> tuple[str, int]:
    for location in members(result, "locations", "result")[:1]:
        physical = member(location, "physicalLocation", "location")
        uri = text(member(physical, "artifactLocation", "physicalLocation"), "uri", "artifactLocation")
        return uri, index(member(physical, "region", "physicalLocation"), "startLine", "region")
    return "", 0


class _Rules:
    """The rules of a run: those of its driver and of its extensions (sections 3.19.23 and 3.52).

    Everything is looked up in tables made once: a log may have as many extensions, rules and results as fit in it.
    """

    def __init__(self, run: Object) -> None:
        tool = member(run, "tool", "run")
        driver = member(tool, "driver", "run.tool")
        self._extensions = members(tool, "extensions", "run.tool")
        self._invocations = members(run, "invocations", "run")
        self._driver = _Component(driver)
        self._all = _Component(driver)
        self._named: dict[tuple[str, str], Object] = {}
        for component in self._extensions:
            self._all.add(component)
        for component in (driver, *self._extensions):
            for key in ("guid", "name"):
                self._named.setdefault((key, text(component, key, "component")), component)
        self._components: dict[int, _Component] = {}
        self._overrides: dict[int, dict[int, str]] = {}
        self._levels: dict[int, str] = {}

    def find(self, result: Object, reference: Object, rule_id: str) -> Object:
        """A result's rule: by its index, else its guid, else its id or that of a rule above (a/b/c, a/b, a)."""
        by_index = index(reference, "index", "result.rule")
        if by_index < 0:
            by_index = index(result, "ruleIndex", "result")
        return self._look_up(reference, by_index, rule_id)

    def configured(self, result: Object, rule: Object) -> str:
        """The level a rule has for a result that states none: as invoked, else by default; else ""."""
        if not rule:
            return ""
        at = index(member(result, "provenance", "result"), "invocationIndex", "provenance")
        if at >= len(self._invocations):
            raise InputError(f"a result of invocation {at}, and there is none of that number")
        if at >= 0 and (level := self._overridden(at).get(id(rule))):
            return level
        if id(rule) not in self._levels:
            self._levels[id(rule)] = _level(member(rule, "defaultConfiguration", "rule"), "rule")
        return self._levels[id(rule)]

    def _look_up(self, reference: Object, by_index: int, rule_id: str) -> Object:
        component = self._component(reference)
        if by_index >= 0:
            rules = (component or self._driver).rules
            if by_index >= len(rules):
                raise InputError(f"a result of rule {by_index}, and there is none of that number")
            return rules[by_index]
        known = (component or self._all).known
        wanted = [("guid", text(reference, "guid", "result.rule"))]
        parts = rule_id.split("/", _DEEPEST)
        wanted += [("id", "/".join(parts[:count])) for count in range(len(parts), 0, -1)]
        return next((known[key] for key in wanted if key[1] and key in known), {})

    def _component(self, reference: Object) -> _Component | None:
        """The driver or extension that a reference to a rule names; None if it names none."""
        place = member(reference, "toolComponent", "rule")
        at = index(place, "index", "toolComponent")
        names = [(key, text(place, key, "toolComponent")) for key in ("guid", "name")]
        if at >= 0:
            found = self._extensions[at] if at < len(self._extensions) else None
        elif any(name for _, name in names):
            found = next((self._named[key] for key in names if key[1] and key in self._named), None)
        else:
            return None
        if found is None:
            raise InputError("a result of a rule of an extension that is not in the log")
        if id(found) not in self._components:
            self._components[id(found)] = _Component(found)
        return self._components[id(found)]

    def _overridden(self, at: int) -> dict[int, str]:
        """The levels that an invocation gave to rules (section 3.20.5), by the identity of the rule."""
        if at not in self._overrides:
            levels: dict[int, str] = {}
            for one in members(self._invocations[at], "ruleConfigurationOverrides", "invocation"):
                reference = member(one, "descriptor", "override")
                by_index = index(reference, "index", "descriptor")
                rule = self._look_up(reference, by_index, text(reference, "id", "descriptor"))
                level = _level(member(one, "configuration", "override"), "configuration")
                if rule and level:
                    levels[id(rule)] = level
            self._overrides[at] = levels
        return self._overrides[at]


class _Component:
    """A part of a tool: its rules in order, and by ("id", …) and ("guid", …). Of two with one id the first counts."""

    def __init__(self, component: Object) -> None:
        self.rules: list[Object] = members(component, "rules", "component")
        self._known: dict[tuple[str, str], Object] = {}
        self._added = [component]

    def add(self, component: Object) -> None:
        """Another part's rules can be found by id and guid as well, behind those that were there."""
        self._added.append(component)

    @property
    def known(self) -> dict[tuple[str, str], Object]:
        for component in self._added:
            for rule in members(component, "rules", "component"):
                for key in ("id", "guid"):
                    self._known.setdefault((key, text(rule, key, "rule")), rule)
        self._added.clear()
        return self._known
