"""What every recording command shares: which ledger, which key, which run, and how the result is printed."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from custody import system
from custody.cli import console, options
from custody.cli.checks import checked_name, checked_origin, input_file, read_text_file
from custody.cli.config import Settings, read_config
from custody.cli.context import gather
from custody.cli.extras import parse_annotations, parse_link, read_attachments
from custody.errors import EXIT_OK, InputError, RefusedError, UsageError
from custody.keys.ed25519 import Signer
from custody.keys.find import find_signer
from custody.kinds import Extras, File, Genesis
from custody.kinds.extras import NONE, NOTHING
from custody.kinds.recordable import check_recordable
from custody.ledger.canonical import JsonObject
from custody.ledger.checkpoint import MAX_NOTE, Checkpoint, parse_checkpoint
from custody.ledger.entry import MAX_ATTACHMENTS, Seen, Subject
from custody.ledger.heads import HeadStore
from custody.ledger.reader import Snapshot, open_ledger
from custody.ledger.store import DEFAULT_WAIT, create_ledger
from custody.ledger.writer import ChainWriter, Draft, Receipt, Writer
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.record.ci import CI
    from custody.record.git import GitFacts
    from custody.trust.document import TrustDocument


_DIGEST = re.compile(r"[0-9a-f]{64}")


class Act(NamedTuple):
    """What one command has to record: a kind's body, what it is about, and the files that go with it.

    A file is its name, its bytes and their media type. `told` is what a person is told of it beside its receipt,
    safe for a terminal; `said` the same for programs.
    """

    kind: str
    body: JsonObject
    subjects: tuple[Subject, ...] = ()
    files: tuple[tuple[str, bytes, str], ...] = ()
    told: tuple[str, ...] = ()
    said: Mapping[str, Any] = NOTHING


class Recording(NamedTuple):
    """A recording command's surroundings, before anything is opened."""

    ledger: Path
    key: str | None
    origin: str | None
    context: Genesis
    wait: float
    json: bool
    once: str | None
    seen: Checkpoint | None
    environments: tuple[str, ...]
    extras: Extras
    files: tuple[tuple[str, bytes, str], ...]
    dry_run: bool
    signers: list[Signer]  # the key, once it was asked for
    ci: CI | None = None
    git: GitFacts | None = None
    checkout: Path | None = None  # the folder that --git named
    asks: bool = True  # whether a command may ask the person in front of it

    def signer(self) -> Signer:
        """The key that signs all of it; a passphrase is asked for once."""
        if not self.signers:
            self.signers.append(find_key(self.key))
        return self.signers[0]

    @property
    def is_run(self) -> bool:
        """Whether entries join a run's chain; otherwise each is an act of its own."""
        return bool(self.context.trail)

    def environment(self, name: str) -> str:
        """An environment that may be named here. Raises UsageError."""
        if self.environments and name not in self.environments:
            known = ", ".join(self.environments)
            message = f"--env {safe_text(name, 60)} is none of custody.toml's environments: {known}"
            raise UsageError(message, code="environment")
        return checked_name(name, "--env")

    def record(self, acts: Sequence[Act]) -> int:
        """Append in one durable transaction, all or nothing, and print what was recorded. The exit status."""
        return self.record_drafts([self.draft(act) for act in acts], acts)

    def record_drafts(self, drafts: Sequence[Draft], acts: Sequence[Act], *, several: bool = False) -> int:
        """As `record`. Without a trail the drafts are a chain of their own, which the last of them closes.

        What may be `several` entries is a list as JSON, however many there are.
        """
        if not self.is_run:
            drafts = [*drafts[:-1], drafts[-1]._replace(last=True)]
        if any(draft.kind == "artifact" for draft in drafts):
            from custody.cli.trails import check_names

            check_names(self.ledger, drafts, self.context, self.wait)
        if any(draft.kind == "policy" for draft in drafts):
            from custody.cli.policies import check_environments

            check_environments(self.ledger, drafts, self.wait)
        if self.dry_run:
            from custody.cli.rehearsal import rehearse

            return rehearse(self, drafts)
        signer = self.signer()
        self.make_ledger()
        with self.writer(signer) as writer:
            receipts = writer.append(drafts)
        self.print(receipts, acts, several=several)
        return EXIT_OK

    def draft(self, act: Act) -> Draft:
        """An act with what goes with every entry. Raises InputError for what a reader would call malformed."""
        files = (*act.files, *self.files)
        if len(files) > MAX_ATTACHMENTS:
            message = f"{len(files)} attachments, more than the {MAX_ATTACHMENTS} of an entry"
            raise InputError(message, code="attachments")
        body = act.body
        if files or self.extras != NONE:
            named = {hashlib.sha256(data).hexdigest(): name for name, data, _ in files}
            extras = self.extras._replace(files=tuple(File(name, digest) for digest, name in named.items()))
            body = body | extras.write()
        for kind, value in (("genesis", self.context.write()), (act.kind, body)):
            check_recordable(kind, value)
        attachments = tuple((data, media_type) for _, data, media_type in files)
        return Draft(act.kind, body, act.subjects, attachments, self.once)

    def make_ledger(self, path: Path | None = None) -> None:
        """An empty ledger where there is nothing yet; of a dry run at another path."""
        if os.path.lexists(path or self.ledger):
            return
        if self.origin is None:
            where = "give --origin, or set CUSTODY_ORIGIN, or name it in custody.toml"
            message = f"{self.ledger} does not exist, and a new ledger needs its origin: {where}"
            raise UsageError(message, code="origin")
        check_folder(self.ledger)
        create_ledger(path or self.ledger, exist_ok=True)

    def writer(self, signer: Signer) -> Writer:
        heads = HeadStore(system.state_dir() / "chains") if self.is_run else None
        context = self.context
        run = Genesis(flow=context.flow, trail=context.trail, job=context.job).write()
        return Writer(
            self.ledger,
            ChainWriter(signer),
            self.origin,
            context.write(),
            heads=heads,
            run=run,
            seen=self.witness,
            wait=self.wait,
        )

    def print(self, receipts: Sequence[Receipt], acts: Sequence[Act] = (), *, several: bool = False) -> None:
        told = [(act.told, act.said) for act in acts] or [((), NOTHING)] * len(receipts)
        if self.json:
            found = [
                {**receipt._asdict(), "ledger": str(self.ledger), **said}
                for receipt, (_, said) in zip(receipts, told, strict=True)
            ]
            console.out_json(found if several else found[0])
            return
        for receipt, (lines, _) in zip(receipts, told, strict=True):
            what = "was recorded already" if receipt.repeated else "recorded"
            console.out(f"{receipt.kind} {what} at position {receipt.position}  id {receipt.id}")
            for line in lines:
                console.out(f"  {line}")

    def witness(self, origin: str, first: str) -> Seen | None:
        """The checkpoint that a new chain names: the one given, or what this machine remembers of this very log."""
        if self.seen is None:
            from custody.trust.memory import last_seen

            return last_seen(origin, first)
        if self.seen.origin != origin:
            message = f"--seen is a checkpoint of {self.seen.origin}, not of {origin}"
            raise UsageError(message, code="seen")
        return Seen(self.seen.size, self.seen.root)


def recording(
    ledger: options.Ledger = None,
    key: options.Key = None,
    once: options.Once = None,
    trail: options.Trail = None,
    flow: options.Flow = None,
    job: options.Job = None,
    origin: options.Origin = None,
    repository: options.Repository = None,
    commit: options.Commit = None,
    branch: options.Branch = None,
    run_url: options.RunUrl = None,
    git: options.Git = None,
    no_ci: options.NoCi = False,
    seen: options.Seen = None,
    wait: options.Wait = DEFAULT_WAIT,
    annotate: options.Annotate = None,
    link: options.WebLink = None,
    attach: options.Attach = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> Recording:
    """Gather flags, environment, custody.toml and what is known of the run into one value."""
    run = gather(trail, flow, job, repository, commit, branch, run_url, git, no_ci)
    run.say_notes()
    settings = run.settings
    return Recording(
        ledger_path(ledger, settings),
        key,
        checked_origin(origin or settings.origin or None),
        run.context,
        wait,
        json,
        once,
        read_checkpoint(Path(seen)) if seen else None,
        settings.environments,
        Extras(parse_annotations(annotate or []), tuple(map(parse_link, link or []))),
        read_attachments(attach or []),
        dry_run,
        [],
        run.ci,
        run.git,
        Path(git) if git else None,
    )


def find_key(key: str | None) -> Signer:
    """The signing key, asking for a passphrase on the terminal where one is needed."""
    return find_signer(key_file=Path(key) if key else None, environ=os.environ, ask=console.ask_secret)


def ledger_path(given: str | None, settings: Settings | None = None, *, option: str | None = None) -> Path:
    """The ledger that a command is about: its argument, --ledger (or CUSTODY_LEDGER), or that of custody.toml."""
    path = given or option or (settings or read_config(Path.cwd())).ledger
    if not path:
        message = "which ledger? Give --ledger FILE, or set CUSTODY_LEDGER, or name one in custody.toml"
        raise UsageError(message, code="ledger")
    return Path(path)


def check_folder(ledger: Path) -> None:
    """A folder that is not there is not made: it is a slip of the pen, most often."""
    if not ledger.absolute().parent.is_dir():
        raise UsageError(f"{ledger}: there is no folder {ledger.parent} to make it in", code="folder")


def open_given(path: Path, passed: Callable[[str], bool] = lambda _: False) -> Snapshot:
    """The ledger that a command reads, through the gate. Raises RefusedError, which names the file."""
    try:
        return open_ledger(path, passed=passed)
    except RefusedError as error:
        message = str(error)
        named = message if message.startswith((str(path), str(path.absolute()))) else f"{path}: {message}"
        raise RefusedError(named, code=error.code) from None


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint that was kept in a file. Raises InputError."""
    text = read_text_file(path, MAX_NOTE)
    with input_file(path):
        return parse_checkpoint(text)


def read_trust(path: Path) -> TrustDocument:
    """A trust document to record. Raises InputError."""
    from custody.kinds import MAX_DOCUMENT
    from custody.trust.document import parse_trust

    text = read_text_file(path, MAX_DOCUMENT)
    with input_file(path):
        return parse_trust(text)


def resolve_artifact(given: str, name: str | None) -> Subject:
    """An artifact named by a file, folder or image, an image's reference, a fingerprint, or NAME@FINGERPRINT."""
    head, separator, digest = given.rpartition("@")
    if separator and _DIGEST.fullmatch(digest):
        return Subject(checked_name(name or head, "the artifact's name"), digest)
    if _DIGEST.fullmatch(given):
        if name is None:
            raise UsageError("a bare fingerprint needs its --name (or write NAME@FINGERPRINT)", code="name")
        return Subject(checked_name(name, "--name"), given)
    from custody.cli.fingerprint import measured

    found = measured(given)
    return Subject(checked_name(name or found.name, "the artifact's name (--name)"), found.sha256)
