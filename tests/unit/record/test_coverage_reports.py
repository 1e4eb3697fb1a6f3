"""Coverage reports: what is counted, how rates are rounded, and a DOCTYPE of which nothing is ever read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError, UsageError
from custody.record import coverage, xml
from custody.record.evidence import parse_bounds, read_evidence
from custody.record.report import Report, Wanted

COBERTURA = '<!DOCTYPE coverage SYSTEM "http://cobertura.example/coverage-04.dtd">'
# As JaCoCo's own reports begin.
JACOCO = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\
<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">"""


def cobertura(lines: str, attributes: str = "", methods: str = "") -> str:
    code = f'<class name="a" filename="a.py"><methods>{methods}</methods><lines>{lines}</lines></class>'
    inside = f'<packages><package name="."><classes>{code}</classes></package></packages>'
    return f"<coverage {attributes}>{inside}</coverage>"


def jacoco(lines: str, counters: str = "") -> str:
    code = f'<sourcefile name="A.java">{lines}</sourcefile>'
    return f'{JACOCO}<report name="r"><package name="p">{code}</package>{counters}</report>'


def line(number: int, hits: int, branches: str = "") -> str:
    of = f' branch="true" condition-coverage="50% ({branches})"' if branches else ""
    return f'<line number="{number}" hits="{hits}"{of}/>'


def read(tmp_path: Path, *reports: str) -> Report:
    paths = []
    for number, text in enumerate(reports):
        paths.append(tmp_path / f"{number}.xml")
        paths[-1].write_text(text)
    return coverage.read(paths, Wanted())


def counted(tmp_path: Path, *reports: str) -> tuple[int, ...]:
    """Lines covered and valid, branches covered and valid."""
    summary = read(tmp_path, *reports).summary
    names = ("linesCovered", "linesValid", "branchesCovered", "branchesValid")
    return tuple(summary[name] for name in names)


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert "0.xml: " in message
    assert "\n" not in message
    return message.partition("0.xml: ")[2]


# --- Cobertura


def test_lines_and_branches_of_cobertura(tmp_path: Path) -> None:
    found = read(tmp_path, COBERTURA + cobertura(line(1, 3) + line(2, 0, "0/2") + line(3, 1, "1/2")))
    assert found.summary == {
        "lines": 6666, "branches": 2500,
        "linesCovered": 2, "linesValid": 3, "branchesCovered": 1, "branchesValid": 4,
    }  # fmt: skip
    assert found.format == "cobertura"
    assert found.files[0].media_type == "application/xml"


def test_the_header_is_not_believed_where_there_are_lines(tmp_path: Path) -> None:
    lie = 'line-rate="1" lines-covered="99" lines-valid="99" branches-covered="9" branches-valid="9"'
    assert counted(tmp_path, cobertura(line(1, 0), lie)) == (0, 1, 0, 0)
    assert counted(tmp_path, cobertura("", 'lines-covered="8" lines-valid="9"')) == (8, 9, 0, 0)


def test_a_line_of_a_class_counts_once(tmp_path: Path) -> None:
    method = f'<method name="f" signature=""><lines>{line(1, 1)}{line(2, 0)}</lines></method>'
    assert counted(tmp_path, cobertura(line(1, 0, "1/2") + line(1, 0), methods=method)) == (1, 2, 1, 2)


def test_lines_of_two_classes_are_apart(tmp_path: Path) -> None:
    text = cobertura(line(1, 1)).replace("</class>", f"</class><class><lines>{line(1, 0)}</lines></class>")
    assert counted(tmp_path, text) == (1, 2, 0, 0)


# --- JaCoCo


def test_lines_and_branches_of_jacoco(tmp_path: Path) -> None:
    lines = (
        '<line nr="3" mi="3" ci="0" mb="2" cb="0"/><line nr="5" mi="1" ci="4" mb="1" cb="3"/>'
        '<line nr="6" mi="0" ci="4"/>'
    )
    lie = '<counter type="LINE" missed="0" covered="99"/>'
    found = read(tmp_path, jacoco(lines, lie))
    assert counted(tmp_path, jacoco(lines, lie)) == (2, 3, 3, 6)
    assert (found.format, found.summary["lines"], found.summary["branches"]) == ("jacoco", 6666, 5000)


def test_only_lines_of_code_are_lines(tmp_path: Path) -> None:
    elsewhere = '<line number="2" nr="2" hits="0" mi="1"/>'
    assert counted(tmp_path, jacoco('<line ci="1"/>').replace("<package ", f"{elsewhere}<package ")) == (
        1,
        1,
        0,
        0,
    )
    assert counted(tmp_path, cobertura(line(1, 1)).replace("<packages>", f"{elsewhere}<packages>")) == (
        1,
        1,
        0,
        0,
    )


def test_without_lines_the_counters_of_the_whole_report_count(tmp_path: Path) -> None:
    counters = '<counter type="LINE" missed="1" covered="3"/><counter type="BRANCH" missed="1" covered="0"/>'
    inner = '<counter type="LINE" missed="5" covered="5"/>'
    assert counted(tmp_path, jacoco(inner, counters)) == (3, 4, 0, 1)


# --- several, rates, floors


def test_several_reports_add_up(tmp_path: Path) -> None:
    found = counted(tmp_path, cobertura(line(1, 1)), jacoco('<line nr="1" mi="1" ci="0" mb="1" cb="1"/>'))
    assert found == (1, 2, 1, 2)
    assert read(tmp_path, cobertura(line(1, 1)), jacoco('<line mi="1"/>')).format == "cobertura, jacoco"


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_rates_are_never_rounded_up(covered: int, missed: int) -> None:
    count = coverage._Count()
    count.lines(covered, covered + missed)
    rate = count.summary()["lines"]
    assert rate * (covered + missed) <= 10_000 * covered < (rate + 1) * (covered + missed)
    assert rate < 10_000


def test_a_floor_decides(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(cobertura("".join(line(number, int(number > 2)) for number in range(1, 11))))

    def judged(*floors: str) -> str:
        return read_evidence("coverage", [path], Wanted(), {}, parse_bounds(floors, "--floor")).result

    assert judged("lines=80%") == "pass"
    assert judged("lines=80.01%") == "fail"
    assert judged("linesValid=10", "lines=0") == "pass"
    with pytest.raises(UsageError, match="needs a --floor"):
        judged()
    # No branch was measured: that is not all of them.
    with pytest.raises(UsageError, match="branches is nothing that coverage counts"):
        judged("branches=80%")


@pytest.mark.parametrize(
    "text",
    ["<coverage/>", cobertura(""), f"{JACOCO}<report/>", cobertura("", 'lines-covered="0" lines-valid="0"')],
)
def test_no_line_is_an_error_and_not_a_pass(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(InputError, match=r"a\.xml: no line of code") as caught:
        coverage.read([tmp_path / "a.xml"], Wanted())
    assert caught.value.code == "no-lines"


# --- wrong, or made to hurt


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "<html/>", "<report>", "<testsuite/>", "<coverage><class><line/></class></coverage>"),
        *(cobertura(f'<line number="1" hits="{hits}"/>') for hits in ("", "-1", "1.5", "NaN", "9" * 16, "٣")),
        *(cobertura('<line hits="1"/>'), cobertura('<line number="1" hits="1" branch="true"/>')),
        *(cobertura(line(1, 1, "3/2")), cobertura("", 'lines-covered="2" lines-valid="1"')),
        *(
            cobertura("", 'lines-covered="x" lines-valid="1"'),
            jacoco('<line ci="many"/>'),
            jacoco('<line ci="-1"/>'),
        ),
        *(jacoco("", '<counter type="LINE" missed="1"/>'), cobertura("")[:-5], cobertura("<line>" * 100)),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text)


def test_huge_numbers_stay_numbers_that_a_ledger_holds(tmp_path: Path) -> None:
    most = "9" * 15
    found = read(tmp_path, jacoco(f'<line ci="{most}" mb="{most}" cb="{most}"/>' * 1000))
    assert all(0 <= count < 2**53 for count in found.summary.values())


DOCTYPES = [
    '<!DOCTYPE report [<!ENTITY a "x">]>',
    '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd" [<!ENTITY a "x">]>',
    '<!DOCTYPE report SYSTEM "report.dtd" []>',
    '<!DOCTYPE report SYSTEM "a" "b" "c">',
    '<!DOCTYPE report PUBLIC "only one">',
    f'<!DOCTYPE report SYSTEM "{"x" * 501}">',
    '<!DOCTYPE report SYSTEM "a"><!DOCTYPE report SYSTEM "a">',
    '<!DOCTYPE report SYSTEM "a]>',
    "<!DOCTYPE " + " " * 100_000,
    '<!DOCTYPE report SYSTEM "&a;">',
    "<!DOCTYPE report SYSTEM \"[<!ENTITY a SYSTEM 'file:///etc/passwd'>]\">",
]


@pytest.mark.parametrize("doctype", DOCTYPES)
def test_a_doctype_that_declares_anything_is_refused(tmp_path: Path, doctype: str) -> None:
    assert "DOCTYPE" in refused(tmp_path, f'{doctype}<report><line ci="1"/></report>')


@pytest.mark.parametrize(
    "doctype", ["", COBERTURA, COBERTURA.replace("SYSTEM", 'PUBLIC "x"'), "<!DOCTYPE coverage>"]
)
def test_there_are_no_entities_beside_a_doctype_either(tmp_path: Path, doctype: str) -> None:
    assert counted(tmp_path, f"<!-- a -->\n{doctype}\n<!-- b -->" + cobertura(line(1, 1))) == (1, 1, 0, 0)
    message = refused(tmp_path, f"{doctype}\n\n" + cobertura(f"&a;{line(1, 1)}"))
    assert message == "not well-formed XML (undefined entity, line 3)"
    assert "undefined entity" in refused(tmp_path, f"{doctype}" + cobertura('<line number="&a;" hits="1"/>'))


def test_expat_never_sees_a_doctype(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "_without_doctype", lambda data, dialect: data)
    assert "DOCTYPE" in refused(tmp_path, COBERTURA + cobertura(line(1, 1)))
