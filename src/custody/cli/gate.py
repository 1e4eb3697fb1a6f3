"""`custody gate`: may this artifact go to that environment? Exit 0 for yes, 6 for no."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.known import known_artifact
from custody.cli.recording import find_key, ledger_path
from custody.cli.times import Clock, print_understood
from custody.cli.verdicts import conclusion, print_verdict, verdict_json
from custody.errors import EXIT_GATE, EXIT_OK, UsageError
from custody.ledger import timestamps
from custody.ledger.findings import CODES
from custody.ledger.store import DEFAULT_WAIT
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.ledger.entry import Subject
    from custody.policy.document import Policy
    from custody.policy.judgement import Judgement
    from custody.policy.verdict import Verdict
    from custody.trust.verification import Report

TAIL = "uncovered-tail"


def register(app: typer.Typer) -> None:
    app.command("gate")(gate)


def gate(
    artifact: Annotated[
        str | None,
        options.argument("ARTIFACT", "A file, folder or image, a fingerprint, NAME@FINGERPRINT, or a name."),
    ] = None,
    environment: Annotated[
        str | None, options.option("--env", envvar="CUSTODY_ENV", help="The environment, such as prod.")
    ] = None,
    name: Annotated[str | None, options.option("--name", help="The name of a bare fingerprint.")] = None,
    at: Annotated[
        str | None,
        options.option("--at", metavar="WHEN", help='Judge as of this moment instead of now: "2 hours ago".'),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Record the decision in the ledger; needs a custodian's key.")
    ] = False,
    what_if: Annotated[
        bool,
        typer.Option(
            "--what-if", help="Judge by --policy instead; without ARTIFACT, every deployment so far."
        ),
    ] = False,
    policy: Annotated[
        str | None, options.option("--policy", metavar="FILE", help="The policy that --what-if tries out.")
    ] = None,
    key: options.Key = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    wait: options.Wait = DEFAULT_WAIT,
    tz: options.Zone = None,
    json: options.Json = False,
) -> int:
    """Say whether an artifact may go to an environment, by the policy in the ledger: exit 0 for yes, 6 for no.

    Example: custody gate dist/payments-api.whl --env prod --root root.pub
    """
    if what_if != (policy is not None):
        raise UsageError("--what-if and --policy FILE go together", code="what-if")
    if record and (what_if or at is not None):
        raise UsageError("--record puts on record what is so now: not with --what-if or --at", code="record")
    trial = _trial(policy) if policy is not None else None
    clock = Clock(tz)
    if artifact is None and trial is not None:
        from custody.cli.what_if import replay

        return replay(trial, environment, ledger, root, clock, json)
    if artifact is None or environment is None:
        raise UsageError("which artifact, and for which environment? Give ARTIFACT and --env", code="usage")
    moment = clock.moment(at) if at is not None else None
    with answers.answering(ledger, root, json) as answer:
        from custody.policy.judgement import Judgement

        judgement = Judgement(answer.snapshot, answer.index, answer.answers.trust)
        subject = known_artifact(answer, artifact, name)
        when = moment.utc if moment is not None else max(timestamps.now(), judgement.now)
        verdict = judgement.verdict(subject.sha256, environment, moment=when, policy=trial)
        governing = judgement.governing(environment, moment=when)
        policy_used = trial or (None if isinstance(governing, str) else governing.policy)
        gaps = _gaps(answer.report, policy_used)
        yes = verdict.outcome == "passed" and not gaps
        if not json:
            print_understood("understood", moment)
            _print(subject, verdict, gaps, yes, clock)
        value = {"allowed": yes, "gaps": gaps, "name": subject.name, "verdict": verdict_json(verdict)}
        answer.finish(value)
        report = answer.report
    if record:
        _record(judgement, subject, verdict, gaps, report, key, ledger, wait, json)
    return EXIT_OK if yes else EXIT_GATE


def _trial(path: str) -> Policy:
    from custody.cli.checks import read_text_file
    from custody.kinds import MAX_DOCUMENT
    from custody.policy.read import read_policy

    return read_policy(read_text_file(Path(path), MAX_DOCUMENT))


def _gaps(report: Report, policy: Policy | None) -> list[str]:
    """Gaps of the verification that stand in the way, whatever the policy says of the artifact."""
    found = {code for code in report.counts if CODES[code].severity == "gap"}
    if policy is not None and policy.uncovered_tail:
        found.discard(TAIL)
    return sorted(found)


def _print(subject: Subject, verdict: Verdict, gaps: list[str], yes: bool, clock: Clock) -> None:
    console.out(f"artifact    {safe_text(subject.name)} sha256 {subject.sha256}")
    console.out(f"environment {safe_text(verdict.environment)}")
    console.out(f"judged at   {clock.text(verdict.moment)}")
    print_verdict(verdict)
    if gaps:
        console.out(f"gaps        {', '.join(gaps)}: what cannot be verified cannot be let through")
        if gaps == ["no-root"]:
            console.out("            give --root KEY, or run `custody trust pin`")
    if yes or verdict.outcome != "passed":
        console.out(conclusion(verdict))
    else:
        console.out(f"{console.style('NO', 'bad')} · the policy says yes, and the ledger has gaps")


def _record(
    judgement: Judgement,
    subject: Subject,
    verdict: Verdict,
    gaps: list[str],
    report: Report,
    key: str | None,
    ledger: str | None,
    wait: float,
    json: bool,
) -> None:
    """Write the decision as a custodian's single act. By anybody else it would count for nothing, so it is refused."""
    from custody.ledger.writer import ChainWriter, Draft, Writer
    from custody.policy.decisions import decision_of
    from custody.trust.roles import CUSTODIAN

    signer = find_key(key)
    writer = judgement.identities.of_key(signer.public.hex)
    if writer is None or CUSTODIAN not in judgement.identities.roles(writer):
        who = writer or "nobody"
        message = f"a decision is a custodian's to record, and key {signer.public.fingerprint} is {who}'s"
        raise UsageError(message, code="role")
    allowed = verdict.outcome == "passed" and not gaps
    reason = f"gaps of the verification: {', '.join(gaps)}" if gaps else ""
    body = decision_of(subject, verdict, allowed=allowed, size=report.size, root=report.root, reason=reason)
    with Writer(ledger_path(ledger), ChainWriter(signer), None, {}, wait=wait) as out:
        receipt = out.append([Draft("decision", body.write(), (subject,), last=True)])[0]
    if not json:
        console.say(f"decision recorded at position {receipt.position}  id {receipt.id}")
