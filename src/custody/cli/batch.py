"""`custody append batch`: many entries from standard input, as JSON lines, in one durable transaction.

A line says what a command line would: `{"append": "evidence", "file": ["junit.xml"], "type": "junit"}`. Its keys are
the options of that command without their dashes, and the names of its arguments in lower case; so a command that
learns an option teaches it to the batch as well.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import typer.models

from custody.cli.extras import parse_annotations, parse_link, read_attachments
from custody.cli.recording import Act, Recording
from custody.errors import CustodyError, InputError, UsageError
from custody.kinds import Extras
from custody.ledger.canonical import Json, JsonObject
from custody.record.strict_json import MAX_SIZE, strict_json
from custody.text import safe_text

MAX_LINES = 10_000
MAX_KEPT = 512 * 1024 * 1024
"""Bytes of all files of a batch together: they are in memory until all is recorded."""

Command = Callable[..., Act]


class _Parameter(NamedTuple):
    """One option or argument of a command: its name in the code, what it takes, and its own check."""

    name: str
    type: Any
    required: bool
    check: Callable[[Any], Any] | None
    variable: str


def read_batch(surroundings: Recording, commands: Mapping[str, Command]) -> list[tuple[Act, Recording]]:
    """What standard input says is to be recorded, each with its own surroundings.

    Raises InputError or UsageError, naming the line; then nothing of it is to be recorded.
    """
    forms = {name: _parameters(command) for name, command in commands.items()}
    found: list[tuple[Act, Recording]] = []
    kept = 0
    for number, line in _lines():
        try:
            found.append(_read_line(line, surroundings, commands, forms))
        except CustodyError as error:
            kind = UsageError if isinstance(error, UsageError) else InputError
            raise kind(f"line {number}: {error}", code=error.code) from None
        act, own = found[-1]
        kept += sum(len(data) for _, data, _ in (*act.files, *own.files))
        if kept > MAX_KEPT:
            message = f"line {number}: more than {MAX_KEPT} bytes of files in one batch; make several of it"
            raise InputError(message, code="too-large")
    if not found:
        raise InputError("standard input has no line, and so nothing to record", code="empty")
    return found


def _lines() -> Iterator[tuple[int, bytes]]:
    """The lines of standard input that are not blank, counted from 1."""
    stream = sys.stdin.buffer
    for number in range(1, MAX_LINES + 2):
        line = stream.readline(MAX_SIZE + 2)
        if not line:
            return
        if number > MAX_LINES:
            raise InputError(f"more than {MAX_LINES} lines; make several batches of it", code="too-large")
        if line.strip():
            yield number, line


def _read_line(
    line: bytes,
    surroundings: Recording,
    commands: Mapping[str, Command],
    forms: Mapping[str, Mapping[str, _Parameter]],
) -> tuple[Act, Recording]:
    value = strict_json(line)
    if not isinstance(value, dict):
        raise InputError('a line is an object such as {"append": "note", "text": "…"}')
    said = value.pop("append", None)
    if not isinstance(said, str) or said not in commands:
        raise InputError(f'"append" must be one of {", ".join(commands)}')
    own = _surroundings(surroundings, value)
    return commands[said](own, **_arguments(value, forms[said], said)), own


def _surroundings(surroundings: Recording, value: JsonObject) -> Recording:
    """What a line says beside its command's own options; taken out of it. It adds to what holds for the batch."""
    once = value.pop("once", None)
    if once is not None and (not isinstance(once, str) or not once):
        raise InputError("once must be a text that is not empty")
    annotations = value.pop("annotate", [])
    if isinstance(annotations, dict):
        if not all(isinstance(item, str) for item in annotations.values()):
            raise InputError("annotate must be an object of texts")
        annotations = [f"{key}={item}" for key, item in annotations.items()]
    extras = Extras(
        {**surroundings.extras.annotations, **parse_annotations(_texts("annotate", annotations))},
        (*surroundings.extras.links, *map(parse_link, _texts("link", value.pop("link", [])))),
    )
    files = (*surroundings.files, *read_attachments(_texts("attach", value.pop("attach", []))))
    return surroundings._replace(once=once, extras=extras, files=files, asks=False)


def _arguments(value: JsonObject, form: Mapping[str, _Parameter], command: str) -> dict[str, Any]:
    for key in value:
        if key not in form:
            known = ", ".join(sorted((*form, "once", "attach", "link", "annotate")))
            raise InputError(f"{safe_text(key, 60)} is nothing that {command} knows; it knows {known}")
    given: dict[str, Any] = {}
    for key, parameter in form.items():
        item = value.get(key)
        if item is None and key not in value and parameter.variable:
            item = os.environ.get(parameter.variable) or None
        if item is None and key in value:
            raise InputError(f"{key} is null: give it a value, or leave it out")
        if item is None:
            if parameter.required:
                raise InputError(f"{command} needs {key}")
            continue
        given[parameter.name] = _checked(key, item, parameter)
    return given


def _checked(key: str, item: Json, parameter: _Parameter) -> Any:
    value: Any
    if bool in (parameter.type, *get_args(parameter.type)):
        if not isinstance(item, bool):
            raise InputError(f"{key} must be true or false")
        return item
    several = any(get_origin(one) is list for one in (parameter.type, *get_args(parameter.type)))
    if several:
        value = _texts(key, item)
    elif isinstance(item, str):
        value = item
    else:
        raise InputError(f"{key} must be a text")
    return parameter.check(value) if parameter.check else value


def _texts(key: str, item: Json) -> list[str]:
    items = [item] if isinstance(item, str) else item
    if not isinstance(items, list):
        raise InputError(f"{key} must be a text or a list of texts")
    found = [one for one in items if isinstance(one, str) and one]
    if len(found) != len(items):
        raise InputError(f"{key} must hold texts that are not empty")
    return found


def _parameters(command: Command) -> dict[str, _Parameter]:
    """A command's own options and arguments, by their names in a line."""
    found = {}
    for parameter in list(inspect.signature(command, eval_str=True).parameters.values())[1:]:
        kind, info = parameter.annotation, None
        if get_origin(kind) is Annotated:
            kind, info = get_args(kind)[:2]
        if isinstance(info, typer.models.OptionInfo):
            names = [
                info.default,
                *(info.param_decls or ()),
            ]  # the library keeps the first name as the default
            long = [one for one in names if isinstance(one, str) and one.startswith("--")]
            key = (long or [parameter.name])[0].removeprefix("--")
        else:
            key = (getattr(info, "metavar", None) or parameter.name).lower()
        required = parameter.default is inspect.Parameter.empty
        variable = getattr(info, "envvar", None)
        check = getattr(info, "callback", None)
        found[key] = _Parameter(
            parameter.name, kind, required, check, variable if isinstance(variable, str) else ""
        )
    return found
