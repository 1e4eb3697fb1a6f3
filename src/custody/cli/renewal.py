"""A report that changes nothing is one small entry: it names the entry that says the same, and lists nothing again.

What it means does not depend on what was reported in between, here or in another ledger that is merged later: it is
what that entry says. So it is looked for only in this ledger, and only among entries of the key that signs this one,
which count as this one does.
"""

from __future__ import annotations

import os
from dataclasses import replace

from custody.cli.recording import Recording
from custody.kinds import Snapshot
from custody.kinds.fields import Fields
from custody.kinds.scope import WHOLE
from custody.ledger.canonical import MalformedError, decode_object, encode
from custody.ledger.entry import MAX_BODY, Header, entry_id, parse_header
from custody.ledger.reader import Snapshot as View
from custody.ledger.store import Store

WORTH = 512
"""Bytes: a shorter list is written out again."""
RECENT = 20_000
"""Entries, the last ones of the ledger, among which they are looked for: a long ledger costs no more than that."""
MOST = 500
"""Snapshots that are looked at, from the newest back."""


def renewed(surroundings: Recording, body: Snapshot) -> Snapshot:
    """The body, or one that names an entry of this ledger which says the same of the same part of the environment."""
    if len(encode(body.write())) < WORTH or not os.path.lexists(surroundings.ledger):
        return body
    key = surroundings.signer().public.hex
    with Store(surroundings.ledger, surroundings.wait) as store, store.transaction() as transaction:
        view = transaction.view()
        recent = view.positions_with(b'"kind":"snapshot"', since=max(0, view.count - RECENT))
        for position in reversed(recent[-MOST:]):
            found = _said_at(view, position, key)
            if found is not None and found[1].unchanged:
                found = _entry(view, found[1].unchanged, key)
            if found is None or _about(found[1]) != _about(body):
                continue
            if found[1].running != body.running:
                return body
            return replace(body, running=(), platform="", scope=WHOLE, unchanged=found[0])
    return body


def _entry(view: View, wanted: str, key: str) -> tuple[str, Snapshot] | None:
    """The entry of an id, if it says outright what runs."""
    for position in view.find(wanted):
        found = _said_at(view, position, key)
        if found is not None and found[0] == wanted and not found[1].unchanged:
            return found
    return None


def _about(body: Snapshot) -> object:
    return body.environment, body.platform, body.scope


def _said_at(view: View, position: int, key: str) -> tuple[str, Snapshot] | None:
    """The id and the body of a snapshot that this key signed; None for anything else."""
    row = view.row(position)
    if row is None:
        return None
    try:
        header = parse_header(row.header)
        data = view.blob(header.body) if header.kind == "snapshot" else None
        if data is None or _key(view, header) != key:
            return None
        return entry_id(row.header), Snapshot.read(Fields(decode_object(data, MAX_BODY), "snapshot"))
    except MalformedError:
        return None  # it counts for nothing, and verification says so


def _key(view: View, header: Header) -> str:
    """The key of an entry's chain, by its genesis."""
    for position in view.find(header.chain):
        row = view.row(position)
        if row is not None and entry_id(row.header) == header.chain:
            return parse_header(row.header).key
    return ""
