"""How an artifact came to be: SLSA provenance v1 (https://slsa.dev/spec/v1.0/provenance), as far as it is known.

The body of an artifact and the statement that `--slsa` attaches are written from one value, so that they say the same.
Neither names a person: what git says of authors stays in the body, which can be erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.kinds.artifact import MAX_COMMITS, Build, Material, Source
from custody.kinds.genesis import Genesis
from custody.ledger import canonical, dsse
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import STATEMENT_TYPE, Subject
from custody.text import safe_text

if TYPE_CHECKING:
    from pathlib import Path

    from custody.keys.ed25519 import Signer
    from custody.record.ci import CI
    from custody.record.git import GitFacts

BUILD_TYPE = "urn:custody:build:v1"
"""What the parameters below mean; docs/provenance.md says it for readers of the statement."""
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"
LOCAL_BUILDER = "urn:custody:builder:local"


def source(facts: GitFacts) -> Source:
    """What git says of a commit, as a body holds it."""
    commit = facts.facts
    return Source(
        commit.tree,
        commit.parents,
        facts.branch or "",
        commit.author,
        commit.committer,
        commit.signature,
        facts.dirty,
        commit.co_authors,
    )


def with_range(source: Source, folder: Path, since: str, commit: str) -> Source:
    """The source with the commits of its first-parent line that `since` (a revision) has not. Raises InputError."""
    from custody.record.git import commit_range, read_commit

    base = read_commit(folder, since)
    found = commit_range(folder, since, commit, first_parent=True, limit=MAX_COMMITS)
    if base is None or not found:
        message = (
            f"{commit[:12]} has no commit that {safe_text(since, 60)} has not: --since must be an earlier one"
        )
        raise InputError(message, code="since")
    return replace(source, since=base.commit, commits=tuple(one.commit for one in found))


def build(context: Genesis, ci: CI | None, facts: GitFacts | None, materials: Sequence[Material]) -> Build:
    """How the run that `context` describes builds. The source is the first of the materials."""
    same = ci is not None and ci.commit in ("", context.commit)
    parameters = {
        "flow": context.flow,
        "job": context.job,
        "trail": context.trail,
        "ref": (ci.ref if ci is not None and same else "")
        or (f"refs/heads/{context.branch}" if context.branch else ""),
        "change": ci.change if ci is not None and same else "",
        "dirty": "true" if facts is not None and facts.dirty else "",
    }
    local = f"urn:custody:builder:{ci.provider}" if ci is not None else LOCAL_BUILDER
    return Build(
        BUILD_TYPE,
        {name: value for name, value in parameters.items() if value},
        (*_source_material(context, ci, facts), *materials),
        (ci.builder if ci is not None else "") or local,
        context.run.url,
    )


def statement(subject: Subject, build: Build) -> bytes:
    """The in-toto Statement v1 that says of an artifact what its body's buildDefinition and runDetails say."""
    predicate: JsonObject = build.write()
    definition = predicate["buildDefinition"]
    assert isinstance(definition, dict)
    definition.setdefault("externalParameters", {})  # of a body absent, of a predicate required
    return canonical.encode(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": subject.name, "digest": {"sha256": subject.sha256}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }
    )


def attestation(subject: Subject, build: Build, signer: Signer) -> tuple[str, bytes, str]:
    """A file to keep: the statement in a DSSE envelope, signed. Its name, bytes and media type.

    It cannot pass for an entry's header, nor a header for it: their predicate types are not the same.
    """
    payload = statement(subject, build)
    signature = signer.sign(dsse.pae(payload))
    envelope = dsse.encode_envelope(dsse.Envelope(payload, signature, signer.public.fingerprint))
    return f"{subject.name.replace('/', '_')}.slsa.json", envelope, ENVELOPE_TYPE


def _source_material(context: Genesis, ci: CI | None, facts: GitFacts | None) -> tuple[Material, ...]:
    from custody.record.urls import public_url, source_uri

    if not context.commit:
        return ()
    remote = facts.repository if facts is not None and facts.commit == context.commit else None
    if remote is None and ci is not None and ci.commit == context.commit:
        remote = ci.source or None
    remote = remote or public_url(context.repository)
    name = context.repository or "source"
    return (Material(context.commit, name, source_uri(remote) if remote else "", "gitCommit"),)
