"""What the approvals show and do, in a thread: what waits, what an approver must see, whose keys there are, the act of
recording. Knows no screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from custody.errors import CustodyError, SigningKeyError, UsageError
from custody.keys.ed25519 import PublicKey, Signer
from custody.kinds import Word
from custody.ledger import timestamps
from custody.ledger.entry import Subject
from custody.ledger.reader import Snapshot
from custody.ledger.store import why_not_writable
from custody.ledger.writer import Receipt
from custody.policy.approving import Asked, ask
from custody.policy.giving import give
from custody.policy.waiting import WaitingList, waiting
from custody.query.trace import trace
from custody.query.types import ArtifactLine, TimelineItem
from custody.tui.judging import Judging

Source = Literal["agent", "variable", "file", "other"]

_SAID = frozenset({"evidence", "approval", "decision", "allow", "deployment"})
_AGENT_PATIENCE = 5.0  # seconds, for the list of its keys: nobody has to touch anything for that


class Question(NamedTuple):
    """An artifact and an environment, and everything that bears on an answer. `items` is what was said of it."""

    line: ArtifactLine
    asked: Asked
    items: tuple[TimelineItem, ...]

    @property
    def subject(self) -> Subject:
        return Subject(self.line.name, self.line.sha256)


class KeyChoice(NamedTuple):
    """A key that could sign: where it is, and, as far as that is known without opening it, which and whose it is."""

    source: Source
    path: str = ""
    public: PublicKey | None = None
    comment: str = ""
    identity: str = ""


class Keys(NamedTuple):
    """The keys there are to choose from; `trouble` says why the agent's are not among them."""

    choices: tuple[KeyChoice, ...]
    trouble: str = ""


def read_waiting(judging: Judging) -> WaitingList:
    """What waits for an approval."""
    with judging.judge() as judgement:
        return waiting(judgement)


def read_question(
    judging: Judging, sha256: str, environment: str, person: str = "", decision: Word = "approved"
) -> Question:
    """What must be seen before answering; with a person (an identity), what their word would change. Raises
    UsageError."""
    found = trace(judging.index, sha256)
    with judging.judge() as judgement:
        moment = max(timestamps.now(), judgement.now)
        asked = ask(judgement, sha256, environment, moment=moment, recorder=person, decision=decision)
    return Question(found.artifact, asked, tuple(item for item in found.items if item.kind in _SAID))


def find_keys(judging: Judging, environ: Mapping[str, str]) -> Keys:
    """The keys of the environment and of the ssh-agent, and whose they are. No private key is read for it."""
    from custody.keys.agent import list_keys

    choices: list[KeyChoice] = []
    trouble = ""
    with judging.judge() as judgement:
        whose = judgement.identities.of_key
    if "CUSTODY_KEY" in environ:
        choices.append(KeyChoice("variable"))
    elif path := environ.get("CUSTODY_KEY_FILE", ""):
        public = _public_beside(path)
        # Somebody may have put the key itself there: what is no file's name is not shown.
        called = path if os.path.lexists(os.path.expanduser(path)) else "it names no file"
        choices.append(KeyChoice("file", path, public, called, (whose(public.hex) or "") if public else ""))
    try:
        for key in list_keys(environ, _AGENT_PATIENCE):
            choices.append(KeyChoice("agent", "", key.public, key.comment, whose(key.public.hex) or ""))
    except SigningKeyError as error:
        trouble = "" if error.code == "no-agent" else str(error)
    return Keys((*choices, KeyChoice("other")), trouble)


def known_identity(judging: Judging, environ: Mapping[str, str]) -> str:
    """The first identity that may record approvals and whose key seems to be at hand; "" where none does.

    It is a guess, to tell what its approval would change; who signs is only known when a key is opened.
    """
    keys = find_keys(judging, environ)
    with judging.judge() as judgement:
        may = judgement.identities.may_write
        return next(
            (one.identity for one in keys.choices if one.identity and may("approval", one.identity)), ""
        )


def open_key(choice: KeyChoice, environ: Mapping[str, str], passphrase: str | None = None) -> Signer:
    """The key that was chosen. Raises SigningKeyError, with the code "encrypted-key" where it needs a passphrase, or
    another one than was given."""
    from custody.keys.agent import AgentSigner
    from custody.keys.files import read_private_file
    from custody.keys.find import find_signer

    given: Callable[[str], str] | None = None if passphrase is None else (lambda _: passphrase)
    if choice.source == "agent":
        assert choice.public is not None
        return AgentSigner(choice.public, environ)
    if choice.source == "variable":
        return find_signer(key_file=None, environ=environ, ask=given)
    path = Path(os.path.expanduser(choice.path.strip()))
    if path.suffix == ".pub" or choice.path.startswith("SHA256:"):
        return find_signer(key_file=path, environ=environ, ask=given)  # the agent's key of that name
    return read_private_file(path, given, environ=environ, called="the file")


def identity_of(judging: Judging, signer: Signer) -> str:
    """Whose a key is; "" for nobody's."""
    with judging.judge() as judgement:
        return judgement.identities.of_key(signer.public.hex) or ""


def objection(asked: Asked, decision: Word) -> str:
    """Why this person's word is not recorded; "" where it is."""
    return asked.objection if decision == "approved" else asked.role_objection


def record(
    judging: Judging,
    snapshot: Snapshot,
    question: Question,
    signer: Signer,
    decision: Word,
    reason: str,
    once: str,
) -> Receipt:
    """Put a person's word into the ledger. It is asked again, now, whether it would count.

    Raises UsageError "changed" where the file is not what was looked at, "refused" where the word would not count.
    """
    if snapshot.changed_on_disk():
        message = "the file was changed since it was opened: open it again (ctrl+r), and look again"
        raise UsageError(message, code="changed")
    asked = question.asked
    person = identity_of(judging, signer)
    now = read_question(judging, asked.artifact, asked.environment, person, decision).asked
    if why := objection(now, decision):
        raise UsageError(f"not recorded: {why}", code="refused")
    word = asked.word(question.subject, decision, reason)
    return give(snapshot.path, signer, word, snapshot.origin, once=once)


def why_read_only(snapshot: Snapshot, wanted: bool) -> str:
    """Why nothing can be recorded in a ledger, in words; "" where it can. `wanted` says that somebody asked for it."""
    if wanted:
        return "it was opened with --read-only"
    return why_not_writable(snapshot.path)


def _public_beside(path: str) -> PublicKey | None:
    """The public key in the file that `ssh-keygen` writes beside a private one."""
    from custody.keys.files import read_public_file

    try:
        return read_public_file(Path(f"{os.path.expanduser(path)}.pub"))
    except CustodyError:
        return None
