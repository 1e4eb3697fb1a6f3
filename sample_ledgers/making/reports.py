"""What a pipeline's tools would have written: JUnit reports, a scanner's log, changes, commits, fingerprints."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from random import Random
from typing import NamedTuple

from custody.ledger.timestamps import from_datetime
from custody.record.pull_request import OWN

TESTS = {
    "payments-api": (
        "payments.capture", "captures_once_for_one_idempotency_key refuses_a_negative_amount "
        "keeps_minor_units_of_jpy splits_a_fee_without_losing_a_cent expires_an_authorisation_after_seven_days "
        "retries_after_a_timeout_of_the_gateway rejects_an_unknown_currency maps_every_decline_code",
    ),
    "ledger-core": (
        "ledger.posting", "debits_equal_credits refuses_a_posting_into_a_closed_period reverses_a_posting "
        "rounds_half_to_even replays_a_day_to_the_same_balance locks_accounts_in_one_order "
        "carries_a_balance_over_midnight_utc exports_a_trial_balance",
    ),
    "fraud-scoring": (
        "scoring.rules", "scores_a_known_device_low scores_a_new_country_high caps_velocity_per_card "
        "falls_back_when_the_model_is_late explains_every_score keeps_thresholds_per_merchant "
        "ignores_a_replayed_event reads_the_model_of_the_day",
    ),
    "card-gateway": (
        "gateway.iso8583", "encodes_an_authorisation_request reads_a_reversal masks_the_card_number_in_logs "
        "times_out_after_eight_seconds rotates_the_terminal_key answers_an_echo refuses_a_bitmap_out_of_range "
        "keeps_the_trace_number",
    ),
    "customer-portal": (
        "portal.pages", "shows_a_statement_of_twelve_months hides_other_customers_accounts "
        "signs_out_after_ten_minutes downloads_a_receipt keeps_the_language_chosen formats_amounts_by_locale "
        "asks_again_before_a_payout works_without_scripts",
    ),
    "notifications": (
        "notify.channels", "sends_one_message_for_one_event respects_quiet_hours falls_back_from_push_to_mail "
        "never_quotes_a_card_number renders_every_template drops_a_message_after_a_day counts_bounces "
        "signs_webhooks",
    ),
}  # fmt: skip


class Build(NamedTuple):
    """One build of a service: what came out of one run of its pipeline.

    `commit` merged the change whose last commit is `change`; `line` are the commits of the branch since the last
    release, and `since` that release's.
    """

    service: str
    version: str
    run: int
    commit: str
    sha256: str
    size: int
    author: str
    change: str
    since: str = ""
    line: tuple[str, ...] = ()


def pick(random: Random, low: int, high: int) -> int:
    """A whole number from `low` to `high`; of all that Random offers, `random` alone is promised never to change."""
    return low + int(random.random() * (high - low + 1))


def make_build(random: Random, service: str, version: str, run: int) -> Build:
    """A build with a commit and a fingerprint of its own."""
    commit = random.randbytes(20).hex()
    fingerprint = hashlib.sha256(f"{service} {version} {commit}".encode()).hexdigest()
    size = pick(random, 9_000_000, 64_000_000)
    author = f"dev-{pick(random, 1, 4)}"
    return Build(service, version, run, commit, fingerprint, size, author, random.randbytes(20).hex())


def junit(random: Random, service: str, suite: str, failing: int = 0) -> bytes:
    """A JUnit report of one suite, of which the first `failing` test cases fail."""
    package, names = TESTS[service]
    cases, total = [], 0.0
    for index, name in enumerate(names.split()):
        seconds = pick(random, 2, 900) / 1000
        total += seconds
        opening = f'    <testcase classname="{package}.{suite}" name="{name}" time="{seconds:.3f}"'
        if index < failing:
            failure = (
                f'      <failure message="expected 1, got 2">{package}_{suite}.py: assertion failed</failure>'
            )
            cases += [f"{opening}>", failure, "    </testcase>"]
        else:
            cases.append(f"{opening}/>")
    count = len(names.split())
    head = f'name="{service} {suite}" tests="{count}" failures="{failing}" errors="0" skipped="0" time="{total:.3f}"'
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<testsuites>", f"  <testsuite {head}>", *cases]
    return ("\n".join([*lines, "  </testsuite>", "</testsuites>"]) + "\n").encode()


def scan(random: Random, build: Build, problem: str = "") -> bytes:
    """A dependency scanner's SARIF log; `problem` is the one error in it, if there is one."""
    results = []
    if problem:
        text = f"{problem} has a vulnerability of high severity, reachable from the service"
        results.append({"ruleId": "vulnerable-dependency", "level": "error", "message": {"text": text}})
    run = {
        "tool": {"driver": {"name": "depscan", "version": "3.2.1"}},
        "properties": {"components": pick(random, 120, 340), "sha256": build.sha256},
        "results": results,
    }
    return (json.dumps({"version": "2.1.0", "runs": [run]}, indent=1) + "\n").encode()


def change(build: Build, opened: datetime, reviewed: datetime | None, merged: datetime) -> bytes:
    """The pull request that brought a build's commit, as custody's own small JSON; `reviewed` is None for nobody."""
    reviewer = f"dev-{int(build.author[-1]) % 4 + 1}"
    said = []
    if reviewed is not None:
        time = from_datetime(reviewed)
        said = [{"by": reviewer, "state": "approved", "time": time, "commit": build.change}]
    value = {
        "url": f"https://git.acme.example/acme/{build.service}/changes/{build.run}",
        "number": str(build.run),
        "state": "merged",
        "author": build.author,
        "mergeCommit": build.commit,
        "mergedBy": reviewer if reviewed else build.author,
        "merged": from_datetime(merged),
        "changes": [{"commit": build.change, "authors": [build.author], "time": from_datetime(opened)}],
        "reviews": said,
    }
    return (json.dumps({OWN: value}, indent=1) + "\n").encode()
