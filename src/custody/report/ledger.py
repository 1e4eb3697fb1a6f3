"""The report on a whole ledger: whom it trusts, who wrote what, what it tells of, and what is found in it."""

from __future__ import annotations

from collections import Counter

from custody.keys.ed25519 import PublicKey
from custody.query.environments import environments, latest
from custody.query.opening import Answers
from custody.query.proofs import Census, census
from custody.report.asked import Asked
from custody.report.document import (
    Block,
    Counts,
    Digest,
    Document,
    Instant,
    Paragraph,
    Row,
    Section,
    facts,
    table,
)
from custody.report.findings import findings_section
from custody.report.head import compose, refuses
from custody.report.resting import ref, with_entries
from custody.trust.document import TrustDocument

STRANGERS_SHOWN = 100


def ledger_report(answers: Answers, asked: Asked) -> Document:
    """An overview."""
    if refuses(answers):
        return compose(answers, asked, "ledger", "", ())
    counted = census(answers.snapshot)
    sections = [
        _trust(answers.trust),
        _writers(answers.trust, counted),
        _kinds(counted),
        _environments(answers),
        findings_section(answers),
    ]
    title = f"Ledger: {answers.snapshot.path.name}"
    return compose(answers, asked, "ledger", title, with_entries(answers, sections))


def _trust(document: TrustDocument | None) -> Section:
    title = "Whom the root key trusts"
    if document is None:
        said = "No trust document of a root that was given or pinned: nobody is vouched for."
        return Section("trust", title, (facts(("version", "Version", None)), Paragraph(said, "warn")))
    identities = table(
        "identities",
        ("name", "Identity"),
        ("roles", "Roles"),
        ("keys", "Keys"),
        ("elsewhere", "Known elsewhere as"),
    )
    revoked = table(
        "revoked",
        ("key", "Revoked key"),
        ("reason", "Reason"),
        ("chains", "Chains that count"),
        empty="No key is revoked.",
    )
    disowned = table(
        "disowned", ("entries", "Disowned entries"), ("chains", "Disowned chains"), ("reason", "Reason"),
        empty="Nothing is disowned.",
    )  # fmt: skip
    blocks: tuple[Block, ...] = (
        facts(
            ("version", "Version", document.version),
            ("sha256", "SHA-256 of its text", Digest(document.sha256)),
            ("roots", "Root keys", [Digest(root.fingerprint) for root in document.roots]),
        ),
        identities(
            (
                one.name,
                [*sorted(one.roles)],
                [Digest(key.fingerprint) for key in one.keys],
                [*one.elsewhere],
            )
            for one in document.identities
        ),
        revoked(
            (Digest(one.fingerprint), one.reason, [Digest(chain) for chain in sorted(one.chains)])
            for one in document.revoked
        ),
        disowned(
            (
                [Digest(entry) for entry in sorted(one.entries)],
                [Digest(chain) for chain in sorted(one.chains)],
                one.reason,
            )
            for one in document.disowned
        ),
    )
    return Section("trust", title, blocks)


def _writers(document: TrustDocument | None, counted: Census) -> Section:
    make = table(
        "writers", ("name", "Writer"), ("key", "Key"), ("entries", "Entries"), ("kinds", "Of which kinds")
    )
    known: list[tuple[str, str, Counter[str]]] = []
    strangers: list[tuple[str, str, Counter[str]]] = []
    for key, kinds in counted.writers.items():
        name = document.name_of(key) if document is not None else ""
        (known if name else strangers).append((name, PublicKey.from_hex(key).fingerprint, kinds))
    strangers.sort(key=lambda one: (-one[2].total(), one[1]))
    rows: list[Row] = [
        (
            name or None,
            Digest(key),
            kinds.total(),
            Counts(tuple(sorted(kinds.items()))),
        )
        for name, key, kinds in (*sorted(known, key=lambda one: one[:2]), *strangers[:STRANGERS_SHOWN])
    ]
    blocks: list[Block] = [
        facts(("strangers", "Keys that nobody vouches for", len(strangers))),
        make(rows),
    ]
    if len(strangers) > STRANGERS_SHOWN:
        blocks.append(
            Paragraph(f"And {len(strangers) - STRANGERS_SHOWN} more that nobody vouches for.", "warn")
        )
    return Section("writers", "Who wrote it", tuple(blocks))


def _kinds(counted: Census) -> Section:
    make = table("kinds", ("kind", "Kind"), ("count", "Entries"))
    return Section(
        "kinds", "What it holds", (make((kind, count) for kind, count in sorted(counted.kinds.items())),)
    )


def _environments(answers: Answers) -> Section:
    make = table(
        "environments",
        ("name", "Environment"),
        ("states", "States"),
        ("services", "Services"),
        ("first", "First report"),
        ("lastChange", "Last change"),
        ("lastSeen", "Last report"),
        ("basis", "Known from"),
        ("proof", "Entry of the latest state"),
        empty="No environment was reported.",
    )
    rows = make(
        (
            one.name,
            one.states,
            one.services,
            Instant(one.first),
            Instant(one.last_change),
            Instant(one.last_seen),
            f"{one.basis}s",
            ref(latest(answers.index, one.name).proof),
        )
        for one in environments(answers.index)
    )
    return Section("environments", "Environments", (rows,))
