"""A release and its people, for tests of verdicts: every fact says only what a test is about.

dev-1 writes, dev-2 reviews, dev-3 and risk-officer approve, ci builds, shipper deploys, admin-1 excepts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from ledgers import signer

from custody.kinds import (
    Artifact,
    Author,
    Build,
    Change,
    Extras,
    File,
    Material,
    PullRequest,
    Review,
    Source,
    Statement,
)
from custody.ledger.entry import Subject
from custody.policy.document import Control, Policy
from custody.policy.facts import (
    AllowFact,
    ApprovalFact,
    ArtifactFact,
    DeploymentFact,
    EvidenceFact,
    Facts,
    Release,
    TrailFact,
)
from custody.policy.identities import Identities
from custody.policy.judge import judge
from custody.policy.verdict import ControlVerdict, Verdict
from custody.query.types import Proof
from custody.trust.document import TrustDocument, parse_trust

PEOPLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ci": (("builder",), ("github:acme-ci",)),
    "ci-2": (("builder", "scanner"), ()),
    "shipper": (("deployer",), ("github:acme-shipper",)),
    "dev-1": (("approver", "builder"), ("github:dev-1", "gitlab:dev-1", "dev-1@acme.example")),
    "dev-2": (("approver",), ("github:dev-2", "mailto:dev-2@acme.example")),
    "dev-3": (("approver",), ("github:dev-3", "github:dev-3-too", "slack:dev-3", "dev-3@acme.example")),
    "risk-officer": (("risk-officer",), ("github:risk-officer",)),
    "relay": (("relay",), ()),
    "admin-1": (("admin",), ("github:admin-1",)),
    "admin-dev": (("admin", "approver"), ("github:admin-dev",)),
    "renovate": ((), ("github:renovate[bot]", "github:app/renovate")),
}
NOBODY = ""
C0, C1, C2, C3 = "c0" * 20, "1a" * 20, "2b" * 20, "3c" * 20
API = Subject("payments-api", sha256(b"api").hexdigest())
OTHER = sha256(b"other").hexdigest()
BUILT, NOW = 60, 600  # minutes
ADDRESS = "https://github.com/acme/payments/pull/"


def trust(
    people: Mapping[str, tuple[Sequence[str], Sequence[str]]] = PEOPLE, more: str = ""
) -> TrustDocument:
    """A trust document of these identities (roles, names elsewhere), each with a key of its own name."""
    tables = "".join(
        f'[identities."{name}"]\nkeys = ["{signer(name).public.hex}"]\n'
        f"roles = {list(roles)}\nelsewhere = {list(names)}\n"
        for name, (roles, names) in people.items()
    )
    head = f'origin = "acme.example/payments"\nversion = 1\nroots = ["{signer("root").public.hex}"]\n'
    return parse_trust(head + tables + more)


IDENTITIES = Identities.from_trust(trust())


def at(minute: int) -> str:
    """An instant of one day."""
    return f"2026-11-19T{minute // 60:02d}:{minute % 60:02d}:00.000Z"


def proof(minute: int, writer: str, *what: object) -> Proof:
    """An entry: its id follows from what it says, so that two are one only where they say the same."""
    return Proof(minute, sha256(repr((minute, writer, what)).encode()).hexdigest(), at(minute), writer)


def record(
    minute: int = BUILT,
    writer: str = "ci",
    commit: str = C1,
    *,
    readable: bool = True,
    source: Source | None = None,
    build: Build | None = None,
    annotations: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    **fields: Any,
) -> ArtifactFact:
    """A record of the artifact that says everything; None as `source` or `build` is the whole of each."""
    defaults: dict[str, Any] = {
        "flow": "payments-api", "trail": 1, "trail_name": "run-1", "repository": "https://github.com/acme/payments",
        "branch": "main", "actor": "dev-1", "provider": "github",
    }  # fmt: skip
    written = Artifact(
        API,
        7,
        source=source
        or Source(author=Author("", "dev-1@acme.example"), committer=Author("", "dev-1@acme.example")),
        build=build
        or Build("make", builder="https://github.com/actions/runner", materials=(Material("ab" * 32),)),
        extras=Extras(annotations or {}),
        **(body or {}),
    )
    given = proof(minute, writer, "artifact", commit, readable, written, fields)
    return ArtifactFact(given, written if readable else None, **{**defaults, "commit": commit, **fields})


def evidence(
    minute: int = 70,
    result: str = "pass",
    *,
    writer: str = "ci",
    subject: str = API.sha256,
    control: str = "tests",
    type: str = "generic",
    chain: str = "main",
    seq: int | None = None,
    **fields: Any,
) -> EvidenceFact:
    given = proof(minute, writer, "evidence", result, subject, control, type, chain, seq, fields)
    place = minute if seq is None else seq
    return EvidenceFact(given, chain, place, subject, control, type, result, **fields)


def hidden(
    minute: int = 80, subject: str = API.sha256, writer: str = "ci", chain: str = "other"
) -> EvidenceFact:
    """Evidence that cannot be read."""
    return EvidenceFact(proof(minute, writer, "hidden", subject), chain, minute, subject, readable=False)


def commit(
    id: str = C1, *authors: str, minute: int = 10, committer: str = "", verified: bool = False
) -> Change:
    return Change(id, authors or ("dev-1",), committer, at(minute), verified)


def review(by: str = "dev-2", minute: int = 20, of: str = C1, state: str = "approved") -> Review:
    return Review(by, state, at(minute), of)


def pull(
    *changes: Change,
    number: int = 1,
    reviews: Sequence[Review] | None = None,
    author: str = "dev-1",
    **fields: Any,
) -> PullRequest:
    """A merged change by dev-1 that dev-2 approved, if nothing else is said."""
    changes = changes or (commit(),)
    given = (review(of=changes[-1].commit),) if reviews is None else tuple(reviews)
    return PullRequest(
        f"{ADDRESS}{number}", fields.pop("state", "merged"), author, changes, given, str(number), **fields
    )


def reviewed(change: PullRequest | None = None, minute: int = 65, **fields: Any) -> EvidenceFact:
    """Evidence of a reviewed change, on its last commit if nothing else is said."""
    change = change or pull()
    about = f"commit:{change.changes[-1].commit}" if change.changes else API.sha256
    given = {"subject": about, "control": "pull-request", "type": "pull-request", **fields}
    return evidence(minute, pull_request=change, **{"format": "github-pull-request", **given})


def approval(
    minute: int = 90, writer: str = "dev-3", decision: str = "approved", **fields: Any
) -> ApprovalFact:
    given = proof(minute, writer, "approval", decision, fields)
    return ApprovalFact(given, **{"environment": "prod", "decision": decision, **fields})


def deployment(minute: int = 100, writer: str = "shipper", **fields: Any) -> DeploymentFact:
    return DeploymentFact(proof(minute, writer, "deployment", fields), **{"environment": "prod", **fields})


def allow(
    minute: int = 110, writer: str = "admin-1", *controls: str, until: int = 900, reason: str = "night"
) -> AllowFact:
    return AllowFact(proof(minute, writer, "allow", controls, until), frozenset(controls), at(until), reason)


def trail(
    number: int = 1, *, listed: Mapping[int, Sequence[str]] | None = None, **chains: tuple[int, int]
) -> TrailFact:
    """A trail of chains by the minutes of their beginning and end (0: none); `listed` by the minute of the seal."""
    given = chains or {"main": (50, 75)}
    return TrailFact(
        number,
        f"run-{number}",
        {name: proof(begun, "ci", "genesis", name) for name, (begun, _) in given.items()},
        {name: proof(closed, "ci", "seal", name) for name, (_, closed) in given.items() if closed},
        tuple((proof(minute, "ci", "list"), frozenset(names)) for minute, names in (listed or {}).items()),
    )


def release(commit: str = C0, minute: int = 30) -> Release:
    return Release(proof(minute, "dev-3", "release"), OTHER, commit)


def ranged(*commits: str, since: str = "", **fields: Any) -> ArtifactFact:
    """A record with the range of commits that it brings."""
    mail = Author("", "dev-1@acme.example")
    return record(
        commit=commits[-1], source=Source(author=mail, committer=mail, since=since, commits=commits), **fields
    )


def facts(
    *given: object, base: Release | None = None, environment: str = "prod", records: bool = True
) -> Facts:
    """Facts of any kind, in any order. If none records the artifact, `record()` does, unless `records` is false."""
    kinds: dict[type, list[Any]] = {
        kind: [] for kind in (ArtifactFact, EvidenceFact, ApprovalFact, DeploymentFact, AllowFact, TrailFact)
    }
    for one in given:
        kinds[type(one)].append(one)
    if records and not kinds[ArtifactFact]:
        kinds[ArtifactFact].append(record())
    return Facts(API, environment, *(tuple(found) for found in kinds.values()), base=base)


def policy(*controls: Control, **fields: Any) -> Policy:
    return Policy(name="standard", environments=("prod",), controls=controls, **fields)


def verdict(
    demanded: Policy | Control, known: Facts, minute: int = NOW, identities: Identities = IDENTITIES
) -> Verdict:
    asked = demanded if isinstance(demanded, Policy) else policy(demanded)
    return judge(known, asked, identities, at(minute))


def one(
    control: Control, *given: object, minute: int = NOW, identities: Identities = IDENTITIES, **more: Any
) -> ControlVerdict:
    """What one control comes to over these facts. `more` are of `facts`, and `groups` of the policy."""
    groups = more.pop("groups", {})
    found = judge(facts(*given, **more), policy(control, groups=groups), identities, at(minute))
    (control_verdict,) = found.controls
    assert control_verdict.name == control.name
    assert control_verdict.sentence and "\n" not in control_verdict.sentence
    return control_verdict


def unreadable(fact: Any) -> Any:
    """The same approval or deployment, which cannot be read any more."""
    return replace(fact, readable=False)


def signed_provenance(minute: int = 72, signature: str = "verified", **fields: Any) -> EvidenceFact:
    """Provenance that its builder signed."""
    about = fields.pop("about", API.sha256)
    statement = Statement(
        "https://slsa.dev/provenance/v1", (File("api", about),), signature, "SHA256:abc",
        fields.pop("builder", "https://github.com/actions/runner"),
    )  # fmt: skip
    return evidence(minute, control="provenance", type="provenance", statement=statement, **fields)
