"""`custody gate --what-if`: a policy that nobody recorded yet, over every deployment in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.cli import answers, console
from custody.cli.console import Column
from custody.cli.times import Clock
from custody.cli.verdicts import WORDS, verdict_json
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.policy.document import Policy
    from custody.policy.replaying import Replayed


def replay(
    policy: Policy,
    environment: str | None,
    ledger: str | None,
    root: list[str] | None,
    clock: Clock,
    json: bool,
) -> int:
    """Say of each deployment what the policy then in force said, and what this one would have. The exit status is the
    verification's: a question about the past is no gate."""
    with answers.answering(ledger, root, json) as answer:
        from custody.policy.judgement import Judgement
        from custody.policy.replaying import replay as deployments_under

        judgement = Judgement(answer.snapshot, answer.index, answer.answers.trust)
        found = [
            one
            for one in deployments_under(judgement, policy)
            if environment in (None, one.deployed.environment)
        ]
        refused = [one for one in found if one.then.outcome == "passed" and one.instead.outcome != "passed"]
        let_through = [
            one
            for one in found
            if one.then.policy and one.then.outcome != "passed" and one.instead.outcome == "passed"
        ]
        if not json:
            _print(found, clock)
            console.out(
                f"{len(found)} deployments under policy {safe_text(policy.name, 60)}: {len(refused)} would have been "
                f"refused that were not, {len(let_through)} let through that were not"
            )
        return answer.finish(
            {
                "policy": {"name": policy.name, "sha256": policy.sha256},
                "deployments": len(found),
                "refused": len(refused),
                "letThrough": len(let_through),
                "replayed": [
                    {
                        "artifact": one.deployed.name,
                        "service": one.deployed.service,
                        "proof": one.deployed.proof._asdict(),
                        "then": verdict_json(one.then),
                        "whatIf": verdict_json(one.instead),
                    }
                    for one in found
                ],
            }
        )


def _print(found: list[Replayed], clock: Clock) -> None:
    rows = [
        [
            *clock.cells(one.deployed.proof.time),
            safe_text(one.deployed.environment, 30),
            safe_text(one.deployed.name, 40),
            one.deployed.sha256[:12],
            WORDS[one.then.outcome][0] if one.then.policy else "no policy",
            WORDS[one.instead.outcome][0],
            _why(one),
        ]
        for one in found
    ]
    console.table(
        rows,
        [
            *(column._replace(drop=column.drop * 4) for column in clock.columns("deployed")),
            Column("environment", least=8, drop=2),
            Column("artifact", least=12, drop=1),
            Column("sha256", drop=3),
            Column("then"),
            Column("what if"),
            Column("because", least=20, wraps=True),
        ],
    )


def _why(one: Replayed) -> str:
    stand = [control for control in one.instead.controls if control.state in ("failed", "missing", "unknown")]
    return "; ".join(
        f"{safe_text(control.name, 40)}: {safe_text(control.sentence, 160)}" for control in stand
    )
