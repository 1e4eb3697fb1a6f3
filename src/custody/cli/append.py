"""`custody append …`: record what happened, as one signed entry."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.groups import group
from custody.cli.options import argument, option, with_options
from custody.cli.recording import (
    Recording,
    checked_commit,
    checked_name,
    input_file,
    read_text_file,
    read_trust,
    recording,
    resolve_artifact,
)
from custody.errors import InputError, UsageError
from custody.kinds.bodies import EVIDENCE_TYPES as _EVIDENCE_TYPES
from custody.kinds.bodies import Approval, Artifact, Deployment, Evidence, Running, Snapshot
from custody.kinds.governance import MAX_DOCUMENT, Note, Policy, Trust
from custody.ledger.entry import MAX_ATTACHMENT, Subject
from custody.ledger.writer import Draft

if TYPE_CHECKING:
    from custody.record.junit import JUnitFile
    from custody.trust.document import TrustDocument

ArtifactArgument = Annotated[
    str, argument("ARTIFACT", "A file, NAME@FINGERPRINT, or a fingerprint with --name.")
]
Name = Annotated[str | None, option("--name", help="The artifact's name; by default the file's.")]
Environment = Annotated[str, option("--env", envvar="CUSTODY_ENV", help="The environment, such as prod.")]
Annotate = Annotated[
    list[str] | None,
    option("--annotate", metavar="KEY=VALUE", help="Something to remember with it; repeatable."),
]
Attach = Annotated[
    list[str] | None, option("--attach", metavar="FILE", help="Keep this file with the entry; repeatable.")
]


_MOST_REPORTS = 32
_TYPES = sorted(_EVIDENCE_TYPES)


def register(app: typer.Typer, only: str | None = None) -> None:
    """Add the group. With `only`, and if it has such a command, that alone: to lay out all of them takes longer than
    to record an entry."""
    records = group(
        "Record something as a signed entry. A ledger that does not exist is made.",
        "Example: custody append artifact dist/payments-api.whl --trail run-812 --git .",
    )
    commands: dict[str, Callable[..., None]] = {
        "artifact": artifact,
        "evidence": evidence,
        "approval": approval,
        "deployment": deployment,
        "snapshot": snapshot,
        "policy": policy,
        "trust": trust,
        "note": note,
    }
    recorded = with_options(recording)
    for name, command in commands.items():
        if only not in commands or name == only:
            records.command(name)(recorded(command))
    app.add_typer(records, name="append")


def artifact(
    surroundings: Recording,
    file: Annotated[str, argument("FILE", "The file that will be deployed.")],
    name: Name = None,
    version: Annotated[str | None, option("--version", help="Its version.")] = None,
    annotate: Annotate = None,
) -> None:
    """Record a binary: its SHA-256 fingerprint, bound to repository and commit.

    Example: custody append artifact dist/payments-api.whl --trail run-812 --git .
    """
    from custody.record.fingerprint import fingerprint_file

    path = Path(file)
    found = fingerprint_file(path)
    subject = Subject(checked_name(name or path.name, "the artifact's name (--name)"), found.sha256)
    body = Artifact(
        subject,
        found.size,
        version=version or "",
        repository=surroundings.context.repository,
        commit=surroundings.context.commit,
        annotations=_annotations(annotate),
    )
    surroundings.record(Draft("artifact", body.write(), (subject,), once=surroundings.once))


def evidence(
    surroundings: Recording,
    files: Annotated[list[str] | None, argument("FILE", "For junit: XML files or folders.")] = None,
    type: Annotated[
        str,
        option(
            "--type", choices=_TYPES, metavar="TYPE", help="junit, or generic (said outright with --result)."
        ),
    ] = "generic",
    control: Annotated[
        str | None, option("--control", help="The control it satisfies; by default the type.")
    ] = None,
    about: Annotated[
        str | None,
        option("--artifact", metavar="ARTIFACT", help="A file, NAME@FINGERPRINT, or a name to bind later."),
    ] = None,
    of_commit: Annotated[
        str | None, option("--of-commit", help="It concerns this commit, not an artifact.")
    ] = None,
    name: Name = None,
    result: Annotated[
        str | None, option("--result", choices=("pass", "fail"), help="pass or fail; generic only.")
    ] = None,
    description: Annotated[str | None, option("--description", help="A sentence for people.")] = None,
    annotate: Annotate = None,
    attach: Attach = None,
) -> None:
    """Record the outcome of a check. Without --artifact or --of-commit it concerns the trail.

    Examples: custody append evidence junit.xml --type junit --control unit-tests --artifact dist/api.whl
              custody append evidence --result pass --control load-test --artifact api@FINGERPRINT
    """
    control = checked_name(control or type, "--control")
    subject, subject_name = _about(about, name)
    attachments = _attachments(attach)
    summary: dict[str, int] = {}
    failed: tuple[str, ...] = ()
    if type == "junit":
        from custody.record.junit import read_junit

        if result is not None:
            raise UsageError("--result is for generic evidence: junit says it itself", code="result")
        if not files:
            raise UsageError("which report? Name a JUnit XML file or a folder of them", code="file")
        junit = read_junit([Path(file) for file in files])
        outcome = junit.result
        summary = {
            "tests": junit.tests,
            "failures": junit.failures,
            "errors": junit.errors,
            "skipped": junit.skipped,
            "timeMs": junit.time_ms,
        }
        failed = junit.failed
        attachments = (*_reports(junit.files), *attachments)
    else:
        if result is None:
            raise UsageError("generic evidence needs --result pass or --result fail", code="result")
        if files:
            raise UsageError("generic evidence reads no report: keep files with --attach", code="file")
        outcome = "pass" if result == "pass" else "fail"
    body = Evidence(
        control,
        type,
        outcome,
        artifact=subject,
        artifact_name=subject_name,
        commit=checked_commit(of_commit, "--of-commit") if of_commit else "",
        summary=summary,
        failed=failed,
        description=description or "",
        annotations=_annotations(annotate),
    )
    subjects = (subject,) if subject is not None else ()
    surroundings.record(Draft("evidence", body.write(), subjects, attachments, once=surroundings.once))


def approval(
    surroundings: Recording,
    artifact: ArtifactArgument,
    environment: Environment,
    name: Name = None,
    reject: Annotated[bool, typer.Option("--reject", help="Say no; needs --reason.")] = False,
    reason: Annotated[str | None, option("--reason", help="Why.")] = None,
    given_by: Annotated[
        str | None, option("--given-by", help="Who gave it elsewhere, when a relay records it.")
    ] = None,
    link: Annotated[str | None, option("--link", help="Where it was given.")] = None,
) -> None:
    """Approve or reject an artifact for an environment, signed with your own key.

    Example: custody append approval dist/api.whl --env prod --reason "change 4711"
    """
    if reject and not reason:
        raise UsageError("a rejection needs its --reason", code="reason")
    subject = resolve_artifact(artifact, name)
    body = Approval(
        subject,
        surroundings.environment(environment),
        "rejected" if reject else "approved",
        reason or "",
        given_by or "",
        link or "",
    )
    surroundings.record(Draft("approval", body.write(), (subject,), once=surroundings.once))


def deployment(
    surroundings: Recording,
    artifact: ArtifactArgument,
    environment: Environment,
    service: Annotated[
        str | None, option("--service", help="As which service; by default the artifact's name.")
    ] = None,
    name: Name = None,
    reason: Annotated[str | None, option("--reason", help="Why.")] = None,
    link: Annotated[str | None, option("--link", help="The change, the job, the ticket.")] = None,
) -> None:
    """Record that an artifact was put into an environment.

    Example: custody append deployment dist/api.whl --env prod --service payments-api
    """
    subject = resolve_artifact(artifact, name)
    body = Deployment(
        subject,
        surroundings.environment(environment),
        checked_name(service or subject.name, "--service"),
        reason or "",
        link or "",
    )
    surroundings.record(Draft("deployment", body.write(), (subject,), once=surroundings.once))


def snapshot(
    surroundings: Recording,
    environment: Environment,
    source: Annotated[
        str, option("--from", metavar="FILE", help="custody's own JSON; see docs/environments.md.")
    ],
) -> None:
    """Record everything that runs in an environment now.

    Example: custody append snapshot --env prod --from running.json
    """
    from custody.record.snapshot import read_snapshot

    running = tuple(
        Running(service.name, Subject(one.name, one.sha256), one.count, one.version or "")
        for service in read_snapshot(Path(source))
        for one in service.artifacts
    )
    body = Snapshot(surroundings.environment(environment), running)
    surroundings.record(Draft("snapshot", body.write(), once=surroundings.once))


def policy(
    surroundings: Recording,
    file: Annotated[str, argument("FILE", "The policy document, TOML.")],
    name: Annotated[str, option("--name", help="Its name.")] = "policy",
) -> None:
    """Record a policy document. It is kept and versioned; nothing is judged by it yet.

    Example: custody append policy policy.toml
    """
    import tomllib

    text = read_text_file(Path(file), MAX_DOCUMENT)
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: is not TOML: {error}", code="policy") from None
    body = Policy(checked_name(name, "--name"), text)
    surroundings.record(Draft("policy", body.write(), once=surroundings.once))


def trust(
    surroundings: Recording,
    file: Annotated[str, argument("FILE", "The trust document, TOML.")],
) -> None:
    """Record a new version of the trust document, signed with a root key.

    Example: custody append trust trust.toml --key root.key
    """
    document = read_trust(Path(file))
    if surroundings.origin not in (None, document.origin):
        raise UsageError(f"{file} is of origin {document.origin}, not {surroundings.origin}", code="origin")
    key = surroundings.signer().public
    if document.version == 1 and not document.has_root(key.hex):
        message = f"version 1 must be signed by a root key that it lists, and {key.fingerprint} is none"
        raise UsageError(message, code="root")
    if os.path.lexists(surroundings.ledger):
        _check_follows(document, key.hex, surroundings)
    surroundings.record(Draft("trust", Trust(document.text).write(), once=surroundings.once))


def note(
    surroundings: Recording,
    text: Annotated[str, argument("TEXT", "What to put on record.")],
    attach: Attach = None,
) -> None:
    """Put a remark on record.

    Example: custody append note "prod frozen until Monday"
    """
    body = Note(text)
    surroundings.record(Draft("note", body.write(), attachments=_attachments(attach), once=surroundings.once))


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


def _about(about: str | None, name: str | None) -> tuple[Subject | None, str]:
    """What evidence concerns: an artifact known by its fingerprint, or only by a name that will bind later."""
    if about is None:
        return None, ""
    if "@" in about or Path(about).exists() or len(about) == 64:
        subject = resolve_artifact(about, name)
        return subject, subject.name
    return None, checked_name(about, "--artifact")


def _reports(files: Sequence[JUnitFile]) -> list[tuple[bytes, str]]:
    """Reports to keep: one attachment each, or, where there are more than an entry can have, one archive of them."""
    if len(files) <= _MOST_REPORTS:
        return [(report.data, "application/xml") for report in files]
    import io
    import tarfile

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for report in files:
            member = tarfile.TarInfo(report.name)
            member.size = len(report.data)
            tar.addfile(member, io.BytesIO(report.data))
    return [(archive.getvalue(), "application/x-tar")]


def _annotations(given: list[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in given or []:
        key, separator, value = item.partition("=")
        if not separator or not value:
            raise UsageError("--annotate wants KEY=VALUE", code="annotate")
        found[checked_name(key, "an annotation's key")] = value
    return found


def _attachments(given: list[str] | None) -> tuple[tuple[bytes, str], ...]:
    from custody import system

    found = []
    for path in given or []:
        with input_file(Path(path)):
            found.append((system.read_regular(Path(path), MAX_ATTACHMENT), "application/octet-stream"))
    return tuple(found)
