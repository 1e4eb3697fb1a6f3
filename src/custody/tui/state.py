"""What the screens draw: how far verification is, what it found, what is known of each entry. Knows no screen.

Only the app's message handlers write to it, so nothing here needs a lock.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from custody.errors import EXIT_GAP, EXIT_NOT_VERIFIED, EXIT_OK
from custody.ledger.findings import CODES, Finding, Severity
from custody.ledger.reader import Snapshot
from custody.query.index import NOTICES, Index
from custody.trust.verification import FINDINGS_KEPT, Expectations, Report, Verification

Stage = Literal["opening", "container", "entries", "indexing", "done", "stopped"]
Tone = Literal["waiting", "good", "gap", "fault"]
Weight = Severity | Literal["conduct"]
Mark = Literal["waiting", "verified", "idle", "fault"]

MAX_ROWS = 1_000_000_000  # a position beyond it is a forgery that no screen needs to scroll to
_DIGEST = 32
WEIGHTS: tuple[Weight, ...] = ("fault", "gap", "note", "conduct")

# What a fault is called in the seal. Whatever is not named here was tampered with.
_FAULT_WORDS = {
    "fork": "FORKED",
    "missing": "INCOMPLETE",
    "rollback": "ROLLED BACK",
    "root-differs": "ANOTHER ROOT",
    "split": "SPLIT",
    "truncated": "CUT SHORT",
}


class Judgement(NamedTuple):
    """What verification said of one entry: the id it had, whose word it is, whether answers may rest on it."""

    id: str
    writer: str
    counts: bool


class Standing(NamedTuple):
    """How an entry stands now. `code` is the finding of a fault, `why` its sentence."""

    mark: Mark
    writer: str = ""
    code: str = ""
    why: str = ""


class Verdict(NamedTuple):
    """One line about the whole ledger, in custody's own words: a tone, a word, and what it rests on."""

    tone: Tone
    word: str
    detail: str


class Remark(NamedTuple):
    """A finding, or what the index could make nothing of: a row in the table of findings.

    One of conduct names what was done, where and when, as `report.findings.Line` does.
    """

    severity: Weight
    code: str
    position: int
    message: str
    sha256: str = ""
    environment: str = ""
    time: str = ""


class Judgements:
    """A judgement for each verified position, in some forty bytes each."""

    def __init__(self) -> None:
        self._ids = bytearray()
        self._writers = array("i")  # 1 + the writer's number; negative where the entry does not count
        self._sparse: dict[int, Judgement] = {}  # of a log whose positions have gaps
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}

    def take(self, judged: Iterable[tuple[int, str, str, bool]]) -> None:
        """Add (position, id, writer, counts), in the log's order."""
        for position, entry, writer, counts in judged:
            if position != len(self._writers):
                self._sparse[position] = Judgement(entry, writer, counts)
                continue
            number = self._numbers.get(writer)
            if number is None:
                number = self._numbers[writer] = len(self._names) + 1
                self._names.append(writer)
            self._ids += bytes.fromhex(entry)
            self._writers.append(number if counts else -number)

    def get(self, position: int) -> Judgement | None:
        """What is known of a position; None while nothing is."""
        if not 0 <= position < len(self._writers):
            return self._sparse.get(position)
        number = self._writers[position]
        entry = self._ids[position * _DIGEST : (position + 1) * _DIGEST].hex()
        return Judgement(entry, self._names[abs(number) - 1], number > 0)


class State:
    """One ledger on view."""

    def __init__(self, snapshot: Snapshot, expectations: Expectations) -> None:
        self.snapshot = snapshot
        self.expectations = expectations
        self.origin = snapshot.origin
        self.count = min(snapshot.count, MAX_ROWS)
        self.changed = False  # on disk, since it was opened
        self.paused = False
        self.index: Index | None = None
        self.restart()

    def restart(self) -> None:
        """Nothing is known yet, or no longer: verification begins from the start."""
        if self.index is not None:
            self.index.close()
        self.report: Report | None = None
        self.verification: Verification | None = None
        self.index = None
        self.error = ""
        self.stage: Stage = "opening"
        self.done = 0
        self.elapsed = 0.0
        self.chains = 0
        self.judgements = Judgements()
        self.writers: Counter[str] = Counter()
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.notices: list[Remark] = []
        self._faults: dict[int, Finding] = {}

    # --- written by handlers

    def take(
        self,
        judged: Sequence[tuple[int, str, str, bool]],
        findings: Sequence[Finding],
        done: int,
        chains: int,
    ) -> None:
        """Another stretch of the log was verified."""
        self.judgements.take(judged)
        self.writers.update(writer for _, _, writer, _ in judged)
        self.done = min(done, self.count)
        self.chains += chains
        for finding in findings:
            self.counts[finding.code] += 1
            if self.counts[finding.code] <= FINDINGS_KEPT:
                self.findings.append(finding)
                if finding.severity == "fault" and finding.position >= 0:
                    self._faults.setdefault(finding.position, finding)

    def conclude(self, report: Report, verification: Verification | None = None) -> None:
        """The log is verified to its end; the index is not there yet, and never will be where there is a fault."""
        self.report = report
        self.verification = verification
        self.findings = list(report.findings)
        self.counts = Counter(report.counts)
        self.done = self.count
        self.stage = "done" if report.exit == EXIT_NOT_VERIFIED else "indexing"

    def answer_from(self, index: Index) -> None:
        """Questions can be answered."""
        self.index = index
        self.stage = "done"
        for code in NOTICES:
            told = index.notices(code)
            self.notices += [Remark("note", code, position, message) for position, _, message in told]

    # --- asked by screens

    @property
    def fraction(self) -> float:
        """How much of the log is verified, from 0 to 1."""
        if self.report is not None:
            return 1.0
        return self.done / self.count if self.count else 0.0

    @property
    def rate(self) -> float:
        """Entries verified a second; 0 where that means nothing yet."""
        return self.done / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def remarks(self) -> list[Remark]:
        """Faults first, then gaps, then notes; each by position."""
        found = [Remark(one.severity, one.code, one.position, one.message) for one in self.findings]
        return sorted((*found, *self.notices), key=lambda one: (WEIGHTS.index(one.severity), one.position))

    @property
    def refusal(self) -> str:
        """Why no question is answered; "" once they are. In a log with a fault none ever is, as on the command line."""
        if self.error:
            return "No answers: the file was refused."
        fault = self.first_fault
        if fault is not None:
            return f"No answers: {self._describe(fault)}. Nothing is told as a fact of a ledger that has a fault."
        if self.index is not None:
            return ""
        if self.report is not None:
            return "The log is verified; the answers are being put in order."
        return "The answers come when the log is verified."

    @property
    def first_fault(self) -> Finding | None:
        """The fault at the lowest position; one of the whole log only where no entry has any."""
        faults = [one for one in self.findings if one.severity == "fault"]
        return min(faults, key=lambda one: (one.position < 0, one.position), default=None)

    def standing(self, position: int, entry: str) -> Standing:
        """How the entry stands whose bytes, hashed just now, have this id."""
        judgement = self.judgements.get(position)
        writer = judgement.writer if judgement else ""
        fault = self._faults.get(position)
        if fault is not None:
            return Standing("fault", writer, fault.code, fault.message)
        if judgement is None:
            if self.report is None and position >= self.done:
                return Standing("waiting")
            return Standing("fault", "", "header-malformed", CODES["header-malformed"].meaning)
        if judgement.id != entry:
            return Standing("fault", "", "changed", "The file was written to after this entry was verified.")
        return Standing("verified" if judgement.counts else "idle", writer)

    def mark(self, position: int) -> Mark:
        """How whatever stands at a position stands, where its bytes are not at hand."""
        judgement = self.judgements.get(position)
        return self.standing(position, judgement.id if judgement else "").mark

    @property
    def verdict(self) -> Verdict:
        """The ledger as a whole, as far as it is known."""
        if self.error:
            return Verdict("fault", "REFUSED", self.error)
        fault = self.first_fault
        if fault is not None:
            return Verdict("fault", _FAULT_WORDS.get(fault.code, "TAMPERED"), self._describe(fault))
        if self.report is None:
            return Verdict("waiting", "NOT VERIFIED YET", self._progress())
        if self.report.exit == EXIT_OK:
            return Verdict("good", "INTACT AND ANCHORED", f"{self.origin} · {self._size()} · {self._root()}")
        if self.report.exit == EXIT_GAP:
            gaps = sorted(code for code in self.counts if CODES[code].severity == "gap")
            return Verdict("gap", "INTACT, WITH A GAP", f"{', '.join(gaps)} · {self.origin} · {self._size()}")
        return Verdict("fault", "NOT VERIFIED", "see the findings")

    def _describe(self, fault: Finding) -> str:
        where = f" at position {fault.position:,}" if fault.position >= 0 else ""
        others = sum(number for code, number in self.counts.items() if CODES[code].severity == "fault") - 1
        more = f" · {others:,} more fault{'s' if others > 1 else ''}" if others else ""
        progress = f" · {self.fraction:.0%} verified" if self.report is None else ""
        return f"{fault.code}{where}{more}{progress}"

    def _progress(self) -> str:
        if self.stage == "container":
            return "checking the file's structure"
        paused = "paused at " if self.paused else ""
        rate = f" · {self.rate:,.0f} a second" if self.rate and not self.paused else ""
        return f"{paused}{int(self.fraction * 100)} % · {self.done:,} of {self.count:,} entries{rate}"

    def _root(self) -> str:
        roots = self.report.roots if self.report else ()
        more = f" and {len(roots) - 1} more" if len(roots) > 1 else ""
        return f"root {roots[0][:19]}{more}" if roots else "no root"

    def _size(self) -> str:
        return f"{self.count:,} entr{'y' if self.count == 1 else 'ies'}"
