"""`custody gate`: may this artifact go to that environment? Exit 0 for yes, 6 for no."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.checks import checked_name
from custody.cli.known import known_artifact
from custody.cli.recording import find_key, ledger_path
from custody.cli.times import Clock, print_understood
from custody.cli.verdicts import conclusion, print_verdict, verdict_json
from custody.errors import EXIT_GATE, EXIT_OK, InputError, UsageError
from custody.ledger import timestamps
from custody.ledger.findings import CODES
from custody.ledger.store import DEFAULT_WAIT
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.keys.ed25519 import Signer
    from custody.ledger.entry import Subject
    from custody.ledger.writer import Receipt
    from custody.policy.document import Policy
    from custody.policy.identities import Identities
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
        if at is not None or name is not None:
            raise UsageError(
                "--at and --name are of one ARTIFACT: give it, or leave them out", code="what-if"
            )
        from custody.cli.what_if import replay

        return replay(trial, environment, ledger, root, clock, json)
    if artifact is None or environment is None:
        raise UsageError("which artifact, and for which environment? Give ARTIFACT and --env", code="usage")
    environment = checked_name(environment, "--env")
    moment = clock.moment(at) if at is not None else None
    signer = find_key(key) if record else None
    with answers.answering(ledger, root, json) as answer:
        from custody.policy.judgement import Judgement

        judgement = Judgement(answer.snapshot, answer.index, answer.answers.trust)
        if signer is not None:
            _check_custodian(judgement.identities, signer)
        subject = known_artifact(answer, artifact, name)
        if moment is not None:
            verdict = judgement.verdict(subject.sha256, environment, moment=moment.utc, policy=trial)
        else:
            verdict = judgement.verdict_now(subject.sha256, environment, timestamps.now(), policy=trial)
        governing = judgement.governing(environment, moment=verdict.moment)
        policy_used = trial or (None if isinstance(governing, str) else governing.policy)
        gaps = _gaps(answer.report, policy_used)
    yes = _allowed(verdict, gaps)
    value = {"allowed": yes, "gaps": gaps, "name": subject.name, "verdict": verdict_json(verdict)}
    # What was to be recorded and is not is no answer: first the record, then the word.
    receipt = None
    if signer is not None:
        receipt = _record(signer, ledger_path(ledger), wait, subject, verdict, gaps, answer.report)
        value["decision"] = receipt._asdict()
    if not json:
        print_understood("understood", moment)
        _print(subject, verdict, gaps, yes, clock)
        if receipt is not None:
            console.say(f"decision recorded at position {receipt.position}  id {receipt.id}")
    answer.finish(value)
    return EXIT_OK if yes else EXIT_GATE


def _trial(path: str) -> Policy:
    from custody.cli.checks import read_text_file
    from custody.kinds import MAX_DOCUMENT
    from custody.policy.read import read_policy

    text = read_text_file(Path(path), MAX_DOCUMENT)
    try:
        return read_policy(text)
    except InputError as error:
        raise InputError(f"{path}: {error}", code=error.code) from None


def _gaps(report: Report, policy: Policy | None) -> list[str]:
    """Gaps of the verification that stand in the way, whatever the policy says of the artifact."""
    found = {code for code in report.counts if CODES[code].severity == "gap"}
    if policy is not None and policy.uncovered_tail:
        found.discard(TAIL)
    return sorted(found)


def _allowed(verdict: Verdict, gaps: list[str]) -> bool:
    return verdict.outcome == "passed" and not gaps


def _print(subject: Subject, verdict: Verdict, gaps: list[str], yes: bool, clock: Clock) -> None:
    console.out(f"artifact    {safe_text(subject.name)} sha256 {subject.sha256}")
    console.out(f"environment {safe_text(verdict.environment)}")
    console.out(f"judged at   {clock.text(verdict.moment)}")
    print_verdict(verdict)
    if gaps:
        console.out(f"gaps        {', '.join(gaps)}: what cannot be verified cannot be let through")
        if "no-root" in gaps:
            console.out("            give --root KEY, or run `custody trust pin`")
    if yes or verdict.outcome != "passed":
        console.out(conclusion(verdict))
    else:
        console.out(f"{console.style('NO', 'bad')} · the policy says yes, and the ledger has gaps")


def _check_custodian(identities: Identities, signer: Signer) -> None:
    """A decision by anybody else would count for nothing. Raises UsageError."""
    from custody.trust.roles import CUSTODIAN

    writer = identities.of_key(signer.public.hex)
    if writer is None or CUSTODIAN not in identities.roles(writer):
        who = writer or "nobody"
        message = f"a decision is a custodian's to record, and key {signer.public.fingerprint} is {who}'s"
        raise UsageError(message, code="role")


def _record(
    signer: Signer,
    ledger: Path,
    wait: float,
    subject: Subject,
    verdict: Verdict,
    gaps: list[str],
    report: Report,
) -> Receipt:
    """Write the decision, as a custodian's single act."""
    from custody.ledger.writer import ChainWriter, Draft, Writer
    from custody.policy.decisions import decision_of

    allowed = _allowed(verdict, gaps)
    reason = f"gaps of the verification: {', '.join(gaps)}" if gaps else ""
    body = decision_of(subject, verdict, allowed=allowed, size=report.size, root=report.root, reason=reason)
    with Writer(ledger, ChainWriter(signer), None, {}, wait=wait) as out:
        return out.append([Draft("decision", body.write(), (subject,), last=True)])[0]
