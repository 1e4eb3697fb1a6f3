"""Facts from a ledger: all that matters for an artifact, nothing that does not count, and what is blank as blank."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from book import BUILD, IDENTITIES, Book, allowed, approved, at, checked, deployed, of, opened, recorded
from ledgers import World, document, edit, put, sql

from custody.errors import InputError, RefusedError
from custody.kinds import (
    Approval,
    CommitRange,
    Decision,
    LogSeen,
    PolicySeen,
    Redaction,
    Running,
    Snapshot,
    Source,
    Tag,
)
from custody.ledger.entry import Subject
from custody.ledger.reader import Snapshot as Opened
from custody.ledger.reader import open_ledger
from custody.ledger.writer import Draft, Signed
from custody.policy.asking import Known
from custody.policy.facts import Facts
from custody.policy.gather import Gatherer
from custody.policy.identities import Identities
from custody.policy.tags import NOBODY
from custody.query.index import Index
from custody.query.types import Proof
from custody.trust.document import parse_trust

C1, C2, C3 = "1c" * 20, "2c" * 20, "3c" * 20
PEOPLE = Identities.from_trust(parse_trust(Book().text))


def gather(
    snapshot: Opened, index: Index, artifact: str, environment: str, before: int | None = None
) -> Facts:
    gatherer = Gatherer(Known(snapshot, index), PEOPLE)
    return gatherer.gather([artifact], environment, at=before)[artifact]


def facts(
    book: Book, folder: Path, word: str = "one", environment: str = "prod", before: int | None = None
) -> Facts:
    with book.open(folder) as (snapshot, index):
        return gather(snapshot, index, of(word).sha256, environment, before)


def test_a_record_with_what_its_chain_says_of_the_run(tmp_path: Path) -> None:
    book = Book()
    source = Source(branch="topic", since=C1, commits=(C2, C3))
    book.chain(
        "builder",
        1,
        recorded("one", source=source),
        trail="7",
        run=BUILD,
        commit=C3,
        repository="r",
        branch="main",
    )
    book.chain("builder", 2, recorded("one", "second", commit=C1, repository="other"))
    first, second = facts(book, tmp_path).records
    assert (first.flow, first.trail_name, first.actor, first.provider) == ("f", "7", "dev-1", "github")
    assert (first.repository, first.commit, first.branch) == ("r", C3, "topic")
    assert first.body is not None and first.body.source == source and first.readable
    assert (second.repository, second.commit, second.branch, second.trail_name) == ("other", C1, "", "")
    assert first.trail != second.trail
    assert (first.proof.writer, first.proof.time) == ("builder", at(1))


def test_evidence_on_the_artifact_its_commits_and_its_trails_also_where_it_was_superseded(
    tmp_path: Path,
) -> None:
    book = Book()
    book.chain("builder", 1, checked("", "fail"), checked("", "pass"), checked("", commit=C2), trail="7")
    book.chain(
        "builder",
        2,
        recorded("one", source=Source(commits=(C1, C2)), commit=C2),
        checked(of("one")),
        trail="7",
    )
    book.chain(
        "other-builder", 3, checked("", commit=C1, control="reviews"), checked("", commit=C3), checked("")
    )
    book.chain("builder", 4, checked(of("two")), checked("", control="elsewhere"), trail="8")
    found = facts(book, tmp_path)
    (trail,) = found.trails
    assert [(one.subject, one.control, one.result) for one in found.evidence] == [
        (f"trail:{trail.trail}", "tests", "fail"), (f"trail:{trail.trail}", "tests", "pass"),
        (f"commit:{C2}", "tests", "pass"),
        (of("one").sha256, "tests", "pass"), (f"commit:{C1}", "reviews", "pass"),
    ]  # fmt: skip
    assert [one.seq for one in found.evidence] == [1, 2, 3, 2, 1]
    assert found.evidence[0].chain == next(iter(trail.chains))


def test_what_does_not_count_is_nowhere(tmp_path: Path) -> None:
    """Of an unknown writer, and of one without the role."""
    book = Book()
    everything = (
        recorded("one"), checked(of("one")), approved("one"), deployed("one"), allowed(of("one")), allowed("*"),
    )  # fmt: skip
    book.chain("stranger", 1, *everything, trail="7")
    book.chain("bot", 2, recorded("one"), checked(of("one")), deployed("one"), allowed("*"), trail="7")
    book.chain("builder", 3, recorded("one"), approved("one"), allowed("*"), trail="7")
    found = facts(book, tmp_path)
    assert len(found.records) == 1
    assert found.evidence == found.approvals == found.deployments == found.allowed == ()
    (trail,) = found.trails
    assert [proof.writer for proof in trail.chains.values()] == ["bot", "builder"]
    assert set(trail.chains) == set(trail.closed)


def test_as_of_a_position(tmp_path: Path) -> None:
    book = Book()
    book.chain("builder", 1, recorded("one"), trail="7")
    before = len(book.entries)
    book.chain("builder", 2, checked(of("one")), trail="7")
    book.chain("risk-officer", 3, approved("one"))
    found = facts(book, tmp_path, before=before)
    assert (len(found.records), found.evidence, found.approvals) == (1, (), ())
    assert len(found.trails[0].chains) == 1
    later = (
        facts(book, tmp_path / "again", before=before + 2) if (tmp_path / "again").mkdir() is None else None
    )
    assert later is not None and len(later.evidence) == 1
    assert set(later.trails[0].chains) - set(later.trails[0].closed), "its seal is not there yet"


def blanks(found: Facts) -> list[str]:
    assert all((one.control, one.result) == ("", "") for one in found.evidence if not one.readable)
    return [one.subject for one in found.evidence if not one.readable]


# --- what is blank


def test_redacted_evidence_is_blank(tmp_path: Path) -> None:
    book = Book()
    made = book.chain(
        "builder", 1, recorded("one"), checked(of("one"), "fail"), checked(of("two")), trail="7"
    )
    book.erase(made[2])
    found = facts(book, tmp_path)
    (one,) = found.evidence
    assert (one.subject, one.readable, one.result) == (of("one").sha256, False, "")
    assert (one.chain, one.seq, one.proof.entry, one.proof.writer) == (made[0].id, 2, made[2].id, "builder")


@pytest.mark.parametrize("about", [checked("", commit=C1), checked(), checked("api")])
def test_redacted_evidence_on_no_fingerprint_may_have_been_on_anything_it_could_name(
    tmp_path: Path, about: Draft
) -> None:
    """A commit, a trail, and by its name an artifact of its own trail."""
    book = Book()
    made = book.chain("builder", 1, recorded("one"), about, trail="7")
    book.chain("builder", 2, recorded("two"), trail="8")
    book.erase(made[2])
    with book.open(tmp_path) as (snapshot, index):
        one, two = (gather(snapshot, index, of(word).sha256, "prod") for word in ("one", "two"))
    assert blanks(one) == ["", of("one").sha256]
    assert blanks(two) == [""]


def test_an_unreadable_body_is_blank_too(tmp_path: Path) -> None:
    book = Book()
    nonsense = Draft("evidence", {"control": 7}, (of("one"),))
    elsewhere = Draft("evidence", checked(of("two")).body, (of("one"),))
    hidden = Draft("evidence", checked("", commit=C1).body, (of("one"),))
    book.chain("builder", 1, recorded("one", commit=C1), nonsense, elsewhere, hidden)
    assert blanks(facts(book, tmp_path)) == [of("one").sha256] * 3
    (tmp_path / "two").mkdir()
    assert facts(book, tmp_path / "two", "two").evidence == ()


def test_a_record_an_approval_and_a_deployment_that_are_blank(tmp_path: Path) -> None:
    book = Book()
    build = book.chain("builder", 1, recorded("one", commit=C1), trail="7", run=BUILD)
    yes = book.chain("risk-officer", 2, approved("one", said="rejected"))
    out = book.chain("deployer", 3, deployed("one"))
    for entry in (build[1], yes[1], out[1]):
        book.erase(entry)
    found = facts(book, tmp_path)
    (record,), (approval,), (deployment,) = found.records, found.approvals, found.deployments
    assert (record.readable, record.commit, record.actor, record.trail_name) == (False, "", "dev-1", "7")
    assert found.artifact == of("one") and len(found.trails) == 1
    assert (approval.readable, approval.decision, approval.environment) == (False, "", "")
    assert approval.proof.writer == "risk-officer"
    assert (deployment.readable, deployment.environment, deployment.proof.writer) == (False, "", "deployer")


def test_where_a_genesis_is_blank_nobody_knows_the_trail(tmp_path: Path) -> None:
    """Not of what was recorded there, nor what its evidence was about; and any trail may lack that chain."""
    book = Book()
    build = book.chain("builder", 1, recorded("one"), checked(), checked(of("one")), trail="7", branch="main")
    tests = book.chain("builder", 2, checked("", "fail"), checked("api", "fail"), checked("web"), trail="7")
    out = book.chain("deployer", 3, deployed("one"), run=BUILD)
    kept = len(book.entries)
    whole = facts(book, tmp_path)
    assert whole.trails[0].readable and blanks(whole) == [] and len(whole.evidence) == 4
    for entry in (tests[0], out[0]):
        book.erase(entry)
    (tmp_path / "2").mkdir()
    found = facts(book, tmp_path / "2")
    assert blanks(found) == ["", "", of("one").sha256, ""]
    assert not found.trails[0].readable and found.records[0].readable
    assert [(one.readable, one.environment, one.actor) for one in found.deployments] == [(False, "prod", "")]
    book.erase(build[0])
    (tmp_path / "3").mkdir()
    found = facts(book, tmp_path / "3")
    assert not found.records[0].readable
    assert [one.subject for one in found.evidence if one.readable] == [of("one").sha256]
    assert len(book.entries) > kept


def test_what_a_stranger_does_not_say_darkens_nothing(tmp_path: Path) -> None:
    book = Book()
    book.chain("builder", 1, recorded("one"), checked(), trail="7")
    other = book.chain("stranger", 2, checked(of("one")), trail="7")
    for entry in other:
        book.erase(entry)
    found = facts(book, tmp_path)
    assert found.trails[0].readable and len(found.trails[0].chains) == 1 and blanks(found) == []


def test_a_blank_seal_may_have_listed_a_chain_that_is_not_there(tmp_path: Path) -> None:
    book = Book()
    first = book.chain("builder", 1, recorded("one"), trail="7")
    last = book.chain("builder", 2, trail="7", seal=[first[0].id, "f" * 64])
    book.chain("builder", 3, recorded("two"), trail="8")
    (trail,) = facts(book, tmp_path).trails
    ((proof, chains),) = trail.listed
    assert (proof.entry, chains) == (last[-1].id, {first[0].id, "f" * 64})
    assert trail.readable and trail.name == "7"
    assert {chain: one.entry for chain, one in trail.closed.items()} == {
        first[0].id: first[-1].id, last[0].id: last[-1].id,
    }  # fmt: skip
    book.erase(last[-1])
    (tmp_path / "2").mkdir()
    (trail,) = facts(book, tmp_path / "2").trails
    assert trail.listed == () and not trail.readable
    (tmp_path / "3").mkdir()
    assert facts(book, tmp_path / "3", "two").trails[0].readable


# --- names


def test_a_name_binds_in_its_trail_as_far_as_is_asked(tmp_path: Path) -> None:
    """Two of one name make what was bound unbound: afterwards, and not in front of it. It counts for nothing then, but
    nobody can tell that it was not about this one."""
    book = Book()
    book.chain("builder", 1, checked("api", "fail"), recorded("one"), trail="7", seal=False)
    before = len(book.entries)
    book.chain("builder", 5, recorded("two"), trail="7")
    with book.open(tmp_path) as (snapshot, index):
        one = of("one").sha256
        (now,) = gather(snapshot, index, one, "prod").evidence
        assert (now.subject, now.control, now.result, now.readable) == (one, "tests", "", False)
        (then,) = gather(snapshot, index, one, "prod", before).evidence
        assert (then.subject, then.result) == (one, "fail")
        gatherer = Gatherer(Known(snapshot, index), PEOPLE)
        (in_time,) = gatherer.gather([one], "prod", moment=at(4))[one].evidence
        assert in_time == then
        assert gatherer.gather([one], "prod", moment=at(5))[one].evidence == (now,)
        assert gather(snapshot, index, one, "prod", before - 1).evidence == ()


def test_a_redacted_record_keeps_a_name_as_ambiguous_as_it_was(tmp_path: Path) -> None:
    book = Book()
    made = book.chain("builder", 1, checked("api"), recorded("one"), recorded("two"), trail="7")
    book.erase(made[3])
    (found,) = facts(book, tmp_path).evidence
    assert (found.control, found.readable) == ("tests", False)


def test_a_name_in_another_trail_binds_to_nothing(tmp_path: Path) -> None:
    book = Book()
    book.chain("builder", 1, recorded("one"), trail="7")
    book.chain("builder", 2, checked("api"), trail="8")
    assert facts(book, tmp_path).evidence == ()


# --- approvals, exceptions, the release before


def test_an_approval_says_what_it_is_of(tmp_path: Path) -> None:
    book = Book()
    seen = {"commits": CommitRange(C2, C1), "policy": PolicySeen("release", "5e" * 32)}
    book.chain("risk-officer", 1, approved("one", environment="staging", **seen))
    book.chain("bot", 2, approved("one", said="rejected", given_by="github:dev-2", given_at=at(0)))
    first, second = facts(book, tmp_path).approvals
    assert (first.environment, first.decision, first.commit, first.base) == ("staging", "approved", C2, C1)
    assert (first.policy_sha256, first.given_by, first.signed_by) == ("5e" * 32, "", "")
    assert (second.decision, second.given_by, second.given_at) == ("rejected", "github:dev-2", at(0))


def test_exceptions_that_name_it_here(tmp_path: Path) -> None:
    book = Book()
    book.chain("builder", 1, recorded("one"), recorded("one", "second"))
    book.chain(
        "keeper", 2,
        allowed(of("one"), until=1, controls=["scan"]), allowed("sec*", "pr?d"), allowed("*", "*"),  # these do
        allowed(of("two")), allowed(of("one", "third")), allowed("AP?"), allowed("api", "staging"),
    )  # fmt: skip
    found = facts(book, tmp_path)
    assert [(one.controls, one.until) for one in found.allowed] == [
        ({"scan"}, at(1)), (set(), at(600)), (set(), at(600)),
    ]  # fmt: skip
    assert {(one.proof.writer, one.reason) for one in found.allowed} == {("keeper", "an incident")}
    (tmp_path / "2").mkdir()
    assert len(facts(book, tmp_path / "2", environment="staging").allowed) == 2
    (tmp_path / "3").mkdir()
    assert facts(book, tmp_path / "3", "unrecorded").allowed == (), "a name that it has not"


def release(book: Book, folder: Path, environment: str = "prod") -> tuple[str, str] | None:
    found = facts(book, folder, "now", environment).base
    return (found.sha256, found.commit) if found is not None else None


def a_release(book: Book, word: str, minute: int, *acts: Draft, commit: str = C1, name: str = "api") -> None:
    book.chain("builder", minute, recorded(word, name, commit=commit))
    for number, act in enumerate(acts):
        book.chain(
            {"approval": "risk-officer", "decision": "keeper"}.get(act.kind, "deployer"),
            minute + 1 + number,
            act,
        )


def test_the_release_before_is_the_newest_that_was_approved_and_went_out(tmp_path: Path) -> None:
    book = Book()
    a_release(book, "first", 1, approved("first"), deployed("first"), commit=C1)
    a_release(book, "second", 5, approved("second"), deployed("second"), commit=C2)
    a_release(book, "approved", 10, approved("approved"), commit=C3)
    a_release(book, "deployed", 15, deployed("deployed"), commit=C3)
    a_release(book, "rejected", 20, approved("rejected", said="rejected"), deployed("rejected"), commit=C3)
    a_release(book, "elsewhere", 25, approved("elsewhere"), deployed("elsewhere", "staging"), commit=C3)
    a_release(
        book, "other", 30, approved("other", "web"), deployed("other", name="web"), commit=C3, name="web"
    )
    a_release(book, "too late", 31, deployed("too late"), commit=C3)
    a_release(book, "now", 35, approved("now"), deployed("now"), commit=C3)
    a_release(book, "later", 40, approved("later"), deployed("later"), commit=C3)
    book.chain("risk-officer", 45, approved("first"), approved("too late"))
    with book.open(tmp_path) as (snapshot, index):
        base = gather(snapshot, index, of("now").sha256, "prod").base
        assert base is not None
        assert (base.sha256, base.commit, base.proof.time) == (of("second").sha256, C2, at(6))
        assert gather(snapshot, index, of("now").sha256, "staging").base is None
        assert gather(snapshot, index, of("first").sha256, "prod").base is None
        assert gather(snapshot, index, of("unrecorded").sha256, "prod").base is None
        assert gather(snapshot, index, of("now").sha256, "prod", base.proof.position) != base


def test_what_was_let_through_by_the_gate_or_seen_there_went_out(tmp_path: Path) -> None:
    gate = Decision(of("one"), "prod", "PASSED", "custody", at(3), LogSeen(1, "5e" * 32))
    seen = Snapshot("prod", (Running("api", of("one"), 1),))
    acts = [
        Draft("decision", gate.write(), (of("one"),)),
        Draft("decision", replace(gate, result="FAILED").write(), (of("one"),)),
        Draft("snapshot", seen.write()),
    ]
    went = []
    for number, act in enumerate(acts):
        book = Book()
        a_release(book, "one", 1, approved("one"), act)
        a_release(book, "now", 10)
        (tmp_path / str(number)).mkdir()
        went.append(release(book, tmp_path / str(number)) is not None)
    assert went == [True, False, True]


# --- tags


@pytest.fixture
def tag(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """In place of the reader of signed tags, one that says just this of any bytes."""

    def say(**said: object) -> None:
        def read_signed_tag(data: bytes) -> SimpleNamespace:
            assert data == b"a tag"
            if not said:
                raise InputError("no signed tag")
            return SimpleNamespace(**{"name": "v1", "commit": C1, "key": "aa" * 32, "environments": ("prod",),
                                      "artifact": of("one").sha256, "made": at(0), **said})  # fmt: skip

        monkeypatch.setitem(
            sys.modules, "custody.record.tag", SimpleNamespace(read_signed_tag=read_signed_tag)
        )

    return say


def by_tag(book: Book, *attached: bytes, **fields: object) -> list[Signed]:
    body = Approval(of("one"), "prod", "approved", tag=Tag("v1", sha256(b"a tag").hexdigest()), **fields)  # type: ignore[arg-type]
    files = tuple((data, "text/plain") for data in attached)
    return book.chain("bot", 2, Draft("approval", body.write(), (of("one"),), files))


@pytest.mark.parametrize(
    ("said", "signer"),
    [
        ({"key": "bb" * 32}, "bb" * 32),
        ({"name": "v2"}, ""),
        ({"environments": ("staging",)}, ""),
        ({"environments": ()}, ""),
        ({"artifact": of("two").sha256}, ""),
        ({"artifact": ""}, ""),
        ({}, ""),
    ],
)
def test_a_tag_counts_as_its_signers_word_if_it_says_so(
    tmp_path: Path, tag: Callable[..., None], said: dict[str, object], signer: str
) -> None:
    tag(**said)
    book = Book()
    by_tag(book, b"a tag")
    (approval,) = facts(book, tmp_path).approvals
    assert approval.signed_by == signer and approval.readable
    assert approval.given_by == ("" if signer else NOBODY)


@pytest.mark.parametrize(("head", "signer"), [(C1, "aa" * 32), (C2, "")])
def test_a_tag_without_a_fingerprint_is_of_its_commit(
    tmp_path: Path, tag: Callable[..., None], head: str, signer: str
) -> None:
    tag(artifact="")
    book = Book()
    by_tag(book, b"a tag", commits=CommitRange(head))
    assert facts(book, tmp_path).approvals[0].signed_by == signer


def test_a_tag_that_is_not_among_the_attachments_is_nobodys_word(
    tmp_path: Path, tag: Callable[..., None]
) -> None:
    """Also where another entry keeps its bytes."""
    tag(key="aa" * 32)
    book = Book()
    by_tag(book)
    book.chain("builder", 1, Draft("note", {"text": "x"}, (), ((b"a tag", "text/plain"),)))
    (approval,) = facts(book, tmp_path).approvals
    assert (approval.signed_by, approval.given_by) == ("", NOBODY)


def test_an_approval_whose_tag_was_redacted_is_blank(tmp_path: Path, tag: Callable[..., None]) -> None:
    tag(key="aa" * 32)
    book = Book()
    entry = by_tag(book, b"a tag")[1]
    digest = sha256(b"a tag").hexdigest()
    book.gone.append(digest)
    book.chain("keeper", 3, Draft("redaction", Redaction(entry.id, (digest,), "asked").write()))
    (approval,) = facts(book, tmp_path).approvals
    assert not approval.readable and approval.signed_by == "" and approval.decision == ""


# --- the whole


def test_many_at_once_are_as_each_by_itself(tmp_path: Path) -> None:
    book = Book()
    for number in range(8):
        trail = str(number // 2)
        drafts = (
            recorded(str(number), f"api{number}", commit=C1),
            checked(of(str(number))),
            checked(f"api{number}"),
        )
        book.chain("builder", number, *drafts, checked("", commit=C1), checked(), trail=trail)
        book.chain("risk-officer", number, approved(str(number)))
    book.chain("keeper", 20, allowed("api?"))
    words = [of(str(number)).sha256 for number in range(9)]
    with book.open(tmp_path) as (snapshot, index):
        together = Gatherer(Known(snapshot, index), PEOPLE).gather(words, "prod")
        assert list(together) == words
        for word in words:
            assert together[word] == gather(snapshot, index, word, "prod")
    assert len(together[words[0]].evidence) == 8 + 4
    assert together[words[8]] == Facts(Subject("", words[8]), "prod", allowed=())


def told(found: Facts) -> object:
    """Facts but for their positions, which depend on the order of the log."""
    trails = {one.trail: one.name for one in found.trails}

    def plain(value: Any, field: str = "") -> Any:
        if isinstance(value, Proof):
            return value._replace(position=0)
        if field == "trail":
            return trails[value]
        if field == "subject" and isinstance(value, str) and value.startswith("trail:"):
            return trails[int(value.removeprefix("trail:"))]
        if is_dataclass(value):
            return [plain(getattr(value, one.name), one.name) for one in fields(value)]
        if isinstance(value, Mapping):
            return sorted((key, plain(item)) for key, item in value.items())
        if type(value) is tuple:
            return sorted((plain(item) for item in value), key=repr)
        return value

    return plain(found)


def test_the_order_in_which_exports_were_merged_changes_no_fact(tmp_path: Path) -> None:
    """However the log is ordered, and not only as a merge orders it."""
    book = Book()
    book.chain("builder", 1, checked("", "fail"), checked("api"), trail="7")
    build = book.chain("builder", 2, recorded("now", commit=C1), checked(of("now")), trail="7", run=BUILD)
    book.chain("builder", 2, recorded("old", commit=C2), minutes=[1] * 9)
    book.chain("risk-officer", 3, approved("now"), approved("old"), minutes=[1] * 9)
    book.chain("deployer", 2, deployed("old"), minutes=[1] * 9)
    book.chain("builder", 4, checked("", commit=C1), trail="9", seal=[build[0].id])
    book.chain("keeper", 5, allowed("*"))
    start, chains = (
        book.entries[:2],
        [list(group) for _, group in groupby(book.entries[2:], key=lambda one: one.chain)],
    )
    seen = []
    for number, order in enumerate((chains, chains[::-1], chains[3:] + chains[:3])):
        path = put(tmp_path / f"{number}.ledger", [*start, *(entry for chain in order for entry in chain)])
        with opened(path) as (snapshot, index):
            found = gather(snapshot, index, of("now").sha256, "prod")
            assert found.base is not None and len(found.evidence) == 4
            seen.append(told(found))
    assert seen[0] == seen[1] == seen[2]


def test_a_disowned_chain_is_nowhere(tmp_path: Path) -> None:
    book = Book()
    book.chain("builder", 1, recorded("one"), checked(of("one"), "fail"), trail="7")
    wrong = book.chain("builder", 2, checked(of("one")), approved("one"), trail="7")
    second = document(2, book.text, identities=IDENTITIES, disowned=[((), [wrong[0].id])])
    book.entries += World("second").trust(second)
    found = facts(book, tmp_path)
    assert [one.result for one in found.evidence] == ["fail"]
    assert (
        found.approvals == ()
        and list(found.trails[0].chains) != []
        and wrong[0].id not in found.trails[0].chains
    )


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM blob", """UPDATE blob SET data = CAST(replace(data, '"file"', '"tree"') AS BLOB)"""],
)
def test_a_ledger_that_was_written_to_since_is_not_read_on(tmp_path: Path, change: str) -> None:
    """One that was too large to be copied, and is opened in place."""
    book = Book()
    book.chain("builder", 1, recorded("one"))
    path = book.write(tmp_path / "a.ledger")
    with opened(path) as (_, index), open_ledger(path, 1) as in_place:
        edit(path, sql(change))
        with pytest.raises(RefusedError, match="is not what was verified"):
            gather(in_place, index, of("one").sha256, "prod")
