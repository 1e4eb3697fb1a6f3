"""policy.toml: what it says, and each way in which it says what could not be meant."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.policy.document import (
    ApprovalsControl,
    EvidenceControl,
    FourEyesControl,
    ProvenanceControl,
    SealedControl,
)
from custody.policy.lines import key_lines
from custody.policy.read import read_policy

TEXT = """\
version = 1
name = "production"
environments = ["prod", "prod-*"]
uncovered-tail = true

[groups]
prod = ["prod-eu", "prod-us"]

[intervals]
"prod-*" = "90min"

[controls.unit-tests]
kind = "evidence"
type = "junit"
limits = { skipped = 5 }
floors = { tests = 100 }
max-age = "30d"
roles = ["builder"]
when = { flow = "payments-*", annotation.risk = "high" }

[controls.coverage]
kind = "evidence"
control = "lines-run"
type = "coverage"
about = "commit"
result = "any"
floors.lines = "80%"
floors.branches = "65.5%"

[controls.risk]
kind = "evidence"
type = "custom"
conditions = ["risk.score <= 3"]

[controls.licences]
kind = "evidence"
type = "sbom"
denied-licences = [
  "AGPL-*",
  "GPL-*",
]
allowed-licences = ["MIT", "Apache-?.0"]

[controls.built-here]
kind = "provenance"
repositories = ["https://git.acme.example/*"]
branches = ["main"]
builders = ["https://ci.acme.example/*"]
writers = ["ci-*"]
clean = false
materials = true
statement = true

[controls.review]
kind = "four-eyes"
control = "code-review"
services = ["renovate"]
objections = false

[controls.release]
kind = "approvals"
count = 2
roles = ["risk-officer", "approver"]
environments = ["prod"]
apart-from = ["author"]
authors = "claimed"
max-age = "2w"
relayed = true
when = { "annotation.a.b" = "x", environment = "prod" }

[controls.closed]
kind = "sealed"
listed = true
"""
SMALL = """\
version = 1
name = "p"
environments = ["prod"]
[controls.c]
kind = "sealed"
"""


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        read_policy(text)
    assert caught.value.code == "policy"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_policy_is_read() -> None:
    policy = read_policy(TEXT)
    assert (policy.name, policy.environments, policy.uncovered_tail) == (
        "production",
        ("prod", "prod-*"),
        True,
    )
    assert policy.groups == {"prod": ("prod-eu", "prod-us")}
    assert policy.intervals == {"prod-*": timedelta(minutes=90)}
    assert policy.controls == (
        EvidenceControl(
            name="unit-tests",
            when={"flow": "payments-*", "annotation.risk": "high"},
            control="unit-tests",
            type="junit",
            limits={"skipped": 5},
            floors={"tests": 100},
            max_age=timedelta(days=30),
            roles=frozenset({"builder"}),
        ),
        EvidenceControl(
            name="coverage",
            control="lines-run",
            type="coverage",
            about="commit",
            own_result=False,
            floors={"lines": 8000, "branches": 6550},
        ),
        EvidenceControl(name="risk", control="risk", type="custom", conditions=("risk.score <= 3",)),
        EvidenceControl(
            name="licences",
            control="licences",
            type="sbom",
            denied_licences=("AGPL-*", "GPL-*"),
            allowed_licences=("MIT", "Apache-?.0"),
        ),
        ProvenanceControl(
            name="built-here",
            repositories=("https://git.acme.example/*",),
            branches=("main",),
            builders=("https://ci.acme.example/*",),
            writers=("ci-*",),
            clean=False,
            materials=True,
            statement=True,
        ),
        FourEyesControl(
            name="review", control="code-review", services=frozenset({"renovate"}), objections=False
        ),
        ApprovalsControl(
            name="release",
            when={"annotation.a.b": "x", "environment": "prod"},
            count=2,
            roles=frozenset({"risk-officer", "approver"}),
            environments=("prod",),
            apart=frozenset({"author"}),
            claimed_authors=True,
            max_age=timedelta(weeks=2),
            relayed=True,
        ),
        SealedControl(name="closed", listed=True),
    )


def test_what_is_left_out_is_what_the_document_says_it_is() -> None:
    kinds = ("sealed", "provenance", "four-eyes", "approvals", "evidence")
    text = (
        SMALL.split("[")[0] + '["prod"]\n' + "".join(f'[controls.{one}]\nkind = "{one}"\n' for one in kinds)
    )
    policy = read_policy(text)
    assert (policy.groups, policy.intervals, policy.uncovered_tail) == ({}, {}, False)
    assert policy.controls == (
        SealedControl(name="sealed"),
        ProvenanceControl(name="provenance"),
        FourEyesControl(name="four-eyes"),
        ApprovalsControl(name="approvals"),
        EvidenceControl(name="evidence", control="evidence"),
    )


def test_apart_from_nobody_has_to_be_said() -> None:
    policy = read_policy(TEXT.replace('apart-from = ["author"]', "apart-from = []"))
    release = policy.controls[6]
    assert isinstance(release, ApprovalsControl) and release.apart == frozenset()


# What is wrong: what is replaced by what in TEXT, and what is said of it, on the line where the replaced begins (or so
# many lines further on).
BAD: dict[str, tuple[object, ...]] = {
    "a typing mistake in a key": (
        "limits = { skipped",
        "limit = { skipped",
        "controls.unit-tests.limit: .* did you mean limits",
    ),
    "a typing mistake at the top": ("uncovered-tail =", "uncovered_tail =", " did you mean uncovered-tail"),
    "an unknown key": (
        "listed =",
        "colour =",
        "controls.closed.colour: a control of kind sealed has no such key$",
    ),
    "a key of another kind": ("listed =", "count =", "has no such key"),
    "an unknown kind": ('"four-eyes"', '"for-eyes"', "did you mean four-eyes"),
    "no kind": ('kind = "sealed"', "", "controls.closed: needs the key kind", -1),
    "a kind that is a number": ('kind = "sealed"', "kind = 1", "must be one of"),
    "a key twice": (
        'name = "production"',
        'name = "a"\nname = "b"',
        "is not TOML: this key is there already",
        1,
    ),
    "a control twice": ("[controls.closed]", "[controls.release]", "is not TOML"),
    "a control that says the same": (
        "[controls.closed]",
        '[controls.closest]\nkind = "sealed"\nlisted = true\n[controls.closed]',
        "controls.closed: demands the same as closest",
        3,
    ),
    "a glob twice": ('"prod-*"]', '"prod"]', r"environments\[1\]: prod stands in it twice"),
    "a licence twice": ('"GPL-*",', '"AGPL-*",', r"controls.licences.denied-licences\[1\]"),
    "text that is not TOML": ("version = 1", "version 1", "is not TOML"),
    "an end too early": ("listed = true\n", 'listed = "', "is not TOML"),
    "no version": ("version = 1", "", "the policy: needs the key version"),
    "another version": ("version = 1", "version = 2", "version: must be 1"),
    "version true": ("version = 1", "version = true", "version"),
    "no name": ('name = "production"', "", "the policy: needs the key name"),
    "a name that is none": ('name = "production"', 'name = "pro duction"', "name: must be a name"),
    "no environments": ('environments = ["prod", "prod-*"]', "", "the policy: needs the key environments"),
    "an empty list of environments": ('["prod", "prod-*"]', "[]", "environments: is an empty list"),
    "environments that are a text": ('["prod", "prod-*"]', '"prod"', "environments: must be a list"),
    "a glob no name can match": ('"prod-*"]', '"prod *"]', r"environments\[1\]: is a glob that no name"),
    "a character class": ('"prod-*"]', '"prod-[ab]"]', r"environments\[1\]: is a glob that no name"),
    "a glob that is too long": ('"prod-*"]', '"' + "p" * 201 + '"]', r"environments\[1\]: .*at most 200"),
    "an empty glob": ('branches = ["main"]', 'branches = [""]', r"branches\[0\]: must be a text"),
    "a glob with an escape in it": ('branches = ["main"]', 'branches = ["\\u001b[2J"]', "control characters"),
    "a glob that is a number": ('branches = ["main"]', "branches = [1]", r"branches\[0\]"),
    "no controls": (TEXT[TEXT.index("[controls.unit") :], "", "the policy: needs|controls: there is none"),
    "controls as a list": (
        "[controls.closed]",
        "[[controls.closed]]",
        r"must be a table such as \[controls.closed\]",
    ),
    "a control that is no table": (
        '[controls.closed]\nkind = "sealed"\nlisted = true',
        "[controls]\nclosed = 1",
        "must be a table",
        1,
    ),
    "a control with an odd name": ("[controls.closed]", '[controls."a b"]', "controls.a b: must be a name"),
    "a group in itself": (
        '["prod-eu", "prod-us"]',
        '["prod-eu", "prod"]',
        r"groups.prod\[1\]: .*member of itself",
    ),
    "a group in a group": (
        '["prod-eu", "prod-us"]',
        '["prod-eu"]\nprod-eu = ["prod-us"]',
        r"groups.prod\[0\]: prod-eu is a group itself",
    ),
    "an empty group": ('["prod-eu", "prod-us"]', "[]", "groups.prod: is an empty list"),
    "a member twice": ('["prod-eu", "prod-us"]', '["prod-eu", "prod-eu"]', "twice"),
    "a member of another policy": (
        '["prod-eu", "prod-us"]',
        '["staging"]',
        "none of this policy's environments",
    ),
    "a group of another policy": ("prod = [", "staging = [", "groups.staging: staging is none of"),
    "an interval of 0": ('"90min"', '"0h"', r"intervals.prod-\*: is no time"),
    "an interval without a unit": ('"90min"', '"90"', "must be a length of time"),
    "an interval that is a number": ('"90min"', "90", "must be a length of time"),
    "minutes or months": ('"90min"', '"3m"', "must be a length of time"),
    "a time that goes on for ever": ('"90min"', '"999999999w"', "a hundred years"),
    "an interval of another policy": ('"prod-*" = "90', '"staging" = "90', "intervals.staging: matches none"),
    "an interval of no glob": ('"prod-*" = "90', '"a b" = "90', "no name can match"),
    "a negative limit": (
        "skipped = 5",
        "skipped = -1",
        "controls.unit-tests.limits.skipped: must be a whole",
    ),
    "a limit with a fraction": ("skipped = 5", "skipped = 5.5", ""),
    "a limit that is nan": ("skipped = 5", "skipped = nan", ""),
    "a limit that is true": ("skipped = 5", "skipped = true", ""),
    "a limit that is 2^53": ("skipped = 5", f"skipped = {2**53}", ""),
    "a limit in percent of a count": ("skipped = 5", 'skipped = "5%"', "must be a whole number"),
    "a limit that is a text": ("skipped = 5", 'skipped = "5"', "must be a whole number"),
    "a figure its type never counts": ("skipped = 5", "critical = 0", "nothing that junit evidence counts"),
    "a figure mistyped": ("skipped = 5", "skiped = 5", "did you mean skipped"),
    "a floor over 100 %": ('"80%"', '"180%"', "at most 100 %"),
    "a floor that is a bare number": ('"80%"', "80", "must be a percentage"),
    "a floor of three decimals": ('"80%"', '"80.123%"', "must be a percentage"),
    "a negative floor": ('"80%"', '"-80%"', "must be a percentage"),
    "a floor over its limit": ("skipped = 5", "tests = 99", "a floor of 100 over a limit of 99", 1),
    "a floor over the type's own limit": ("tests = 100", "failures = 1", "a floor of 1 over a limit of 0"),
    "limits that are a list": ("limits = { skipped = 5 }", "limits = [5]", "must be a table"),
    "nothing that decides": ('floors.lines = "80%"\nfloors.branches = "65.5%"', "", "nothing decides", -1),
    "an evidence type that does not exist": ('"junit"', '"junits"', "did you mean junit"),
    "a level that does not exist": ('"commit"', '"commits"', "did you mean commit"),
    "a result that does not exist": ('"any"', '"fail"', "must be one of pass, any"),
    "a condition that is none": ("risk.score <= 3", "risk.score", r"conditions\[0\]: not a condition"),
    "conditions of another type": (
        'type = "custom"',
        'type = "junit"',
        'only for evidence of type = "custom"',
        1,
    ),
    "licences of another type": ('type = "sbom"', 'type = "junit"', 'only for evidence of type = "sbom"', 1),
    "a licence allowed and denied": ('"MIT"', '"GPL-*"', r"allowed-licences\[0\]: GPL-\* is denied"),
    "an age of 0": ('"30d"', '"0d"', ""),
    "an empty list of roles": ('roles = ["builder"]', "roles = []", "is an empty list"),
    "a role that is none": ('roles = ["builder"]', 'roles = ["buil der"]', r"roles\[0\]: must be a name"),
    "a flag that is a text": ("materials = true", 'materials = "yes"', "must be true or false"),
    "count 0": ("count = 2", "count = 0", "controls.release.count: must be a whole number from 1"),
    "count true": ("count = 2", "count = true", ""),
    "more people than there are": ("count = 2", "count = 100000", ""),
    "a role that cannot approve": (
        '"risk-officer"',
        '"builder"',
        r"controls.release.roles\[0\]: a builder can never",
    ),
    "an admin who approves": ('"risk-officer"', '"admin"', r"an? admin can never"),
    "a relay that approves": ('"risk-officer"', '"relay"', "relayed = true"),
    "a duty that does not exist": ('["author"]', '["autor"]', r"did you mean author"),
    "authors that are neither": ('"claimed"', '"unknown"', "must be one of known, claimed"),
    "when asks about nothing": ("flow =", "flows =", "controls.unit-tests.when.flows: .*did you mean flow"),
    "when has an empty glob": ('"payments-*"', '""', "must be a glob"),
    "when has a name no name can be": ('environment = "prod" }', 'name = "a b" }', "no name can match"),
    "when never applies": ('environment = "prod" }', 'environment = "dev" }', "would never apply"),
    "when asks twice": (
        'annotation.risk = "high"',
        'annotation.risk = "a", "annotation.risk" = "b"',
        "twice",
    ),
    "when asks for an annotation too deep": (
        "annotation.risk =",
        "annotation.risk.level =",
        "a dot in its name",
    ),
    "when asks for no annotation": ('"annotation.a.b"', '"annotation."', "names no annotation"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_what_could_not_be_meant_is_refused_with_its_line_and_the_reason(case: tuple[object, ...]) -> None:
    old, new, said, further = (*case, 0)[:4]
    assert (
        isinstance(old, str) and isinstance(new, str) and isinstance(said, str) and isinstance(further, int)
    )
    line = 1 + TEXT.count("\n", 0, TEXT.index(old)) + further
    message = refused(TEXT.replace(old, new, 1))
    if not said.startswith("the policy"):
        assert message.startswith(f"line {line}: ")
    assert re.search(said, message), message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('floors = { lines = "80%" }', ""),
        ("limits = { critical = 0, error = 0 }", ""),
        ("limits = { nothing = 0 }", "nothing that any evidence counts"),
        ('type = "generic"\nlimits = { error = 0 }', "nothing that generic evidence counts"),
        ('type = "pull-request"\nfloors = { merged = 2 }', "is at most 1"),
        (
            'type = "coverage"\nfloors = { lines = "80%" }\nlimits = { lines = "70%" }',
            "80 % over a limit of 70 %",
        ),
        ('type = "junit"\nresult = "any"\nlimits = { failures = 3 }\nfloors = { failures = 1 }', ""),
        ('type = "junit"\nresult = "any"', "nothing decides"),
    ],
)
def test_figures_are_held_against_what_the_type_counts(line: str, said: str) -> None:
    text = SMALL.replace('kind = "sealed"', f'kind = "evidence"\n{line}')
    if said:
        assert said in refused(text)
    else:
        read_policy(text)


HOSTILE = {
    "brackets": "x = " + "[" * 250_000,
    "nested as far as Python goes": "x = " + "[" * 5_000 + "]" * 5_000,
    "a dotted key": "a." * 20_000 + "a = 1",
    "a long name of a table with many keys": "["
    + "a." * 900
    + "a]\n"
    + "".join(f"k{n} = 1\n" for n in range(9_000)),
    "too long": "#" * (512 * 1024 + 1),
    "no Unicode text": 'name = "\ud800"',
    "5,000 digits": "version = " + "1" * 5_000,
    "101 environments": SMALL.replace('["prod"]', str([f"e{n}" for n in range(101)])),
    "101 controls": SMALL
    + "".join(f'[controls.c{n}]\nkind = "four-eyes"\ncontrol = "c{n}"\n' for n in range(100)),
    "an unknown key with the name of another": SMALL + '[x."' + "y" * 10_000 + '"]\n',
    "a key of terminal sequences": SMALL + '"\\u001b[2J\\n" = 1\n',
    "a reason of terminal sequences": SMALL + "\x1b[2J",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_document_that_would_cost_too_much_or_mislead_is_refused(text: str) -> None:
    said = refused(text)
    assert len(said) < 400 and "\x1b" not in said


def test_the_most_of_everything_is_read() -> None:
    text = SMALL.replace('["prod"]', str([f"e{n}" for n in range(100)])) + "".join(
        f'[controls.c{n}]\nkind = "four-eyes"\ncontrol = "c{n}"\n' for n in range(99)
    )
    policy = read_policy(text)
    assert len(policy.environments) == len(policy.controls) == 100


@given(st.text(max_size=200) | st.text("[]{}=\"'.#\nab1", max_size=100))
def test_no_text_at_all_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^(line \d+: |is not a policy|the policy: )"):
        read_policy(text)


@given(st.integers(0, len(TEXT) - 1), st.sampled_from(["", "\n", '"', "[", "=", "1", ".", "#", "}"]))
def test_a_policy_with_one_character_changed_is_read_or_refused(at: int, other: str) -> None:
    with suppress(InputError):
        read_policy(TEXT[:at] + other + TEXT[at + 1 :])


LINES = r"""
a.b = 1  # c = 2
"d.e" = [ QQQx,]"QQQ,
  # f = 3
  { g = [1.5, 07:32:00], 'h' = ''' "
i = 4 ''''', j.k = {} },
  -2]
[[l]]
"\u006d" = 1979-05-27 07:32:00
[ n . 'o p' ]
q = '''
[r]
'''''
s = { v = QQQx"QQQ, t = "\"}\\" , u = "\\"}
""".replace("QQQ", '"""')


def test_where_everything_stands() -> None:
    assert key_lines(LINES) == {
        ("a",): 2, ("a", "b"): 2, ("d.e",): 3, ("d.e", 0): 3, ("d.e", 1): 5, ("d.e", 1, "g"): 5,
        ("d.e", 1, "g", 0): 5, ("d.e", 1, "g", 1): 5, ("d.e", 1, "h"): 5, ("d.e", 1, "j"): 6,
        ("d.e", 1, "j", "k"): 6, ("d.e", 2): 7, ("l",): 8, ("l", "m"): 9, ("n",): 10, ("n", "o p"): 10,
        ("n", "o p", "q"): 11, ("n", "o p", "s"): 14, ("n", "o p", "s", "v"): 14,
        ("n", "o p", "s", "t"): 14, ("n", "o p", "s", "u"): 14,
    }  # fmt: skip


def test_lines_are_known_of_what_python_reads() -> None:
    """Every path that the standard library finds in the example has a line, and none besides."""
    import tomllib

    def paths(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
        inner = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        return {path}.union(*(paths(item, (*path, key)) for key, item in inner))

    for text in (TEXT, LINES.replace("[[l]]", "[l]")):
        assert set(key_lines(text)) == paths(tomllib.loads(text)) - {()}


def test_what_is_deeper_than_any_policy_has_no_line_of_its_own() -> None:
    """Or a long name of a table with many keys would take its length in memory for each of them."""
    lines = key_lines("[" + "a." * 900 + "a]\nk = 1\n")
    assert max(map(len, lines)) == 8
