"""Thirty days of a payments company: six services in three environments, and what happened to them.

A calendar of events, run in order of time: pipelines export, the custodian merges, people approve, a reporter looks
at what runs. What is scripted is in `_story`; the rest is everyday work, drawn from a seeded generator.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

from custody.kinds import (
    Allow,
    Approval,
    CommitRange,
    Extras,
    Genesis,
    Link,
    Note,
    Policy,
    PolicySeen,
    Run,
    Running,
    Snapshot,
    Trust,
    Word,
)
from custody.ledger.writer import Draft
from making import people
from making.keeping import SEALED, Keeper, Step, export
from making.pipeline import PASSED, REGULATED, Outcome, run_deployment, run_pipeline, subject
from making.reports import Build, make_build, pick

ORIGIN = "acme.example/payments"
FIRST, LAST = date(2026, 10, 24), date(2026, 11, 22)
ENVIRONMENTS = ("test", "staging", "prod")

# Service: its version in front of the first day, and how many instances production runs.
SERVICES = {
    "payments-api": ((4, 6, 9), 6),
    "ledger-core": ((3, 1, 4), 3),
    "fraud-scoring": ((2, 8, 0), 4),
    "card-gateway": ((1, 19, 2), 4),
    "customer-portal": ((5, 11, 0), 4),
    "notifications": ((2, 2, 7), 2),
}
BLUE_GREEN = frozenset({"payments-api", "card-gateway"})  # old and new run side by side for a while
# While the story has a service to itself, nothing everyday happens to it.
RESERVED = {
    "fraud-scoring": (date(2026, 10, 29), date(2026, 10, 30)),
    "ledger-core": (date(2026, 11, 4), date(2026, 11, 6)),
    "customer-portal": (date(2026, 11, 10), date(2026, 11, 12)),
    "notifications": (date(2026, 11, 12), date(2026, 11, 13)),
    "payments-api": (date(2026, 11, 17), date(2026, 11, 20)),
}
ROTATION = datetime(2026, 11, 9, 9, 0, 12, tzinfo=UTC)  # the second trust document
CARD_NUMBER = "4111 1111 1111 1111"  # the card networks' number for tests

POLICY = """\
# What must be true of a build before it runs in prod.
version = 1
name = "production"
environments = ["prod"]
uncovered-tail = true

[controls.provenance]
kind = "provenance"
repositories = ["https://git.acme.example/acme/*"]
branches = ["main"]
writers = ["ci-builder"]

[controls.unit-tests]
kind = "evidence"
type = "junit"

[controls.integration-tests]
kind = "evidence"
type = "junit"

[controls.dependency-scan]
kind = "evidence"
type = "sarif"
limits = { error = 0 }

[controls.four-eyes]
kind = "four-eyes"
control = "four-eyes"

[controls.release]
kind = "approvals"
roles = ["approver", "risk-officer"]

[controls.risk]
kind = "approvals"
roles = ["risk-officer"]
when = { "annotation.risk" = "high" }
"""


class Fate(NamedTuple):
    """What becomes of a build that passed: when it goes into staging, is decided upon, goes into production.

    Decided upon, and no production: rejected. `by` decides, for `reason`; `cause` is what the deployment says.
    """

    staging: datetime | None = None
    approved: datetime | None = None
    prod: datetime | None = None
    reason: str = ""
    by: str = people.MANAGER
    cause: str = ""
    minor: bool = False
    author: str = ""  # who wrote it, where the story says


class Payments:
    """The company's month. `run` leaves `path` behind: a ledger that verifies."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._random = Random("custody samples: payments")
        self._agenda: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()
        self._runs = count(4101)
        self._changes = count(7301)
        self._jobs = count(1)
        self._pending: list[Path] = []
        self._line: dict[str, list[str]] = {service: [] for service in SERVICES}  # the branch's commits
        self.built: dict[str, Build] = {}  # the latest of each service
        self._released: dict[str, str] = {}  # of those, the last that was approved for prod
        self._versions = {service: version for service, (version, _) in SERVICES.items()}
        before = {service: self._new_build(service) for service in SERVICES}
        self._running = {name: {one: [build] for one, build in before.items()} for name in ENVIRONMENTS}
        self._reports: dict[str, list[Step]] = {name: [] for name in ENVIRONMENTS}
        self._in_prod: dict[str, list[Build]] = {one: [build] for one, build in before.items()}

    def run(self) -> Keeper:
        """Make the ledger."""
        first, second = people.trust_documents(ORIGIN)
        self.keeper = Keeper(self._path, ORIGIN, first, _at(FIRST, "06:00:04"))
        self._on(ROTATION, lambda: self._act(people.ROOT, ROTATION, Draft("trust", Trust(second).write())))
        day = FIRST
        while day <= LAST:
            self._plan_day(day)
            day += timedelta(days=1)
        self._story()
        while self._agenda:
            heapq.heappop(self._agenda)[2]()
        return self.keeper

    def next_build(self) -> Build:
        """The build of payments-api that comes after the month."""
        return self._new_build("payments-api", minor=True)

    # The calendar

    def _on(self, moment: datetime, what: Callable[[], object]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), what))

    def _plan_day(self, day: date) -> None:
        work = day.weekday() < 5
        for environment in ENVIRONMENTS:
            hours = range(0, 24, 3 if environment == "prod" else 6)
            for hour in hours:
                moment = _at(day, f"{hour:02}:00:07") + timedelta(seconds=self._random.random() * 4)
                if moment > _at(FIRST, "06:05:00"):
                    self._on(moment, partial(self._look, environment, moment))
            self._on(_at(day, "23:46:00"), partial(self._close_reports, environment, day))
        merges = ["06:15:00", "12:00:00", "17:30:00"] if work else ["12:00:00"]
        for at in [*merges, *(["23:55:00"] if day == LAST else [])]:
            self._on(_at(day, at), partial(self._merge, _at(day, at)))
        if day == date(
            2026, 10, 26
        ):  # the pipelines' first day with a ledger: everything is built and released
            for index, service in enumerate(SERVICES):
                self._everyday(service, _at(day, f"{8 + index}:20:00"), date(2026, 10, 27 + index % 2))
        elif work:
            for index in range(pick(self._random, 4, 6)):
                service = list(SERVICES)[pick(self._random, 0, 5)]
                low = 8.4 + index * 1.3
                start = _at(day, "00:00:00") + timedelta(hours=low + self._random.random())
                promoted = self._random.random() < 0.5
                if not _reserved(service, day):
                    self._everyday(service, start, _next_work_day(day) if promoted else None)

    def _everyday(self, service: str, start: datetime, release: date | None) -> None:
        """A run as most of them are: of every eight, one fails its tests."""
        chance = self._random.random()
        settled = start.date() == date(2026, 10, 26) or chance >= 0.13
        outcome = PASSED if settled else Outcome("unit" if chance < 0.06 else "integration")
        staged = self._random.random() < 0.7 or release is not None
        staging = start + timedelta(minutes=70 + 50 * self._random.random()) if staged else None
        approved = prod = None
        if release is not None and release <= LAST and not _reserved(service, release):
            prod = _at(release, "09:40:00") + timedelta(hours=5.5 * self._random.random())
            approved = prod - timedelta(minutes=12 + 25 * self._random.random())
        by = people.MANAGER
        if service in REGULATED and approved is not None:
            by = people.OFFICER_LAPTOP if approved < ROTATION else people.OFFICER_TOKEN
        reason = "tests and scan passed, rollback plan in the change"
        fate = Fate(staging, approved, prod, reason, by, minor=self._random.random() < 0.25)
        self._on(start, partial(self._pipeline, service, start, fate, outcome))

    # What can happen

    def _pipeline(self, service: str, start: datetime, fate: Fate, outcome: Outcome) -> None:
        """A run; and if nothing failed, what becomes of its build."""
        build = self._new_build(service, minor=fate.minor)
        build = build._replace(author=fate.author or build.author)
        self.built[service] = build
        builder = people.BUILDER if start < ROTATION else people.BUILDER_2
        exports = run_pipeline(self._folder, ORIGIN, build, start, builder, outcome)
        self._on(exports.end, lambda: self._pending.extend(exports.paths))
        if not outcome.passed:
            return
        in_test = exports.end + timedelta(seconds=75)
        self._on(in_test, partial(self._deploy, build, "test", in_test))
        if fate.staging is not None:
            self._on(fate.staging, partial(self._deploy, build, "staging", fate.staging))
        if fate.approved is not None:
            link = f"https://change.acme.example/CHG-{next(self._changes)}"
            self._on(fate.approved, partial(self._decide, build, fate, link))
            if fate.prod is not None:
                self._on(fate.prod, partial(self._deploy, build, "prod", fate.prod, fate.cause, link))

    def _decide(self, build: Build, fate: Fate, link: str) -> None:
        assert fate.approved is not None
        decision: Word = "rejected" if fate.prod is None else "approved"
        seen = PolicySeen("production", hashlib.sha256(POLICY.encode()).hexdigest())
        body = Approval(
            subject(build),
            "prod",
            decision,
            fate.reason,
            commits=CommitRange(build.commit, build.since),
            policy=seen,
            extras=Extras(links=(Link("change", link),) if link else ()),
        )
        self._act(fate.by, fate.approved, Draft("approval", body.write(), (subject(build),)))
        if decision == "approved":
            self._released[build.service] = build.commit

    def _deploy(
        self,
        build: Build,
        environment: str,
        moment: datetime,
        reason: str = "",
        link: str = "",
        back: bool = False,
    ) -> None:
        running = self._running[environment]
        newest = running[build.service][-1]
        if _number(build) <= _number(newest) and not back:
            return  # overtaken by a later build
        path = self._folder / f"deploy-{environment}-{next(self._jobs):04}.ledger"
        done = moment + timedelta(seconds=5)
        run_deployment(path, ORIGIN, build, environment, moment, reason, link)
        self._on(done, lambda: self._pending.append(path))
        if environment == "prod":
            self._in_prod[build.service].append(build)
        side_by_side = environment == "prod" and build.service in BLUE_GREEN and not back
        running[build.service] = [newest, build] if side_by_side else [build]
        seen = moment + timedelta(seconds=50)
        self._on(seen, partial(self._look, environment, seen))
        if side_by_side:
            over = moment + timedelta(minutes=4.5)
            self._on(over, lambda: running.update({build.service: [build]}))
            later = over + timedelta(seconds=20)
            self._on(later, partial(self._look, environment, later))

    def _look(self, environment: str, moment: datetime) -> None:
        """The reporter sees what runs."""
        found = []
        for service, (_, instances) in sorted(SERVICES.items()):
            wanted = instances if environment == "prod" else 2 if environment == "staging" else 1
            for build in sorted(self._running[environment][service], key=_number):
                found.append(Running(service, subject(build), wanted, build.version))
        body = Snapshot(environment, tuple(found))
        self._reports[environment].append(Step(moment, Draft("snapshot", body.write())))

    def _close_reports(self, environment: str, day: date) -> None:
        steps = self._reports[environment]
        start = steps[0].time - timedelta(seconds=2)
        steps.append(Step(_at(day, "23:46:00"), SEALED))
        run = Run("acme-cluster", runner=f"{environment}-reporter")
        about = Genesis(flow=f"{environment}-cluster", trail=str(day), job="snapshots", run=run)
        path = self._folder / f"snapshots-{environment}-{day}.ledger"
        export(path, ORIGIN, people.signer(people.REPORTER), about, start, steps)
        self._reports[environment] = []
        self._pending.append(path)

    def _merge(self, moment: datetime) -> None:
        if self._pending:
            self.keeper.merge(self._pending, moment)
            self._pending = []

    def _act(self, who: str, moment: datetime, draft: Draft) -> None:
        self.keeper.act(who, moment, draft)

    def _say(self, who: str, when: str, text: str) -> None:
        moment = _moment(when)
        self._on(moment, lambda: self._act(who, moment, Draft("note", Note(text).write())))

    # What did happen

    def _story(self) -> None:
        manager = people.MANAGER
        began = _moment("2026-10-26 08:05:31")
        policy = Draft("policy", Policy("production", POLICY).write())
        self._on(began, lambda: self._act(people.ADMIN, began, policy))
        self._say(manager, "2026-10-26 08:30:02", "from today on, what goes to prod is on this ledger")

        # A scan that fails, and the commit that mends it.
        self._run("fraud-scoring", "2026-10-29 09:41:10", Fate(), Outcome(problem="yaml-load 0.9.3"))
        self._gate("fraud-scoring", "2026-10-29 12:08:19")
        self._say(manager, "2026-10-29 12:10:47", "fraud-scoring is not released: dependency-scan failed")
        reason = "yaml-load replaced, dependency-scan passes again"
        fate = _fate(
            "2026-10-29 15:05:12", "2026-10-30 09:48:20", "2026-10-30 10:12:33", reason, people.OFFICER_LAPTOP
        )
        self._run("fraud-scoring", "2026-10-29 13:24:36", fate)

        # A build that is rejected, and the one that answers the objection.
        reason = "half cents are rounded another way now, and no control account was reconciled with it"
        fate = _fate("2026-11-04 10:40:00", "2026-11-04 14:10:55", "", reason, people.OFFICER_LAPTOP)
        self._run("ledger-core", "2026-11-04 09:02:19", fate._replace(minor=True))
        reason = "rounding is as before, the reconciliation of October is in the change"
        fate = _fate(
            "2026-11-05 15:15:09", "2026-11-06 10:03:27", "2026-11-06 10:31:50", reason, people.OFFICER_LAPTOP
        )
        self._run("ledger-core", "2026-11-05 13:31:42", fate)

        # A release that is taken back after half an hour, and comes again the next day.
        reason = "new sign-in page, tried in staging for a day"
        fate = _fate("2026-11-10 15:02:44", "2026-11-11 12:44:31", "2026-11-11 13:05:17", reason, manager)
        self._run("customer-portal", "2026-11-10 13:10:08", fate._replace(minor=True))
        back = _moment("2026-11-11 13:41:29")
        self._on(back, lambda: self._roll_back("customer-portal", back))
        reason = "the sign-in loop on old browsers is fixed"
        fate = _fate("2026-11-12 10:05:38", "2026-11-12 13:20:01", "2026-11-12 13:47:40", reason, manager)
        self._run("customer-portal", "2026-11-12 08:52:13", fate)

        # Something that must not be kept, and its erasure.
        self._on(_moment("2026-11-12 10:22:15"), self._leak)

        # Somebody approves what they wrote themselves. The gate says no, until somebody else has looked.
        author = people.DEV_2
        reason = "quiet hours are kept in the customer's own time zone, seen in staging"
        fate = _fate("2026-11-12 10:20:11", "2026-11-13 13:26:40", "2026-11-13 13:48:12", reason, manager)
        self._run("notifications", "2026-11-12 09:05:27", fate._replace(author=author, minor=True))
        reason = "my change, tried it in staging"
        early = fate._replace(approved=_moment("2026-11-13 09:58:03"), by=author, reason=reason)
        self._on(_moment("2026-11-13 09:58:03"), lambda: self._decide(self.built["notifications"], early, ""))
        self._gate("notifications", "2026-11-13 10:02:31")
        self._gate("notifications", "2026-11-13 13:44:50")

        # A release by day that charges twice, and its hotfix by night.
        reason = "shorter timeout towards the gateway, load test in the change"
        fate = _fate("2026-11-17 12:20:30", "2026-11-18 13:31:07", "2026-11-18 14:02:21", reason, manager)
        self._run("payments-api", "2026-11-17 10:15:53", fate._replace(minor=True))
        self._say(
            people.DEV_2, "2026-11-19 01:09:38", "payments-api charges twice when the gateway times out"
        )
        reason = "one retry is one charge again; cannot wait for the morning"
        fate = _fate(
            "2026-11-19 02:08:15", "2026-11-19 02:17:42", "2026-11-19 02:22:36", reason, people.OFFICER_TOKEN
        )
        fate = fate._replace(cause="hotfix", author=people.DEV_2)
        self._run("payments-api", "2026-11-19 01:31:04", fate, Outcome(unreviewed=True))
        self._on(_moment("2026-11-19 02:12:05"), self._except)
        self._gate("payments-api", "2026-11-19 02:19:22")
        for night in (_moment("2026-11-19 02:00:10"), _moment("2026-11-19 02:45:00")):
            self._on(night, partial(self._merge, night))
        self._say(manager, "2026-11-19 09:12:25", "the night's double charges are refunded: 41 of them")

        # The exception ends before anybody reviewed the change: what runs could not be released again.
        self._gate("payments-api", "2026-11-19 16:30:18")
        reason = "the night's hotfix with its review and a test of its own"
        fate = _fate("2026-11-20 10:14:09", "2026-11-20 13:05:51", "2026-11-20 13:31:44", reason, manager)
        self._run("payments-api", "2026-11-20 08:40:36", fate)

    def _run(self, service: str, start: str, fate: Fate, outcome: Outcome = PASSED) -> None:
        begin = _moment(start)
        self._on(begin, partial(self._pipeline, service, begin, fate, outcome))

    def _gate(self, service: str, when: str) -> None:
        """The gate is asked about the latest build, and its answer recorded."""
        moment = _moment(when)
        self._on(moment, lambda: self.keeper.gate(subject(self.built[service]), "prod", moment))

    def _except(self) -> None:
        """Nobody is awake who could review the change: an exception, for this build, until noon."""
        about = subject(self.built["payments-api"])
        reason = "double charges in production; nobody to review at night, to be reviewed by noon"
        body = Allow("prod", "2026-11-19T12:00:00.000Z", reason, about, controls=("four-eyes",))
        self._act(people.ADMIN, _moment("2026-11-19 02:12:05"), Draft("allow", body.write(), (about,)))

    def _roll_back(self, service: str, moment: datetime) -> None:
        before = self._in_prod[service][-2]
        self._deploy(before, "prod", moment, "rollback: customers on old browsers cannot sign in", back=True)

    def _leak(self) -> None:
        text = f"refund stuck in card-gateway, the customer sent card {CARD_NUMBER} by chat"
        note = Draft("note", Note(text).write())
        entry = self.keeper.act(people.DEV_1, _moment("2026-11-12 10:22:15"), note).id
        erased = _moment("2026-11-13 09:10:44")
        reason = "a customer's card number, erasure request ER-112"
        self._on(erased, lambda: self.keeper.redact(entry, reason, erased))

    def _new_build(self, service: str, *, minor: bool = False) -> Build:
        major, middle, patch = self._versions[service]
        self._versions[service] = (major, middle + 1, 0) if minor else (major, middle, patch + 1)
        version = ".".join(map(str, self._versions[service]))
        run = next(self._runs)
        build = make_build(Random(f"custody samples: build {run}"), service, version, run)
        line = self._line.setdefault(service, [])
        line.append(build.commit)
        since = self._released.get(service, "")
        return build._replace(since=since, line=tuple(line[line.index(since) + 1 :] if since else line))


def _number(build: Build) -> int:
    return build.run


def _at(day: date, clock: str) -> datetime:
    hour, minute, second = map(int, clock.split(":"))
    return datetime.combine(day, time(hour, minute, second), UTC)


def _moment(text: str) -> datetime:
    """A scripted moment, with milliseconds of its own."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return moment + timedelta(milliseconds=pick(Random(text), 0, 999))


def _fate(staging: str, approved: str, prod: str, reason: str, by: str) -> Fate:
    return Fate(_moment(staging), _moment(approved), _moment(prod) if prod else None, reason, by)


def _reserved(service: str, day: date) -> bool:
    first, last = RESERVED.get(service, (LAST, FIRST))
    return first <= day <= last


def _next_work_day(day: date) -> date:
    day += timedelta(days=1)
    return day if day.weekday() < 5 else _next_work_day(day)
