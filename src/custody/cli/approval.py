"""`custody append approval`: a person sees what they answer for, and signs for it with their own key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from custody.cli import console
from custody.cli.options import Root, argument, option
from custody.cli.recording import Act, Recording, resolve_artifact
from custody.errors import InputError, RefusedError, UsageError
from custody.ledger import timestamps
from custody.ledger.entry import Subject
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.cli.answers import Answer
    from custody.kinds import CommitRange, Tag, Word
    from custody.policy.approving import Asked
    from custody.record.tag import SignedTag

ArtifactArgument = Annotated[
    str, argument("ARTIFACT", "A file, folder or image, NAME@FINGERPRINT, or a fingerprint with --name.")
]
Environment = Annotated[str, option("--env", envvar="CUSTODY_ENV", help="The environment, such as prod.")]
TAG_TYPE = "application/vnd.git.tag"


def approval(
    surroundings: Recording,
    artifact: ArtifactArgument,
    environment: Environment,
    name: Annotated[str | None, option("--name", help="The artifact's name; by default the file's.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Say no; needs --reason.")] = False,
    reason: Annotated[str | None, option("--reason", help="Why.")] = None,
    given_by: Annotated[
        str | None,
        option("--given-by", help="Who gave it elsewhere, such as github:dev-1, when a relay records it."),
    ] = None,
    given_at: Annotated[
        str | None, option("--given-at", metavar="WHEN", help="With --given-by: when it was given there.")
    ] = None,
    from_tag: Annotated[
        str | None,
        option(
            "--from-tag",
            metavar="TAG",
            help="A Git tag, signed by the approver's SSH key, that says Approved-for: ENV; of the checkout "
            "that --git names, or of the working folder.",
        ),
    ] = None,
    view: Annotated[
        str | None,
        option("--view", metavar="LEDGER", help="Where to look up what is approved, if not in --ledger."),
    ] = None,
    root: Root = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; for scripts and whoever looked already.")
    ] = False,
) -> Act:
    """Approve or reject an artifact for an environment, signed with your own key.

    Shows what it is about (the artifact, its commits, the policy's verdict so far), and asks.

    Example: custody append approval dist/api.whl --env prod --reason "change 4711"
    """
    from custody.kinds import Approval, CommitRange

    if reject and not reason:
        raise UsageError("a rejection needs its --reason", code="reason")
    if given_at is not None and given_by is None:
        raise UsageError("--given-at says when --given-by gave it: give both", code="given-at")
    if from_tag is not None and (reject or given_by is not None):
        raise UsageError("a tag speaks for itself: not with --reject or --given-by", code="from-tag")
    where = surroundings.environment(environment)
    asking = surroundings.asks and not surroundings.dry_run and not yes
    if asking and not console.can_ask():
        message = "there is no terminal to ask on: look at it, and say --yes"
        raise UsageError(message, code="yes")
    when = _instant(given_at) if given_at is not None else ""
    tag = _tag(surroundings, from_tag, where) if from_tag is not None else None
    said: Word = "rejected" if reject else "approved"
    given = _Given(said, given_by or "", when, "")
    if tag is not None:
        given = _Given(said, "", tag.signed.made, tag.signed.key)
    subject, asked = _look_up(surroundings, artifact, name, where, view, root, given, asking)
    commits = asked.range if asked is not None else None
    if tag is not None:
        _check_tag(tag.signed, subject, commits)
        # Of a tag that names no artifact, its commit is what was approved.
        commits = commits or (None if tag.signed.artifact else CommitRange(tag.signed.commit))
    if asking:
        _confirm(subject, where, asked, reject)
    body = Approval(
        subject,
        where,
        said,
        reason or "",
        given_by or "",
        when,
        commits,
        asked.policy if asked is not None else None,
        tag.named if tag is not None else None,
    )
    return Act("approval", body.write(), (subject,), (tag.file,) if tag is not None else ())


class _Given(NamedTuple):
    """Whose word is to be recorded, if not the recorder's own: as `policy.approving.ask` takes it."""

    decision: Word
    given_by: str
    given_at: str
    signed_by: str


class _TagRead(NamedTuple):
    """A tag as it is signed, as the body names it, and as an attachment."""

    signed: SignedTag
    named: Tag
    file: tuple[str, bytes, str]


def _look_up(
    surroundings: Recording,
    artifact: str,
    name: str | None,
    environment: str,
    view: str | None,
    roots: list[str] | None,
    given: _Given,
    asking: bool,
) -> tuple[Subject, Asked | None]:
    """The artifact, and what the ledger knows that an approver must see. Without a ledger there is nothing to know.

    Who is not asked is told here what could not be overlooked there: that the approval would count for nothing.
    """
    if view is None and not os.path.lexists(surroundings.ledger):
        return resolve_artifact(artifact, name), None
    from custody.cli.known import UNRECORDED, known_artifact
    from custody.policy.approving import ask
    from custody.policy.judgement import Judgement

    with _opened(surroundings, view, roots) as answer:
        subject = known_artifact(answer, artifact, name)
        if subject.name == UNRECORDED:
            raise UsageError("a bare fingerprint needs its --name (or write NAME@FINGERPRINT)", code="name")
        judgement = Judgement(answer.snapshot, answer.index, answer.answers.trust)
        recorder = judgement.identities.of_key(surroundings.signer().public.hex) or ""
        moment = max(timestamps.now(), judgement.now)
        asked = ask(
            judgement, subject.sha256, environment, moment=moment, recorder=recorder, **given._asdict()
        )
        if not asking and asked.after is None and answer.answers.trust is not None:
            from custody.cli.asked import why_for_nothing

            console.say(f"note: this key {why_for_nothing(asked)}: the approval counts for nothing")
        return subject, asked


@contextmanager
def _opened(surroundings: Recording, view: str | None, roots: list[str] | None) -> Iterator[Answer]:
    """The ledger to look it up in. What a crash left beside one's own is for its writers to cope with: a reader
    refuses it, and cannot tell it from an attack."""
    from custody.cli import answers
    from custody.ledger.reader import check_sidecars
    from custody.ledger.store import Store

    try:
        if view is None:
            check_sidecars(surroundings.ledger)
    except RefusedError:
        with (
            Store(surroundings.ledger, surroundings.wait) as store,
            store.transaction() as transaction,
            answers.answering_of(transaction.view(), roots, surroundings.json) as answer,
        ):
            yield answer
        return
    with answers.answering(view or str(surroundings.ledger), roots, surroundings.json) as answer:
        yield answer


def _confirm(subject: Subject, environment: str, asked: Asked | None, reject: bool) -> None:
    from custody.cli.asked import print_asked

    print_asked(subject, environment, asked)
    verb = "Reject" if reject else "Approve"
    question = f"{verb} {safe_text(subject.name, 60)} {subject.sha256[:12]} for {environment}?"
    if not console.ask_yes(question):
        raise UsageError("nothing was recorded: the answer was not yes", code="declined")


def _tag(surroundings: Recording, name: str, environment: str) -> _TagRead:
    """A tag whose signature holds, and that approves for the environment. Raises InputError."""
    import hashlib

    from custody.kinds import Tag
    from custody.record.git import read_tag
    from custody.record.tag import read_signed_tag

    data = read_tag(surroundings.checkout or Path(), name)
    tag = read_signed_tag(data)
    if environment not in tag.environments:
        message = (
            f"tag {safe_text(name, 60)} does not say Approved-for: {environment} on a line of its message"
        )
        raise InputError(message, code="tag")
    file = (f"{tag.name.replace('/', '_')}.tag", data, TAG_TYPE)
    return _TagRead(tag, Tag(tag.name, hashlib.sha256(data).hexdigest()), file)


def _check_tag(tag: SignedTag, subject: Subject, commits: CommitRange | None) -> None:
    """Whether it is about the artifact: by the fingerprint, where it names one, and the commit. Raises InputError."""
    shown = safe_text(tag.name, 60)
    if tag.artifact not in ("", subject.sha256):
        raise InputError(f"tag {shown} is about artifact {tag.artifact[:12]}, not this one", code="tag")
    if commits is not None and commits.head != tag.commit:
        built = commits.head[:12]
        message = f"tag {shown} is of commit {tag.commit[:12]}, and the artifact was built from {built}"
        raise InputError(message, code="tag")


def _instant(given: str) -> str:
    """When an approval was given elsewhere: not later than now."""
    from custody.cli.times import Clock

    moment = Clock(None).moment(given)
    if moment.utc > timestamps.from_datetime(datetime.now(UTC)):
        raise UsageError(f"--given-at {safe_text(given, 40)} is in the future", code="given-at")
    return moment.utc
