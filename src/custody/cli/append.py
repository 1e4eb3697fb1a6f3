"""`custody append …`: record what happened. Each command here says what it was; `Recording` records it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from custody.cli import allow as allow_command
from custody.cli import approval as approval_command
from custody.cli import evidence as evidence_command
from custody.cli import snapshot as snapshot_command
from custody.cli.approval import ArtifactArgument, Environment
from custody.cli.checks import checked_name, read_text_file
from custody.cli.fingerprint import DirAlgorithm, Exclude, Image, TakenFor, measured
from custody.cli.groups import group
from custody.cli.options import argument, option, with_options
from custody.cli.recording import Act, Recording, read_trust, recording, resolve_artifact
from custody.errors import InputError, UsageError
from custody.kinds import MAX_DOCUMENT
from custody.ledger.entry import Subject

if TYPE_CHECKING:
    from custody.trust.document import TrustDocument

Name = Annotated[str | None, option("--name", help="The artifact's name; by default the file's.")]


def register(app: typer.Typer, only: str | None = None) -> None:
    """Add the group. With `only`, and if it has such a command, that alone: to lay out all of them takes longer than
    to record an entry."""
    records = group(
        "Record something as a signed entry. A ledger that does not exist is made.",
        "Example: custody append artifact dist/payments-api.whl --trail run-812 --git .",
    )
    for name, command in COMMANDS.items():
        if only not in COMMANDS or name == only:
            records.command(name)(_recorded(command))
    if only not in COMMANDS:
        records.command("batch")(batch)
    app.add_typer(records, name="append")


def artifact(
    surroundings: Recording,
    path: Annotated[str, argument("PATH", "What will be deployed: a file, a folder or an image.")],
    name: Name = None,
    version: Annotated[str | None, option("--version", help="Its version.")] = None,
    type: TakenFor = None,
    dir_algorithm: DirAlgorithm = None,
    exclude: Exclude = None,
    image: Image = None,
    material: Annotated[
        list[str] | None,
        option(
            "--material",
            metavar="[NAME=]FILE",
            help="What went into it: a lock file, or a base image as IMAGE@sha256:…; repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        option(
            "--since",
            metavar="COMMIT",
            help="With --git: record the commits since then, such as the last release's tag.",
        ),
    ] = None,
    slsa: Annotated[
        bool, typer.Option("--slsa", help="Attach a signed SLSA provenance statement (DSSE).")
    ] = False,
) -> Act:
    """Record a file, folder or image: its SHA-256 fingerprint, bound to its source, its build and what went into it.

    Example: custody append artifact dist/payments-api.whl --trail run-812 --git . --material requirements.txt
    """
    from custody.cli.provenance import with_provenance
    from custody.kinds import Artifact

    found = measured(path, type, dir_algorithm, exclude, image)
    subject = Subject(checked_name(name or found.name, "the artifact's name (--name)"), found.sha256)
    body = Artifact(
        subject,
        found.size,
        found.type,
        algorithm=found.algorithm,
        version=version or "",
        repository=surroundings.context.repository,
        commit=surroundings.context.commit,
        excluded=found.excluded,
    )
    body, files = with_provenance(surroundings, body, material or [], since, slsa)
    return Act("artifact", body.write(), (subject,), files)


def deployment(
    surroundings: Recording,
    artifact: ArtifactArgument,
    environment: Environment,
    service: Annotated[
        str | None, option("--service", help="As which service; by default the artifact's name.")
    ] = None,
    name: Name = None,
    reason: Annotated[str | None, option("--reason", help="Why.")] = None,
) -> Act:
    """Record that an artifact was put into an environment.

    Example: custody append deployment dist/api.whl --env prod --service payments-api
    """
    from custody.kinds import Deployment

    subject = resolve_artifact(artifact, name)
    body = Deployment(
        subject,
        surroundings.environment(environment),
        checked_name(service or subject.name, "--service"),
        reason or "",
    )
    return Act("deployment", body.write(), (subject,))


def policy(
    surroundings: Recording,
    file: Annotated[str, argument("FILE", "The policy document, TOML; see docs/policy.md.")],
    name: Annotated[
        str | None, option("--name", help="Its name; by default, and only, the document's.")
    ] = None,
) -> Act:
    """Record a policy: what an artifact has to show before it goes into an environment.

    Example: custody append policy policy.toml
    """
    from custody.kinds import Policy
    from custody.policy.read import read_policy

    text = read_text_file(Path(file), MAX_DOCUMENT)
    try:
        document = read_policy(text)
    except InputError as error:
        raise InputError(f"{file}: {error}", code=error.code) from None
    if name not in (None, document.name):
        message = f"{file} calls its policy {document.name}: leave --name out, or give it that name"
        raise UsageError(message, code="name")
    return Act("policy", Policy(document.name, text).write())


def trust(
    surroundings: Recording,
    file: Annotated[str, argument("FILE", "The trust document, TOML.")],
) -> Act:
    """Record a new version of the trust document, signed with a root key.

    Example: custody append trust trust.toml --key root.key
    """
    from custody.kinds import Trust

    document = read_trust(Path(file))
    if surroundings.origin not in (None, document.origin):
        raise UsageError(f"{file} is of origin {document.origin}, not {surroundings.origin}", code="origin")
    key = surroundings.signer().public
    if document.version == 1 and not document.has_root(key.hex):
        message = f"version 1 must be signed by a root key that it lists, and {key.fingerprint} is none"
        raise UsageError(message, code="root")
    if os.path.lexists(surroundings.ledger):
        _check_follows(document, key.hex, surroundings)
    return Act("trust", Trust(document.text).write())


def note(
    surroundings: Recording,
    text: Annotated[str, argument("TEXT", "What to put on record.")],
) -> Act:
    """Put a remark on record.

    Example: custody append note "prod frozen until Monday"
    """
    from custody.kinds import Note

    return Act("note", Note(text).write())


COMMANDS: dict[str, Callable[..., Act]] = {
    "artifact": artifact,
    "evidence": evidence_command.evidence,
    "approval": approval_command.approval,
    "deployment": deployment,
    "snapshot": snapshot_command.snapshot,
    "policy": policy,
    "trust": trust,
    "allow": allow_command.allow,
    "note": note,
}


def _recorded(command: Callable[..., Act]) -> Callable[..., Any]:
    """A command that records what `command` says."""

    def record(surroundings: Recording, **given: Any) -> int:
        return surroundings.record([command(surroundings, **given)])

    record.__name__, record.__doc__ = command.__name__, command.__doc__
    record.__signature__ = inspect.signature(command, eval_str=True)  # type: ignore[attr-defined]
    return with_options(recording)(record)


@with_options(recording)
def batch(surroundings: Recording) -> int:
    """Record many entries from standard input, as JSON lines, in one durable transaction: all or none.

    Example: custody append batch --ledger ci.ledger --key ci.key < entries.jsonl
    """
    from custody.cli.batch import read_batch

    if surroundings.once:
        raise UsageError('one --once cannot serve many entries: give each line its own "once"', code="once")
    given = read_batch(surroundings, COMMANDS)
    drafts = [own.draft(act) for act, own in given]
    return surroundings.record_drafts(drafts, [act for act, _ in given], several=True)


def _check_follows(document: TrustDocument, key: str, surroundings: Recording) -> None:
    """A document that does not follow those recorded already counts for nothing, or splits the ledger for ever."""
    from custody.ledger.store import Store
    from custody.trust.anchors import read_documents

    with Store(surroundings.ledger, surroundings.wait) as store, store.transaction() as transaction:
        view = transaction.view()
        recorded = read_documents(view)[0]
        if view.count and view.origin != document.origin:
            message = f"this is a ledger of origin {view.origin}, not of {document.origin}"
            raise UsageError(message, code="origin")
    if not recorded:
        return
    version = document.version
    before = [one.document for one in recorded if one.document.version == version - 1]
    roots_of = before or [document]  # a stranger's document is no rival
    for one in recorded:
        rival = one.document.version == version and one.document.sha256 != document.sha256
        if rival and any(older.has_root(one.key) for older in roots_of):
            message = f"this ledger has another version {version} already, and two would split it: count on"
            raise UsageError(message, code="version")
    if version > 1 and document.previous not in {one.sha256 for one in before}:
        digests = " or ".join(one.sha256 for one in before)
        what = f"its previous must be {digests}" if before else f"there is no version {version - 1} in it"
        raise UsageError(f"version {version} does not follow what this ledger has: {what}", code="previous")
    if version > 1 and not any(one.has_root(key) for one in before if one.sha256 == document.previous):
        message = f"version {version} must be signed by a root key of version {version - 1}"
        raise UsageError(message, code="root")
