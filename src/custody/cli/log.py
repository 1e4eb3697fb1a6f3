"""`custody log|show`: the entries themselves."""

from __future__ import annotations

import json as jsonlib
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.answers import Answer
from custody.cli.console import Column
from custody.cli.times import Clock
from custody.cli.verdicts import print_standing, standing_json
from custody.errors import UsageError
from custody.ledger.entry import KINDS
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.policy.standing import Standing
    from custody.query.entries import EntryDetail

_PAGE = 500


def register(app: typer.Typer) -> None:
    app.command("log")(log)
    app.command("show")(show)


def log(
    ledger: options.Ledger = None,
    root: options.Root = None,
    number: options.Number = 30,
    kind: Annotated[
        str | None, options.option("--kind", choices=KINDS, help="Only entries of this kind.")
    ] = None,
    tz: options.Zone = None,
    json: options.Json = False,
) -> int:
    """List the newest entries, the last one last, after verifying them all.

    Example: custody log --kind approval -n 10
    """
    from custody.query.entries import EntryLine, page

    clock = Clock(tz)
    with answers.answering(ledger, root, json) as answer:
        lines: list[EntryLine] = []
        stop = answer.snapshot.count
        while stop > 0 and len(lines) < number:
            start = max(0, stop - _PAGE)
            found = [line for line in page(answer.snapshot, start, stop - start) if kind in (None, line.kind)]
            lines = found[-(number - len(lines)) :] + lines
            stop = start
        if not json:
            rows = [
                [
                    str(line.position),
                    *clock.cells(line.time),
                    line.kind,
                    safe_text(line.title, 80),
                    line.chain[:8],
                    line.id[:12],
                ]
                for line in lines
            ]
            console.table(
                rows,
                [
                    Column("position"),
                    *clock.columns("claimed"),
                    Column("kind", drop=1),
                    Column("what", least=12),
                    Column("chain", drop=2),
                    Column("id"),
                ],
            )
        return answer.finish([line._asdict() for line in lines])


def show(
    entry: options.Entry,
    verdict: Annotated[
        bool,
        typer.Option(
            "--verdict", help="And the policy's verdict on its artifact: then, now, and why they differ."
        ),
    ] = False,
    environment: Annotated[
        str | None,
        options.option("--env", help="With --verdict: for this environment; by default the entry's, or all."),
    ] = None,
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Show one entry whole: header, body, attachments, signature, and whose word it is.

    Example: custody show 4f2a9c01
    """
    from custody.query.entries import entry_detail

    if environment is not None and not verdict:
        raise UsageError("--env says for which environment --verdict is: give both", code="usage")
    clock = Clock(tz)
    with answers.answering(ledger, root, json) as answer:
        position = answers.resolve_entry(answer.snapshot, entry)
        detail = entry_detail(answer.snapshot, position)
        writer = answers.writer_of(answer, detail.key)
        notes = [one for one in answer.report.findings if one.position == position]
        if not json:
            console.out(f"entry      {detail.id}")
            console.out(f"position   {detail.position}")
            console.out(f"kind       {detail.kind}")
            console.out(f"time       {detail.time}, as claimed")
            console.out(f"chain      {detail.chain} seq {detail.seq}{', its last' if detail.last else ''}")
            console.out(f"key        {answers.key_fingerprint(detail.key)}")
            console.out(f"writer     {safe_text(writer) or '(nobody vouches for this key)'}")
            for subject in detail.subjects:
                console.out(f"subject    {safe_text(subject.name)} sha256:{subject.sha256}")
            for one in detail.attachments:
                there = "" if one.present else " (not there)"
                console.out(f"attachment {one.sha256} {one.size} bytes {safe_text(one.media_type)}{there}")
            console.out(
                f"signature  {detail.signature} ({'holds' if detail.signature_ok else 'DOES NOT HOLD'})"
            )
            for note in notes:
                console.out(f"{note.severity:10} {note.code}: {safe_text(note.message, 300)}")
            console.out()
            redacted = detail.body_state == "missing" and any(one.code == "redacted" for one in notes)
            state = "redacted" if redacted else detail.body_state
            console.out(f"body: {state}" if not detail.body_text else "body")
            for line in detail.body_text.splitlines():
                console.out(f"  {safe_text(line, 2000)}")
        standings = _standings(answer, detail, environment) if verdict else []
        for standing in standings if not json else ():
            console.out()
            print_standing(standing, clock)
        value = detail._asdict() | {
            "writer": writer,
            "header_text": None,
            "body_text": None,
            "header": jsonlib.loads(detail.header_text),
            "body": jsonlib.loads(detail.body_text) if detail.body_text else None,
            "subjects": [subject._asdict() for subject in detail.subjects],
            "attachments": [one._asdict() for one in detail.attachments],
            "findings": [answers.finding_json(note) for note in notes],
            "verdicts": [standing_json(one) for one in standings] if verdict else None,
        }
        return answer.finish({key: item for key, item in value.items() if item is not None})


def _standings(answer: Answer, detail: EntryDetail, environment: str | None) -> list[Standing]:
    """The verdicts on the artifacts that an entry is about, when it took effect and now."""
    from custody.policy.standing import Standing, governed

    body = jsonlib.loads(detail.body_text) if detail.body_text else {}
    named = body.get("environment")
    judgement = answer.judgement()
    if environment is not None:
        environments = [environment]
    elif isinstance(named, str):
        environments = [named]
    else:
        environments = governed(judgement)
    if not detail.subjects:
        raise UsageError(f"entry {detail.id[:12]} is about no artifact, of which there could be a verdict")
    if not environments:
        raise UsageError(
            "no policy governs an environment of this ledger: name one with --env", code="policy"
        )
    moment = min(detail.time, judgement.now)
    return [
        Standing(judgement.verdict(one.sha256, name, moment=moment), judgement.verdict(one.sha256, name))
        for one in detail.subjects
        for name in environments
    ]
