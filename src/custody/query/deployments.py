"""The deployments of an environment: what was declared, what was seen, and where one lacks the other.

A deployment entry says what somebody meant to happen; a change between two reports says what was seen. They belong
together by the fingerprint, because services have other names in a pipeline than on a platform:

* A declared deployment is in force until another artifact is deployed to its service. It was *seen* if its artifact
  runs at some time while it is in force.
* An artifact that is seen to start was *declared* if a deployment of it is in force then.

Pipelines say so before or after, and a rollout takes time: an hour (`slack`) on either side counts as the same time.
What nobody looked at yet is neither. `matching` is the same rule for a whole life at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Literal, NamedTuple

from custody.ledger import timestamps
from custody.query.clocks import END_OF_TIME
from custody.query.environments import Words
from custody.query.history import History
from custody.query.index import Index
from custody.query.matching import Matching
from custody.query.parts import FirstLooks, Looks
from custody.query.slack import earlier, later
from custody.query.types import Proof

Basis = Literal["declared and seen", "declared", "unseen", "seen", "undeclared"]


class DeploymentLine(NamedTuple):
    """One deployment.

    `basis` is "declared and seen"; "declared", where nobody has looked since; "unseen", where somebody has; "seen",
    derived from reports where nothing is ever declared; "undeclared", where other things are. `proof` is the
    declaration's, or else the report's; `seen` the report's in which it first ran, if there is one.
    """

    basis: Basis
    time: str
    environment: str
    service: str
    name: str
    sha256: str
    version: str
    commit: str
    lead_seconds: int | None  # from the commit, as it claims, to the deployment
    approved_by: str
    reason: str
    link: str
    seen: Proof | None
    proof: Proof


class _Declared(NamedTuple):
    proof: Proof
    name: str
    sha256: str
    service: str
    reason: str
    link: str
    superseded: str  # when another artifact was deployed to its service


class _Sighting(NamedTuple):
    proof: Proof
    service: str
    name: str
    sha256: str
    number: int


def deployments(index: Index, environment: str, *, limit: int, until: str = "") -> list[DeploymentLine]:
    """The last deployments up to an instant, the newest last. Raises UsageError for an unknown environment.

    Reads no more of the environment's life than it takes to find so many.
    """
    history = History(index, environment)
    until = until or END_OF_TIME
    words = _Words(history)
    lines: list[DeploymentLine] = []
    for one in _declared(index, environment, until, limit):
        lines.append(words.declared(one, _first_seen(history, one)))
    declares = history.basis == "snapshot" and bool(
        index.row("SELECT 1 FROM deployment WHERE environment = ? LIMIT 1", environment)
    )
    derived = 0
    oldest = lines[-1].time if len(lines) == limit else ""
    if history.basis == "snapshot":
        for sighting in _sightings(history, until):
            if derived >= limit or sighting.proof.time < oldest:
                break
            if not declares or not _is_declared(index, environment, sighting):
                lines.append(words.derived(sighting, "undeclared" if declares else "seen"))
                derived += 1
    lines.reverse()
    lines.sort(key=lambda line: line.time)
    return lines[-limit:]


def unseen(index: Index) -> Iterator[tuple[Proof, str]]:
    """Deployments that nobody saw although somebody looked, in every environment, with a sentence."""
    for environment in _declaring(index):
        matching = Matching(index, environment)
        for one in matching.declared:
            if matching.is_unseen(one):
                where = f"{environment} as {one.service}"
                yield one.proof, f"{one.name} was deployed to {where}, and no report shows it running"


def undeclared(index: Index) -> Iterator[tuple[Proof, str]]:
    """Artifacts that were seen to start where deployments are declared, and nobody declared them."""
    for environment in _declaring(index):
        matching = Matching(index, environment)
        sightings = list(_sightings(History(index, environment), END_OF_TIME))
        for one in reversed(sightings):
            if not matching.is_declared(one.sha256, one.proof.time):
                yield (
                    one.proof,
                    f"{one.name} started in {environment} as {one.service}, and nobody declared it",
                )


def _declaring(index: Index) -> list[str]:
    """Environments of which there are both reports and declared deployments."""
    rows = index.rows(
        "SELECT name FROM environment WHERE basis = 'snapshot' AND name IN (SELECT environment FROM deployment) "
        "ORDER BY name"
    )
    return [row[0] for row in rows]


def _declared(index: Index, environment: str, until: str, limit: int) -> Iterator[_Declared]:
    """Declared deployments, the newest first."""
    rows = index.rows(
        "SELECT position, entry, time, writer, name, sha256, service, reason, link, tie FROM deployment "
        "WHERE environment = ? AND time <= ? ORDER BY time DESC, tie DESC, position DESC LIMIT ?",
        environment, until, limit,
    )  # fmt: skip
    for position, entry, time, writer, name, sha256, service, reason, link, tie in rows:
        after = index.row(
            "SELECT time FROM deployment WHERE environment = ? AND service = ? AND sha256 != ? "
            "AND (time, tie, position) > (?, ?, ?) ORDER BY time, tie, position LIMIT 1",
            environment, service, sha256, time, tie, position,
        )  # fmt: skip
        proof = Proof(position, entry, time, writer)
        yield _Declared(proof, name, sha256, service, reason, link, after[0] if after else END_OF_TIME)


def _first_seen(history: History, one: _Declared) -> Proof | None:
    """The report in which a declared deployment first ran while it was in force; of several, in its own service."""
    if history.basis != "snapshot":
        return None
    row = history.index.row(
        "SELECT position, entry, time, writer FROM span WHERE sha256 = ? AND environment = ? AND time <= ? "
        "AND (until = '' OR until >= ?) ORDER BY service != ?, abs(julianday(time) - julianday(?)), rowid LIMIT 1",
        one.sha256, history.environment, later(one.superseded), earlier(one.proof.time), one.service,
        one.proof.time,
    )  # fmt: skip
    return Proof(*row) if row else None


def _sightings(history: History, until: str) -> Iterator[_Sighting]:
    """Artifacts that were seen to start, the latest first.

    What ran already in the first report, or in the first one of its part of the environment, did not start then.
    """
    first = FirstLooks(history.index, history.environment)
    for head in history.newest_first(until):
        if head.number == 1:
            return
        for change in reversed(head.changes):
            if change.event == "replaced" or (
                change.event == "started" and first.position(change.service) != head.proof.position
            ):
                yield _Sighting(head.proof, change.service, change.name, change.sha256, head.number)


def _is_declared(index: Index, environment: str, sighting: _Sighting) -> bool:
    time = sighting.proof.time
    rows = index.rows(
        "SELECT service, time, tie, position FROM deployment WHERE sha256 = ? AND environment = ? AND time <= ?",
        sighting.sha256, environment, later(time),
    )  # fmt: skip
    for service, group in groupby(sorted(rows), key=lambda row: row[0]):
        *_, (_, *declared) = group
        superseded = index.row(
            "SELECT 1 FROM deployment WHERE environment = ? AND service = ? AND sha256 != ? "
            "AND (time, tie, position) > (?, ?, ?) AND time <= ? LIMIT 1",
            environment, service, sighting.sha256, *declared, earlier(time),
        )  # fmt: skip
        if superseded is None:
            return True
    return False


class _Words:
    """Puts into a line what the ledger says of an artifact."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._words = Words(history)
        self._looks: Looks | None = None

    def declared(self, one: _Declared, seen: Proof | None) -> DeploymentLine:
        basis: Basis = "declared and seen" if seen else "declared"
        history = self._history
        if seen is None and history.basis == "snapshot":
            self._looks = self._looks or Looks(history.index, history.environment)
            basis = "unseen" if self._looks.between(later(one.proof.time), one.superseded) else "declared"
        return self._line(basis, one.proof, one.service, one.name, one.sha256, one.reason, one.link, seen)

    def derived(self, one: _Sighting, basis: Basis) -> DeploymentLine:
        return self._line(basis, one.proof, one.service, one.name, one.sha256, "", "", one.proof)

    def _line(
        self, basis: Basis, proof: Proof, service: str, name: str, sha256: str, reason: str, link: str,
        seen: Proof | None,
    ) -> DeploymentLine:  # fmt: skip
        version, commit = self._words.recorded(sha256) or ("", "")
        return DeploymentLine(
            basis,
            proof.time,
            self._history.environment,
            service,
            name,
            sha256,
            version,
            commit,
            _lead(self._history.index, sha256, proof.time),
            self._words.approved_by(sha256, proof.time),
            reason,
            link,
            seen,
            proof,
        )


def _lead(index: Index, sha256: str, deployed: str) -> int | None:
    """Seconds from the artifact's commit to its deployment; None where the commit's time is not on record."""
    row = index.row(
        "SELECT s.committed FROM artifact a JOIN source s ON s.position = a.position "
        "WHERE a.sha256 = ? AND s.committed != '' ORDER BY a.newest DESC, a.time DESC LIMIT 1",
        sha256,
    )
    if row is None:
        return None
    return int((timestamps.to_datetime(deployed) - timestamps.to_datetime(row[0])).total_seconds())
