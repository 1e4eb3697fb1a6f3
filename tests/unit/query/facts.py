"""Hand-made judged entries: a log in which every line says only what a test is about."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from custody.ledger.canonical import encode
from custody.ledger.entry import Header, Subject
from custody.query.build import IndexBuilder
from custody.query.index import Index
from custody.trust.judge import Judged

SALT = "ab" * 16
KEY = "cd" * 32


def digest(word: str) -> str:
    """A fingerprint for a word."""
    return sha256(word.encode()).hexdigest()


def at(minute: int) -> str:
    """An instant of one day."""
    return f"2026-11-19T{minute // 60:02d}:{minute % 60:02d}:00.000Z"


def about(name: str, word: str = "") -> dict[str, str]:
    """An artifact as bodies name it: its bytes are known by `word`, or else by its name."""
    return {"name": name, "sha256": digest(word or name)}


class Log:
    """Entries one after the other; chains are begun with `chain` and named by what it returns."""

    def __init__(self) -> None:
        self.entries: list[Judged] = []
        self._seq: dict[str, int] = {}

    def chain(self, writer: str = "ci", *, minute: int = 0, counts: bool = True, **context: Any) -> str:
        return self._put("genesis", "", minute, writer, context, counts)

    def add(
        self,
        chain: str,
        kind: str,
        minute: int,
        body: dict[str, Any] | bytes,
        writer: str = "ci",
        counts: bool = True,
    ) -> str:
        return self._put(kind, chain, minute, writer, body, counts)

    def artifact(self, chain: str, minute: int, name: str, word: str = "", **fields: Any) -> str:
        return self.add(chain, "artifact", minute, {**about(name, word), "size": 7, "type": "file", **fields})

    def evidence(
        self, chain: str, minute: int, result: str, word: str = "api", control: str = "tests", **fields: Any
    ) -> str:
        body = {"control": control, "type": "generic", "result": result, **fields}
        if word:
            body["artifact"] = about("api", word)
        return self.add(chain, "evidence", minute, body)

    def approval(
        self,
        chain: str,
        minute: int,
        decision: str = "approved",
        word: str = "api",
        writer: str = "risk-officer",
        environment: str = "prod",
    ) -> str:
        body = {"artifact": about("api", word), "environment": environment, "decision": decision}
        return self.add(chain, "approval", minute, body, writer)

    def deployment(
        self, chain: str, minute: int, word: str, service: str = "api", environment: str = "prod"
    ) -> str:
        body = {"artifact": about("api", word), "environment": environment, "service": service}
        return self.add(chain, "deployment", minute, body)

    def snapshot(
        self, chain: str, minute: int, *running: tuple[str, str, int], environment: str = "prod"
    ) -> str:
        listed = [
            {"service": service, "artifact": about(service, word), "count": count}
            for service, word, count in running
        ]
        return self.add(chain, "snapshot", minute, {"environment": environment, "running": listed})

    def merge(self, minute: int, taken: int, *, entries: int = 1) -> int:
        """A custodian's act that brought the `taken` entries in front of it, told in several entries; the first one's
        position."""
        chain = self.chain("keeper", minute=minute)
        for number in range(entries):
            source = {
                "file": f"{number}.ledger", "sha256": digest("file"), "size": 9, "order": digest("order"),
                "detail": digest("detail"), "taken": taken if number == 0 else 0,
            }  # fmt: skip
            self.add(chain, "merge", minute, {"sources": [source]}, "keeper")
        return len(self.entries) - entries

    def index(self, *, step: int = 500) -> Index:
        """The finished index of what was added."""
        index = Index.in_memory()
        self.fill(index, step=step)
        return index

    def fill(self, index: Index, *, step: int = 500) -> None:
        builder = IndexBuilder(index)
        for start in range(0, len(self.entries), step):
            builder.add(self.entries[start : start + step])
        builder.finish()

    def _put(
        self, kind: str, chain: str, minute: int, writer: str, body: dict[str, Any] | bytes, counts: bool
    ) -> str:
        position = len(self.entries)
        identity = digest(f"entry {position}")
        seq = self._seq.get(chain, 0) + 1 if chain else 0
        self._seq[chain] = seq
        data = body if isinstance(body, bytes) else encode({**body, "salt": SALT})
        header = Header(
            kind,
            seq,
            at(minute),
            sha256(data).hexdigest(),
            len(data),
            subjects=subjects_of(body),
            chain=chain,
        )
        self.entries.append(Judged(position, identity, header, KEY, at(minute), writer, counts, data))
        return identity


def subjects_of(body: dict[str, Any] | bytes) -> tuple[Subject, ...]:
    """The artifact that a body is about, as an honest writer's header names it."""
    if isinstance(body, bytes):
        return ()
    found = body.get("artifact", body)
    if not isinstance(found, dict) or not isinstance(found.get("sha256"), str):
        return ()
    return (Subject(found.get("name", ""), found["sha256"]),)
