"""`custody append evidence`: the outcome of a check, read from the reports that the tools wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from custody.cli.checks import checked_commit, checked_name
from custody.cli.options import argument, option
from custody.cli.recording import Act, Recording, resolve_artifact
from custody.errors import InputError, UsageError
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject
from custody.record.evidence import GENERIC, TYPES, parse_bounds, read_evidence
from custody.record.report import Wanted
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.kinds import PullRequest
    from custody.record.evidence import Outcome

_OF_FINGERPRINTS = ("provenance", "attestation")
_MOST_FILES = 32
_TYPES = sorted((*TYPES, GENERIC))


def evidence(
    surroundings: Recording,
    files: Annotated[list[str] | None, argument("FILE", "Reports: files, or folders of them.")] = None,
    type: Annotated[
        str,
        option(
            "--type",
            choices=_TYPES,
            metavar="TYPE",
            help=f"{', '.join(sorted(TYPES))}, or generic (said outright with --result).",
        ),
    ] = GENERIC,
    control: Annotated[
        str | None, option("--control", help="The control it satisfies; by default the type.")
    ] = None,
    about: Annotated[
        str | None,
        option(
            "--artifact",
            metavar="ARTIFACT",
            help="A file, folder, image, NAME@FINGERPRINT, or a name to bind later.",
        ),
    ] = None,
    of_commit: Annotated[
        str | None, option("--of-commit", help="It concerns this commit, not an artifact.")
    ] = None,
    name: Annotated[str | None, option("--name", help="The artifact's name; by default the file's.")] = None,
    result: Annotated[
        str | None, option("--result", choices=("pass", "fail"), help="pass or fail; generic only.")
    ] = None,
    limit: Annotated[
        list[str] | None,
        option("--limit", metavar="NAME=N", help="At most N of what is counted may pass; repeatable."),
    ] = None,
    floor: Annotated[
        list[str] | None,
        option("--floor", metavar="NAME=N", help="At least N, or N%, must be reached; repeatable."),
    ] = None,
    public_key: Annotated[
        str | None,
        option("--public-key", metavar="FILE", help="The key that is to have signed the statement."),
    ] = None,
    condition: Annotated[
        list[str] | None,
        option("--condition", metavar="TEXT", help="custom: what must hold, such as 'risk.score <= 3'."),
    ] = None,
    schema: Annotated[
        str | None,
        option("--schema", metavar="FILE", help="custom: a JSON schema that the report must meet."),
    ] = None,
    description: Annotated[str | None, option("--description", help="A sentence for people.")] = None,
) -> Act:
    """Record the outcome of a check. Without --artifact or --of-commit it concerns the trail.

    Examples: custody append evidence junit.xml --type junit --control unit-tests --artifact dist/api.whl
              custody append evidence --result pass --control load-test --artifact api@FINGERPRINT
    """
    from custody.kinds import Evidence

    control = checked_name(control or type, "--control")
    if about is not None and of_commit is not None:
        raise UsageError("--artifact or --of-commit: it concerns the one or the other", code="about")
    subject, subject_name = _about(about, name)
    commit = checked_commit(of_commit, "--of-commit") if of_commit else ""
    subjects = (subject,) if subject is not None else ()
    if type == GENERIC:
        if result is None:
            raise UsageError("generic evidence needs --result pass or --result fail", code="result")
        if files or limit or floor or public_key or condition or schema:
            message = "generic evidence reads and judges no report: keep files with --attach"
            raise UsageError(message, code="file")
        body = Evidence(
            control,
            type,
            "pass" if result == "pass" else "fail",
            subject,
            subject_name,
            commit,
            description=description or "",
        )
        return Act("evidence", body.write(), subjects)
    if result is not None:
        raise UsageError(f"--result is for generic evidence: {type} says it itself", code="result")
    if subject_name and subject is None and type in _OF_FINGERPRINTS:
        message = (
            f"{type} is about fingerprints: give --artifact FILE or NAME@FINGERPRINT, and not a name alone"
        )
        raise UsageError(message, code="about")
    wanted = Wanted(
        subject,
        Path(public_key) if public_key else None,
        tuple(condition or ()),
        Path(schema) if schema else None,
    )
    paths = [Path(file) for file in files or []]
    outcome = read_evidence(
        type, paths, wanted, parse_bounds(limit or [], "--limit"), parse_bounds(floor or [], "--floor")
    )
    report = outcome.report
    if report.pull_request is not None and commit:
        _check_commit(report.pull_request, commit)
    body = Evidence(
        control,
        type,
        outcome.result,
        subject,
        subject_name,
        commit,
        report.summary,
        report.failed,
        description or "",
        report.format,
        report.tools,
        outcome.limits,
        outcome.floors,
        report.licences,
        report.conditions,
        report.pull_request,
        report.statement,
    )
    counted = ", ".join(f"{name} {count}" for name, count in report.summary.items())
    told = [
        safe_text(f"{control}: {outcome.result} ({counted})" if counted else f"{control}: {outcome.result}")
    ]
    if outcome.result == "fail" and report.failed:
        told.append(safe_text(f"failed: {', '.join(report.failed)}"))
    said: JsonObject = {"control": control, "result": outcome.result, "summary": dict(report.summary)}
    return Act("evidence", body.write(), subjects, _kept(outcome), tuple(told), said)


def _check_commit(change: PullRequest, commit: str) -> None:
    """The change must be that of the commit it is recorded for."""
    if commit not in {change.merge_commit, *(one.commit for one in change.changes)}:
        message = f"the commit {commit[:12]} is none of this change's, nor the one that it was merged as"
        raise InputError(message, code="subject")


def _about(about: str | None, name: str | None) -> tuple[Subject | None, str]:
    """What evidence concerns: an artifact known by its fingerprint, or only by a name that will bind later."""
    if about is None:
        return None, ""
    # `layout:tag` is an image of a layout that is there.
    is_there = Path(about).exists() or (":" in about and Path(about.rpartition(":")[0]).exists())
    if "@" in about or is_there or len(about) == 64:
        subject = resolve_artifact(about, name)
        return subject, subject.name
    return None, checked_name(about, "--artifact")


def _kept(outcome: Outcome) -> tuple[tuple[str, bytes, str], ...]:
    """Reports to keep: one attachment each, or, where there are more than an entry can have, one archive of them."""
    files = outcome.report.files
    if len(files) <= _MOST_FILES:
        return files
    import io
    import tarfile

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for file in files:
            member = tarfile.TarInfo(file.name)
            member.size = len(file.data)
            tar.addfile(member, io.BytesIO(file.data))
    return (("reports.tar", archive.getvalue(), "application/x-tar"),)
