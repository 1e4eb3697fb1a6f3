"""Real ledgers, signed and verified, in which every chain says only what a test is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from ledgers import ORIGIN, World, document, judged_by, put

from custody.kinds import (
    Allow,
    Approval,
    Artifact,
    Deployment,
    Evidence,
    Genesis,
    Policy,
    Redaction,
    Run,
    Seal,
)
from custody.ledger.entry import Subject
from custody.ledger.reader import Snapshot, open_ledger
from custody.ledger.timestamps import from_datetime
from custody.ledger.writer import Draft, Signed
from custody.query.build import IndexBuilder
from custody.query.index import Index
from custody.trust.verification import Verification

IDENTITIES: dict[str, tuple[str, ...]] = {
    "builder": ("builder",),
    "other-builder": ("builder",),
    "deployer": ("deployer", "reporter"),
    "risk-officer": ("approver",),
    "bot": ("relay",),
    "keeper": ("custodian", "admin"),
}
EXPECTED = judged_by("root")("")


def at(minute: int) -> str:
    """An instant, so many minutes into one day; there are days behind it."""
    return from_datetime(datetime(2026, 11, 19, tzinfo=UTC) + timedelta(minutes=minute))


def of(word: str, name: str = "api") -> Subject:
    """An artifact whose bytes are known by a word."""
    return Subject(name, sha256(word.encode()).hexdigest())


def recorded(word: str, name: str = "api", **fields: object) -> Draft:
    subject = of(word, name)
    return Draft("artifact", Artifact(subject, 7, **fields).write(), (subject,))  # type: ignore[arg-type]


def checked(
    about: str | Subject = "", result: str = "pass", control: str = "tests", commit: str = ""
) -> Draft:
    """Evidence on an artifact, on one by its name alone, on a commit, or on its trail."""
    subject = about if isinstance(about, Subject) else None
    name = about.name if isinstance(about, Subject) else about
    body = Evidence(control, "generic", result, subject, name, commit)  # type: ignore[arg-type]
    return Draft("evidence", body.write(), (subject,) if subject else ())


def approved(
    word: str, name: str = "api", environment: str = "prod", said: str = "approved", **fields: object
) -> Draft:
    body = Approval(of(word, name), environment, said, **fields)  # type: ignore[arg-type]
    return Draft("approval", body.write(), (of(word, name),))


def deployed(word: str, environment: str = "prod", name: str = "api") -> Draft:
    return Draft("deployment", Deployment(of(word, name), environment, name).write(), (of(word, name),))


def allowed(
    about: Subject | str, environment: str = "prod", until: int = 600, controls: Sequence[str] = ()
) -> Draft:
    exact = about if isinstance(about, Subject) else None
    body = Allow(environment, at(until), "an incident", exact, "" if exact else str(about), tuple(controls))
    return Draft("allow", body.write(), (exact,) if exact else ())


def policy(text: str, name: str = "release") -> Draft:
    return Draft("policy", Policy(name, text).write())


class Book:
    """Entries of one log, one chain after the other."""

    def __init__(self, seed: str = "book") -> None:
        self._world = World(seed)
        self.text = document(identities=IDENTITIES)
        self.entries: list[Signed] = self._world.trust(self.text)
        self.gone: list[str] = []

    def chain(
        self, who: str, minute: int, *drafts: Draft, trail: str = "", seal: bool | Sequence[str] = True,
        minutes: Sequence[int] = (), **context: object,
    ) -> list[Signed]:  # fmt: skip
        """A chain all of whose entries are of one minute, or each of its own; `seal` lists chains, if it is a list."""
        times = iter([at(one) for one in (minutes or [minute] * (len(drafts) + 2))])
        chain = self._world.chain(who, lambda: next(times))
        genesis = Genesis(flow="f" if trail else "", trail=trail, **context)  # type: ignore[arg-type]
        entries = [chain.begin(ORIGIN, genesis.write(), None)]
        entries += [chain.sign(draft) for draft in drafts]
        if seal is not False:
            listed = Seal(tuple(seal)) if seal is not True else Seal()
            entries.append(chain.sign(Draft("seal", listed.write(), last=True)))
        self.entries += entries
        return entries

    def erase(self, entry: Signed, minute: int = 700) -> None:
        """Redact an entry's body, as an admin does."""
        self.gone.append(entry.header.body)
        body = Redaction(entry.id, (entry.header.body,), "erasure request 17")
        self.chain("keeper", minute, Draft("redaction", body.write()))

    def write(self, path: Path) -> Path:
        return put(path, self.entries, without=self.gone)

    @contextmanager
    def open(self, folder: Path) -> Iterator[tuple[Snapshot, Index]]:
        """The ledger and its index, after it was verified."""
        with opened(self.write(folder / "book.ledger")) as found:
            yield found


@contextmanager
def opened(path: Path) -> Iterator[tuple[Snapshot, Index]]:
    """A ledger and its index, after it was verified without a fault."""
    with open_ledger(path) as snapshot, Index.in_memory() as index:
        verification = Verification(snapshot, EXPECTED, workers=1)
        builder = IndexBuilder(index)
        for step in verification.run():
            builder.add(step.entries)
        assert verification.report.exit != 1, verification.report.counts
        builder.finish()
        yield snapshot, index


BUILD = Run(provider="github", actor="dev-1")
