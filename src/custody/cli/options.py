"""The options that many commands share, each named and explained once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from custody.errors import UsageError
from custody.text import safe_text

R = TypeVar("R")


def option(
    *names: str,
    help: str,
    envvar: str | None = None,
    metavar: str | None = None,
    choices: Sequence[str] | None = None,
    hint: str = "",
) -> Any:
    """A text option that refuses to be empty, or to be anything but one of its choices; `hint` says what then to do."""
    return typer.Option(
        *names,
        help=help,
        envvar=envvar,
        metavar=metavar,
        callback=_check(names[0], choices, hint),
        autocompletion=None if choices is None else (lambda: list(choices)),
        show_default=False,
    )


def argument(metavar: str, help: str, completions: Sequence[str] = ()) -> Any:
    """A text argument that refuses to be empty."""
    return typer.Argument(
        metavar=metavar,
        help=help,
        callback=_check(metavar, None),
        autocompletion=(lambda: list(completions)) if completions else None,
    )


def _check(name: str, choices: Sequence[str] | None, hint: str = "") -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        for item in value if isinstance(value, list | tuple) else [value]:
            if item == "":  # an unset variable in a script, usually: never a value
                message = f"{name} is empty: is a variable unset? Give it a value, or leave it out"
                raise UsageError(message, code="empty")
            if item is not None and choices is not None and item not in choices:
                message = f"{name} must be one of {', '.join(choices)}; not {safe_text(item, 60)}{hint}"
                raise UsageError(message, code="choice")
        return value

    return check


Ledger = Annotated[
    str | None, option("--ledger", "-l", envvar="CUSTODY_LEDGER", metavar="FILE", help="The ledger file.")
]
Key = Annotated[
    str | None,
    option(
        "--key",
        metavar="FILE",
        help="Private key file, or agent key (*.pub, SHA256:…); else CUSTODY_KEY, CUSTODY_KEY_FILE, ssh-agent.",
    ),
]
Entry = Annotated[str, argument("ID", "The entry: its position, or 6 or more hex digits of its id.")]
LedgerArgument = Annotated[
    str | None, argument("LEDGER", "The ledger file; else CUSTODY_LEDGER, else the one of custody.toml.")
]
Zone = Annotated[
    str | None,
    option("--tz", metavar="ZONE", help="Your time zone, such as Europe/Oslo; else TZ, else this machine's."),
]
Environment = Annotated[str, argument("ENV", "The environment.")]
Since = Annotated[str | None, option("--since", metavar="WHEN", help="From this moment on.")]
Until = Annotated[str | None, option("--until", metavar="WHEN", help="To this moment.")]
Number = Annotated[int, typer.Option("-n", "--number", min=1, help="How many at most.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Root = Annotated[
    list[str] | None,
    option(
        "--root",
        metavar="KEY",
        help="Root public key: a .pub file or SHA256:… fingerprint; repeatable, never remembered.",
    ),
]
Wait = Annotated[
    float,
    typer.Option(
        "--wait", min=0.0, max=3600.0, metavar="SECONDS", help="How long to wait for another writer."
    ),
]
Origin = Annotated[
    str | None,
    option(
        "--origin",
        envvar="CUSTODY_ORIGIN",
        help="Origin, when the ledger is new; e.g. acme.example/payments.",
    ),
]
Flow = Annotated[str | None, option("--flow", envvar="CUSTODY_FLOW", help="The pipeline's name.")]
Trail = Annotated[
    str | None,
    option(
        "--trail",
        envvar="CUSTODY_TRAIL",
        help="This run of the pipeline; its entries share one chain until `seal`.",
    ),
]
Job = Annotated[str | None, option("--job", envvar="CUSTODY_JOB", help="The job within the run.")]
Repository = Annotated[
    str | None, option("--repository", envvar="CUSTODY_REPOSITORY", help="Where the source is.")
]
Commit = Annotated[
    str | None,
    option(
        "--commit",
        envvar="CUSTODY_COMMIT",
        help="The full commit that is built; with --git any name of it, such as v1.2.",
    ),
]
Branch = Annotated[str | None, option("--branch", envvar="CUSTODY_BRANCH", help="Its branch.")]
RunUrl = Annotated[str | None, option("--run-url", envvar="CUSTODY_RUN_URL", help="A link to this run.")]
Git = Annotated[
    str | None,
    option("--git", metavar="FOLDER", help="Take repository, commit and branch from this git checkout."),
]
NoCi = Annotated[
    bool,
    typer.Option(
        "--no-ci",
        envvar="CUSTODY_NO_CI",
        show_envvar=False,
        help="Take nothing from the variables of a CI system (see `custody ci`).",
    ),
]
Seen = Annotated[
    str | None,
    option("--seen", metavar="FILE", help="A checkpoint of the main log, to make this run its witness."),
]
Once = Annotated[
    str | None,
    option("--once", metavar="KEY", help="Record at most once under this key, so that a retry is safe."),
]

Annotate = Annotated[
    list[str] | None,
    option("--annotate", metavar="KEY=VALUE", help="Something to remember with it; repeatable."),
]
WebLink = Annotated[
    list[str] | None,
    option(
        "--link",
        metavar="LABEL=URL",
        help="Something elsewhere, such as change=https://…; #sha256=… pins its content; repeatable.",
    ),
]
Attach = Annotated[
    list[str] | None, option("--attach", metavar="FILE", help="Keep this file with the entry; repeatable.")
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Record nothing: show the entry, and whether it would count."),
]


def with_options(
    shared: Callable[..., R], *, without: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `shared`, whose result becomes the command's first argument; but those `without`.

    The command line library reads a function's signature; this writes the joined one.
    """
    common = {
        name: parameter
        for name, parameter in inspect.signature(shared, eval_str=True).parameters.items()
        if name not in without
    }

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        joined = [*own, *(parameter for name, parameter in common.items())]

        def wrapper(**values: Any) -> Any:
            return command(
                shared(**{name: values[name] for name in common}),
                **{parameter.name: values[parameter.name] for parameter in own},
            )

        wrapper.__name__ = command.__name__
        wrapper.__doc__ = command.__doc__
        wrapper.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in joined]
        )
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in joined}
        return wrapper

    return decorate
