"""What the jobs of one trail have to agree on: a name stands for one artifact, or evidence that names it could not be
bound to it; and the last of them lists the chains of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from custody.errors import InputError
from custody.kinds import Genesis
from custody.kinds.fields import Fields
from custody.ledger.canonical import MalformedError, decode_object
from custody.ledger.entry import MAX_BODY, Subject, entry_id, parse_header
from custody.ledger.reader import Snapshot
from custody.ledger.store import Store
from custody.ledger.writer import Draft

_OPEN = ("open-chain", "open-chain-covered")


def check_names(path: Path, drafts: Sequence[Draft], context: Genesis, wait: float) -> None:
    """Raises InputError for an artifact whose name stands for other bytes, in these drafts or in the run's trail."""
    known: dict[str, str] = {}
    for draft in drafts:
        for subject in draft.subjects if draft.kind == "artifact" else ():
            if known.setdefault(subject.name, subject.sha256) != subject.sha256:
                raise _taken(subject, known[subject.name])
    if not known or not context.trail or not path.exists():
        return
    with Store(path, wait) as store, store.transaction() as transaction:
        view = transaction.view()
        for name, digest in known.items():
            fragment = b'"name":"%b"' % name.encode("ascii")
            for position in view.positions_with(fragment):
                _check(view, position, Subject(name, digest), context)


def chains_of_trail(path: str, flow: str, trail: str) -> tuple[list[str], list[str]]:
    """The ids of a trail's chains in a ledger that is intact, whoever wrote them; and which of them are not sealed.

    Raises RefusedError, and NotVerifiedError where the ledger has a fault.
    """
    from custody.cli import answers

    with answers.answering(path, None, True) as answer:
        rows = answer.index.rows(
            "SELECT id FROM chain WHERE flow = ? AND trail = ? ORDER BY position", flow, trail
        )
        chains = [str(row[0]) for row in rows]
        ends = [one.position for one in answer.report.findings if one.code in _OPEN]
        opened = {_chain_at(answer.snapshot, position) for position in ends}
    return chains, [chain for chain in chains if chain in opened]


def _chain_at(view: Snapshot, position: int) -> str:
    row = view.row(position)
    return "" if row is None else parse_header(row.header).chain or entry_id(row.header)


def _check(view: Snapshot, position: int, wanted: Subject, context: Genesis) -> None:
    row = view.row(position)
    if row is None:
        return
    try:
        header = parse_header(row.header)
        if header.kind != "artifact" or not any(
            one.name == wanted.name and one.sha256 != wanted.sha256 for one in header.subjects
        ):
            return
        if _run_of(view, header.chain) == (context.flow, context.trail, context.run.attempt):
            raise _taken(wanted, header.subjects[0].sha256)
    except MalformedError:
        return  # it counts for nothing, and verification says so


def _run_of(view: Snapshot, chain: str) -> tuple[str, str, str] | None:
    """The flow, trail and attempt that a chain's genesis names."""
    for position in view.find(chain):
        row = view.row(position)
        if row is None:
            continue
        body = view.blob(parse_header(row.header).body)
        if body is not None:
            genesis = Genesis.read(Fields(decode_object(body, MAX_BODY), "genesis"))
            return genesis.flow, genesis.trail, genesis.run.attempt
    return None


def _taken(subject: Subject, other: str) -> InputError:
    return InputError(
        f"the artifact {subject.name} has other bytes than one of that name in this trail (sha256 {other[:12]}… and "
        f"{subject.sha256[:12]}…): give the one or the other its own --name",
        code="name-taken",
    )
