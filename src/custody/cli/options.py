"""The options that many commands share, each named and explained once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

R = TypeVar("R")


def not_empty(value: Any) -> Any:
    """An empty flag is a mistake in a script (an unset variable, usually), never a value."""
    values = value if isinstance(value, list | tuple) else [value]
    if any(item == "" for item in values):
        raise typer.BadParameter("is empty: leave the option out, or give it a value")
    return value


def option(
    *names: str, help: str, envvar: str | None = None, metavar: str | None = None, panel: str | None = None
) -> Any:
    """A text option that refuses to be empty."""
    return typer.Option(
        *names,
        help=help,
        envvar=envvar,
        metavar=metavar,
        callback=not_empty,
        rich_help_panel=panel,
        show_default=False,
    )


Ledger = Annotated[
    str | None, option("--ledger", "-l", envvar="CUSTODY_LEDGER", metavar="FILE", help="The ledger file.")
]
Key = Annotated[
    str | None,
    option(
        "--key",
        metavar="FILE",
        help="Private key file, or agent key (*.pub, SHA256:…); else CUSTODY_KEY, else ssh-agent.",
    ),
]
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
    str | None, option("--commit", envvar="CUSTODY_COMMIT", help="The full commit that is built.")
]
Branch = Annotated[str | None, option("--branch", envvar="CUSTODY_BRANCH", help="Its branch.")]
RunUrl = Annotated[str | None, option("--run-url", envvar="CUSTODY_RUN_URL", help="A link to this run.")]
Git = Annotated[
    str | None,
    option("--git", metavar="FOLDER", help="Take repository, commit and branch from this git checkout."),
]
Seen = Annotated[
    str | None,
    option("--seen", metavar="FILE", help="A checkpoint of the main log, to make this run its witness."),
]
Once = Annotated[
    str | None,
    option("--once", metavar="KEY", help="Record at most once under this key, so that a retry is safe."),
]


def with_options(shared: Callable[..., R]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `shared`, whose result becomes the command's first argument.

    The command line library reads a function's signature; this writes the joined one.
    """
    common = inspect.signature(shared, eval_str=True).parameters

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
