"""What every recording command shares: which ledger, which key, which run, and how the result is printed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody import system
from custody.cli import console, options
from custody.cli.config import read_config
from custody.errors import InputError, RefusedError, UsageError
from custody.keys.ed25519 import Signer
from custody.keys.find import find_signer
from custody.kinds.bodies import Genesis, Run
from custody.ledger.entry import NAME, ORIGIN, Seen, Subject
from custody.ledger.heads import HeadStore
from custody.ledger.store import DEFAULT_WAIT, create_ledger
from custody.ledger.writer import ChainWriter, Draft, Receipt, Writer
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.record.git import GitFacts


_MAX_NOTE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording command's surroundings, before anything is opened."""

    ledger: Path
    key: str | None
    origin: str | None
    context: Genesis
    wait: float
    json: bool
    once: str | None
    seen: str | None

    def signer(self) -> Signer:
        return find_key(self.key)

    @property
    def is_run(self) -> bool:
        """Whether entries join a run's chain; otherwise each is an act of its own."""
        return bool(self.context.trail)

    def record(self, drafts: Sequence[Draft]) -> list[Receipt]:
        """Append, in one durable transaction, and print what was recorded."""
        signer = self.signer()
        if not os.path.lexists(self.ledger):
            if self.origin is None:
                where = "--origin, CUSTODY_ORIGIN or custody.toml"
                message = f"{self.ledger} does not exist, and a new ledger needs its origin: {where}"
                raise UsageError(message, code="origin")
            create_ledger(self.ledger, exist_ok=True)
        if not self.is_run:
            drafts = [*drafts[:-1], drafts[-1]._replace(last=True)]
        with self.writer(signer) as writer:
            receipts = writer.append(drafts)
        self.print(receipts)
        return receipts

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
            seen=self._witness,
            wait=self.wait,
        )

    def _witness(self, origin: str, first: str) -> Seen | None:
        """The checkpoint that a new chain names: the one given, or what this machine remembers of this very log."""
        if self.seen is None:
            from custody.trust.expectations import last_seen

            return last_seen(origin, first)
        from custody.ledger.checkpoint import parse_checkpoint

        checkpoint = parse_checkpoint(read_text_file(Path(self.seen), _MAX_NOTE))
        if checkpoint.origin != origin:
            raise UsageError(
                f"{self.seen} is a checkpoint of {checkpoint.origin}, not of {origin}", code="seen"
            )
        return Seen(checkpoint.size, checkpoint.root)

    def print(self, receipts: Sequence[Receipt]) -> None:
        if self.json:
            console.out_json([receipt._asdict() | {"ledger": str(self.ledger)} for receipt in receipts])
            return
        for receipt in receipts:
            what = "was recorded already" if receipt.repeated else "recorded"
            console.out(f"{receipt.kind} {what} at position {receipt.position}  id {receipt.id}")


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
    seen: options.Seen = None,
    wait: options.Wait = DEFAULT_WAIT,
    json: options.Json = False,
) -> Recording:
    """Gather flags, environment and custody.toml into one value."""
    settings = read_config(Path.cwd())
    facts = _git_facts(Path(git)) if git else None
    origin = origin or settings.get("origin")
    if origin is not None and not _matches(ORIGIN, origin):
        raise UsageError("--origin must be a name such as acme.example/payments", code="origin")
    context = Genesis(
        flow=flow or settings.get("flow", ""),
        trail=trail or "",
        job=job or "",
        repository=repository or settings.get("repository", "") or (facts.repository or "" if facts else ""),
        commit=checked_commit(commit) if commit else (facts.commit if facts else ""),
        branch=branch or (facts.branch or "" if facts else ""),
        run=Run(url=run_url or ""),
    )
    return Recording(ledger_path(ledger, settings), key, origin, context, wait, json, once, seen)


def find_key(key: str | None) -> Signer:
    """The signing key, asking for a passphrase on the terminal where one is needed."""
    return find_signer(key_file=Path(key) if key else None, environ=os.environ, ask=console.ask_secret)


def ledger_path(given: str | None, settings: dict[str, str] | None = None) -> Path:
    """The ledger that a command is about."""
    path = given or (read_config(Path.cwd()) if settings is None else settings).get("ledger")
    if not path:
        raise UsageError(
            "which ledger? Give --ledger FILE, or set CUSTODY_LEDGER, or name one in custody.toml"
        )
    return Path(path)


def checked_commit(commit: str) -> str:
    if not _matches(r"[0-9a-f]{40}([0-9a-f]{24})?", commit):
        raise UsageError(
            "--commit must be a full commit in lower-case hex (git rev-parse HEAD prints it)", code="commit"
        )
    return commit


def checked_name(name: str, what: str) -> str:
    """A name as headers and bodies carry them."""
    if not _matches(NAME, name):
        raise UsageError(
            f"{what} must be of letters, digits and . _ / @ : + -, at most 200; not {safe_text(name, 60)}"
        )
    return name


def read_text_file(path: Path, cap: int) -> str:
    """A document to record. Raises InputError."""
    try:
        return system.read_regular(path, cap).decode("utf-8")
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text", code="encoding") from None


def resolve_artifact(given: str, name: str | None) -> Subject:
    """An artifact named by a file on disk, a fingerprint, or NAME@FINGERPRINT."""
    head, separator, digest = given.rpartition("@")
    if separator and _matches(r"[0-9a-f]{64}", digest):
        return Subject(checked_name(name or head, "the artifact's name"), digest)
    if _matches(r"[0-9a-f]{64}", given):
        if name is None:
            raise UsageError("a bare fingerprint needs its --name (or write NAME@FINGERPRINT)", code="name")
        return Subject(checked_name(name, "--name"), given)
    from custody.record.fingerprint import fingerprint_file

    path = Path(given)
    found = fingerprint_file(path)
    return Subject(checked_name(name or path.name, "the artifact's name"), found.sha256)


def _git_facts(folder: Path) -> GitFacts:
    from custody.record.git import read_commit

    facts = read_commit(folder)
    if facts is None:
        raise InputError(f"{folder} is not a git checkout with a commit, or git is not installed", code="git")
    return facts


def _matches(pattern: str, text: str) -> bool:
    import re

    return re.fullmatch(pattern, text) is not None
