"""`custody report`: answers on paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.recording import ledger_path, open_given
from custody.cli.report_subjects import SUBJECTS, Question
from custody.cli.times import Clock
from custody.errors import UsageError
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.query.opening import Answers
    from custody.report.writing import Written

FORMATS = ("md", "html", "json")
PACK = "pack"


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    subject: Annotated[
        str,
        options.argument(
            "SUBJECT",
            "ledger, artifact, environment, findings, entry; or pack, a folder with the proofs.",
            completions=(*SUBJECTS, PACK),
        ),
    ] = "ledger",
    query: Annotated[
        str | None,
        options.argument("QUERY", "Which artifact (as for trace), environment (as for env show) or entry."),
    ] = None,
    at: Annotated[
        str | None,
        options.option("--at", metavar="WHEN", help="Of an environment: its state at this moment."),
    ] = None,
    since: Annotated[
        str | None,
        options.option("--since", metavar="WHEN", help="Of an environment: with what changed from then on."),
    ] = None,
    until: Annotated[
        str | None,
        options.option("--until", metavar="WHEN", help="Of an environment: with what changed until then."),
    ] = None,
    of: Annotated[
        str | None,
        options.option(
            "--of",
            metavar="SUBJECT",
            choices=SUBJECTS,
            help="Of a pack: what it is about; else artifact where there is a QUERY, and ledger where not.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        options.option(
            "--format",
            metavar="FORMAT",
            choices=FORMATS,
            help="md, html or json; else as the end of --out says, else md.",
        ),
    ] = None,
    out: Annotated[
        str | None,
        options.option(
            "--out", "-o", metavar="FILE", help="Write here instead; of a pack, the folder to make."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that --out names.")] = False,
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Write a report that says what it rests on, and the command that makes it again.

    Examples: custody report --out ledger.html

    custody report environment prod --at "last thursday 02:30" --out prod.md

    custody report pack payments-api --out for-the-auditor
    """
    if subject not in (*SUBJECTS, PACK):
        known = ", ".join((*SUBJECTS, PACK))
        raise UsageError(f"a report is of one of {known}; not {safe_text(subject, 60)}", code="choice")
    clock = Clock(tz)
    packed = subject == PACK
    if packed:
        subject = of or ("artifact" if query is not None else "ledger")
        _check_pack(out, form, force)
    elif of is not None:
        raise UsageError("--of is for a pack: name the subject itself", code="subject")
    form = _format(form, out, json)
    question = Question(subject, query, at, since, until, clock)
    path = ledger_path(ledger)
    with _opened(path, root) as found:
        from custody.report import writing
        from custody.report.answer import answer, ask
        from custody.report.formats import FORMATS as writers
        from custody.report.subject import Way

        about = question.means(found)
        way = Way(PACK if packed else form, clock.zone, out or "")
        document = answer(found, ask(found, about, way, str(path)), about)
        console.say(answers.verdict_line(found.report))
        if out is not None:
            if packed:
                _tell(out, writing.write_folder(Path(out), found, document), json)
            else:
                _tell(out, writing.write_report(Path(out), document, form, replace=force), json)
        elif form == "html":
            console.out_bytes(writers[form](document).encode("utf-8"))  # it says of itself that it is UTF-8
        else:
            console.out(writers[form](document).removesuffix("\n"))
        return document.exit


@contextmanager
def _opened(path: Path, roots: list[str] | None) -> Iterator[Answers]:
    """The ledger, verified; one with a fault too, since that is something to report."""
    from custody.query.opening import open_answers, passed

    with open_given(path, passed=passed) as snapshot:
        progress = console.Progress("verifying")
        found = open_answers(snapshot, answers.expectations(snapshot.origin, roots), progress)
        progress.close()
        with found.index:
            yield found


def _check_pack(out: str | None, form: str | None, force: bool) -> None:
    if out is None:
        raise UsageError("a pack is a folder: name the one to make with --out", code="out")
    if form is not None:
        raise UsageError("a pack holds its report in every format: leave --format out", code="format")
    if force:
        raise UsageError("a pack replaces nothing: leave --force out, and name a new folder", code="exists")


def _format(form: str | None, out: str | None, json: bool) -> str:
    """The format that was asked for, one way or the other."""
    if json and out is None:
        if form not in (None, "json"):
            raise UsageError(f"--json and --format {form} ask for two things: use one of them", code="format")
        return "json"
    ending = Path(out).suffix.removeprefix(".").lower() if out is not None else ""
    return form or (ending if ending in FORMATS else "md")


def _tell(out: str, written: Written, json: bool) -> None:
    """Word of what was written, where the report itself is not the answer."""
    size, sha256, files = written.size, written.sha256, written.files
    if not json:
        what = f"{size} bytes, sha256 {sha256}" if sha256 else f"{len(files)} files, {size} bytes"
        console.out(f"{safe_text(out)}: {what}")
    elif sha256:
        console.out_json({"file": out, "sha256": sha256, "size": size})
    else:
        console.out_json({"folder": out, "files": [{"file": name, "size": size} for name, size in files]})
