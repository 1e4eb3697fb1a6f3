"""JUnit reports: pytest's own, other dialects, and files made to hurt whoever reads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.record import inputs, junit, xml
from custody.record.junit import JUnit, read_junit
from custody.record.report import KEPT, KEPT_NAME

PYTEST = """
import pytest
def test_passes(): pass
def test_fails(): assert False, "<&>"
@pytest.mark.skip
def test_skipped(): pass
@pytest.fixture
def broken(): raise ValueError("\\x1b[2J")
def test_errs(broken): pass
@pytest.fixture
def breaks_late():
    yield
    raise ValueError
def test_errs_late(breaks_late): pass
@pytest.mark.xfail
def test_expected(): assert False
@pytest.mark.parametrize("x", [1, 2])
def test_many(x): pass
"""


def run_pytest(folder: Path, code: str) -> Path:
    (folder / "test_sample.py").write_text(code, encoding="utf-8")
    report = folder / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}", "."]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=60, check=False)
    return report


def read(tmp_path: Path, text: str | bytes, name: str = "report.xml") -> JUnit:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_junit([path])


def refused(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, "hostile.xml")
    message = str(caught.value)
    assert "hostile.xml: " in message
    assert "\n" not in message
    return message.partition("hostile.xml: ")[2]


def suite(inside: str) -> str:
    return f'<testsuite name="s">{inside}</testsuite>'


# --- what reports say


def test_pytests_own_report(tmp_path: Path) -> None:
    path = run_pytest(tmp_path, PYTEST)
    found = read_junit([path])
    # A test that passed and whose fixture then broke is one test case with an error.
    assert (found.tests, found.failures, found.errors, found.skipped) == (8, 1, 2, 2)
    assert found.result == "fail"
    assert found.suites == ("pytest",)
    assert found.failed == (
        "test_sample.test_fails",
        "test_sample.test_errs",
        "test_sample.test_errs_late",
    )
    assert found.files[0].name == "junit.xml"
    assert found.files[0].data == path.read_bytes()


def test_pytests_report_of_a_good_run(tmp_path: Path) -> None:
    found = read_junit([run_pytest(tmp_path, "def test_a(): pass\ndef test_b(): pass\n")])
    assert (found.tests, found.failures, found.errors, found.skipped) == (2, 0, 0, 0)
    assert found.result == "pass"
    assert found.failed == ()


def test_a_module_that_cannot_be_imported_is_an_error(tmp_path: Path) -> None:
    found = read_junit([run_pytest(tmp_path, "import nothing_of_that_name\n")])
    assert (found.errors, found.result) == (1, "fail")


def test_a_run_without_tests_is_not_a_pass(tmp_path: Path) -> None:
    path = run_pytest(tmp_path, "x = 1\n")
    with pytest.raises(InputError, match="no test case") as caught:
        read_junit([path])
    assert caught.value.code == "no-tests"


def test_the_header_of_a_suite_is_not_believed(tmp_path: Path) -> None:
    lie = '<testsuite tests="9" failures="0" errors="0"><testcase name="a"><failure/></testcase></testsuite>'
    found = read(tmp_path, lie)
    assert (found.tests, found.failures, found.result) == (1, 1, "fail")
    with pytest.raises(InputError, match="no test case"):
        read(tmp_path, '<testsuite tests="9" failures="0"/>')


def test_a_case_counts_once_and_the_worse_outcome_wins(tmp_path: Path) -> None:
    found = read(tmp_path, suite("<testcase><skipped/><failure/><failure/><error/></testcase>"))
    assert (found.tests, found.failures, found.errors, found.skipped) == (1, 0, 1, 0)
    assert found.failed == ("(no name)",)


def test_skipped_is_allowed(tmp_path: Path) -> None:
    found = read(tmp_path, suite("<testcase/><testcase><skipped message='later'/></testcase>"))
    assert (found.tests, found.skipped, found.result) == (2, 1, "pass")


def test_a_flaky_test_that_passed_in_the_end_passes(tmp_path: Path) -> None:
    assert read(tmp_path, suite("<testcase><flakyFailure/></testcase>")).result == "pass"


def test_only_what_stands_in_the_case_itself_is_its_outcome(tmp_path: Path) -> None:
    quoted = "<testcase><system-out><![CDATA[<failure/><!DOCTYPE html>]]></system-out></testcase>"
    assert read(tmp_path, suite(quoted)).result == "pass"


def test_an_error_outside_of_any_case_fails_the_run(tmp_path: Path) -> None:
    found = read(tmp_path, suite("<testcase/><error message='set-up'/>"))
    assert (found.tests, found.errors, found.result) == (1, 1, "fail")


def test_suites_in_suites_and_a_namespace(tmp_path: Path) -> None:
    text = (
        '<j:testsuites xmlns:j="urn:x"><j:testsuite name="a"><j:testsuite name="b">'
        '<j:testcase classname="c" name="d"><j:failure/></j:testcase></j:testsuite></j:testsuite>'
        "</j:testsuites>"
    )
    found = read(tmp_path, text)
    assert (found.suites, found.failed) == (("a", "b"), ("c.d",))


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        *(("0.0015", 1), ("1,234.5", 1_234_500), ("5e-3", 5), ("1e99", (2**53 - 1) // 1000)),
        *(("", 0), ("-1", 0), ("NaN", 0), ("inf", 0), ("1" * 50, 0), ("\u0661", 0)),
    ],
)
def test_times(tmp_path: Path, written: str, milliseconds: int) -> None:
    found = read(tmp_path, suite(f'<testcase time="{written}"/>'))
    assert found.time_ms == milliseconds


def test_times_add_up_before_they_are_rounded(tmp_path: Path) -> None:
    assert read(tmp_path, suite('<testcase time="0.0004"/>' * 5)).time_ms == 2


def test_names_are_capped(tmp_path: Path) -> None:
    case = '<testcase name="{}"><failure/></testcase>'
    found = read(tmp_path, suite("".join(case.format(f"{n}-" + "x" * 1000) for n in range(60))))
    assert found.failures == 60
    assert len(found.failed) == KEPT
    assert all(len(name) == KEPT_NAME for name in found.failed)
    many = "".join(suite("<testcase/>").replace('"s"', f'"s{n}"') for n in range(60))
    assert len(read(tmp_path, f"<testsuites>{many}</testsuites>").suites) == junit.KEPT_SUITES


@pytest.mark.parametrize("encoding", ["UTF-8", "utf8", "US-ASCII"])
def test_encodings_that_are_read(tmp_path: Path, encoding: str) -> None:
    text = f'\ufeff<?xml version="1.0" encoding="{encoding}"?>\n<!-- ok -->' + suite('<testcase name="é"/>')
    assert read(tmp_path, text).tests == 1


# --- several files


def test_a_folder_stands_for_its_xml_files_in_order(tmp_path: Path) -> None:
    for name in ("b.xml", "a.xml", "c.txt"):
        (tmp_path / name).write_text(suite(f'<testcase name="{name}"><failure/></testcase>'))
    found = read_junit([tmp_path])
    assert [file.name for file in found.files] == ["a.xml", "b.xml"]
    assert found.failed == ("a.xml", "b.xml")


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = []
    for job in ("1", "2", "3"):
        (tmp_path / job).mkdir()
        paths.append(tmp_path / job / "junit.xml")
        paths[-1].write_text(suite("<testcase/>"))
    found = read_junit(paths)
    assert [file.name for file in found.files] == ["junit.xml", "junit-2.xml", "junit-3.xml"]
    assert found.tests == 3


def test_one_file_twice_would_count_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(suite("<testcase/>"))
    with pytest.raises(InputError, match="the same file as"):
        read_junit([path, tmp_path])


def test_one_bad_file_among_good_ones_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(suite("<testcase/>"))
    (tmp_path / "b.xml").write_text("<html/>")
    with pytest.raises(InputError, match=r"b\.xml: not JUnit: its root is <html>"):
        read_junit([tmp_path])


def test_missing_files_empty_folders_and_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_junit([tmp_path / "none.xml"])
    with pytest.raises(InputError, match=r"no \*\.xml"):
        read_junit([tmp_path])
    with pytest.raises(InputError, match="which file"):
        read_junit([])
    with pytest.raises(InputError):
        read_junit([Path("a\0b")])


def test_the_total_and_the_number_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / f"{name}.xml").write_text(suite("<testcase/>"))
    monkeypatch.setattr(inputs, "MAX_FILES", 2)
    with pytest.raises(InputError, match=r"c\.xml: more than 2 reports"):
        read_junit([tmp_path])
    monkeypatch.setattr(inputs, "MAX_TOTAL", 50)
    with pytest.raises(InputError, match=r"b\.xml: 50 bytes of reports exceeded"):
        read_junit([tmp_path])


@pytest.mark.skipif(os.name == "nt", reason="names of files are not bytes there")
def test_a_name_that_is_not_utf8_can_be_recorded(tmp_path: Path) -> None:
    found = read(tmp_path, suite("<testcase/>"), os.fsdecode(b"bad\xff.xml"))
    assert found.files[0].name == r"bad\udcff.xml"


# --- files made to hurt

LAUGHS = (
    '<!DOCTYPE testsuite [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghij", "bcdefghijk", strict=True))
    + "]>"
    + suite("<testcase name='&k;'/>")
)
QUADRATIC = f'<!DOCTYPE testsuite [<!ENTITY a "{"x" * 100_000}">]>' + suite("&a;" * 100_000)
EXTERNAL = '<!DOCTYPE testsuite [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + suite("<testcase/>&a;")


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        QUADRATIC,
        EXTERNAL,
        "<!DOCTYPE testsuite>" + suite("<testcase/>"),
        '<!DOCTYPE testsuite SYSTEM "http://evil/x.dtd">' + suite("<testcase/>"),
        '\ufeff<?xml version="1.0"?><!-- > <!-- --><?x ?>\n<!DOCTYPE testsuite []>' + suite("<testcase/>"),
    ],
    ids=["laughs", "quadratic", "external", "bare", "external subset", "after a prolog"],
)
def test_no_document_type_of_any_kind(tmp_path: Path, text: str) -> None:
    assert "DOCTYPE" in refused(tmp_path, text)


def test_the_parser_refuses_a_document_type_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "_without_doctype", lambda data, dialect: data)
    assert "DOCTYPE" in refused(tmp_path, "<!DOCTYPE testsuite>" + suite("<testcase/>"))


def test_entities_are_not_known(tmp_path: Path) -> None:
    assert "undefined entity" in refused(tmp_path, suite("<testcase>&nbsp;</testcase>"))


def test_nesting(tmp_path: Path) -> None:
    assert "deeper than 64" in refused(tmp_path, "<testsuite>" * 65)
    assert "deeper than 64" in refused(tmp_path, "<testsuite>" * 1_000_000)
    inside = "<testcase>" + "<p>" * 62 + "</p>" * 62 + "</testcase>"
    assert read(tmp_path, suite(inside)).tests == 1


def test_attributes_and_names(tmp_path: Path) -> None:
    attributes = " ".join(f'a{n}=""' for n in range(200_000))
    assert "256 attributes" in refused(tmp_path, suite(f"<testcase {attributes}/>"))
    assert "1000 different names" in refused(tmp_path, suite("".join(f"<a{n}/>" for n in range(300_000))))
    assert "1000 different names" in refused(tmp_path, suite("".join(f"<a b{n}=''/>" for n in range(1001))))


@pytest.mark.parametrize(
    "text",
    [
        f"<testsuite><testcase name='{'x' * 3_000_000}'/></testsuite>",
        f"<testsuite><!--{'x' * 3_000_000}--><testcase/></testsuite>",
        f"<!--{'x' * 3_000_000}",
    ],
    ids=["attribute", "comment", "comment without an end"],
)
def test_one_enormous_tag(tmp_path: Path, text: str) -> None:
    assert "2097152 bytes" in refused(tmp_path, text)


def test_one_enormous_output_is_no_matter(tmp_path: Path) -> None:
    output = f"<system-out><![CDATA[{'x' * 10_000_000}]]>{'y' * 3_000_000}</system-out>"
    assert read(tmp_path, suite(f"<testcase name='{'x' * 1_000_000}'>{output}</testcase>")).result == "pass"


def test_elements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "_DIALECT", xml.Dialect("test report", 3))
    assert read(tmp_path, suite("<testcase/>" * 2)).tests == 2
    assert "more than 3 elements" in refused(tmp_path, suite("<testcase/>" * 3))


def test_size(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(InputError, match=r"large\.xml: 104857600 bytes") as caught:
        read_junit([path])
    assert caught.value.code == "too-large"


@pytest.mark.parametrize("encoding", ["utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_that_are_not_read(tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + suite("<testcase/>")
    assert "UTF-8" in refused(tmp_path, text.encode(encoding)) or encoding == "utf-7"


@pytest.mark.parametrize("encoding", ["UTF-7", "ISO-8859-1", "UTF-16", "ebcdic-cp-us", "x" * 10_000])
def test_a_declared_encoding_that_is_not_read(tmp_path: Path, encoding: str) -> None:
    message = refused(tmp_path, f'<?xml version="1.0" encoding="{encoding}"?>' + suite("<testcase/>"))
    assert "its encoding is" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"\x89PNG\r\n\x1a\n",
        b"{}",
        b"<testsuite>",
        b"<testsuite/><testsuite/>",
        b"<testsuite><testcase></testsuite>",
        b"<testsuite>\xff</testsuite>",
        b"<testsuite>&#27;</testsuite>",
        b"<testsuite>\x1b</testsuite>",
        b"<html/>",
        b"<testcase/>",
        b"<testsuite><testcase><testcase/></testcase></testsuite>",
        b"<testsuite><p><testcase/></p></testsuite>",
        b"<!-- " * 10_000,
        b"<?x " * 10_000,
    ],
)
def test_what_is_not_junit(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path, data)


pieces = st.sampled_from(
    [
        *("<testsuites>", "</testsuites>", '<testsuite name="s">', "</testsuite>", "<testcase/>"),
        *('<testcase name="a" time="1">', "</testcase>", "<failure/>", "<error>", "</error>", "<skipped/>"),
        *(
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?x",
            "?>",
            "<!DOCTYPE a>",
            "&lt;",
            "&x;",
            "&#x1b;",
            '<?xml version="1.0"?>',
            "x",
        ),
    ]
)


documents = st.lists(pieces, max_size=30).map("".join).map(str.encode)


@settings(max_examples=300)
@given(st.one_of(documents, st.binary(max_size=200)))
def test_nothing_but_an_input_error_comes_out(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.xml"
    path.write_bytes(data)
    try:
        found = read_junit([path])
    except InputError:
        return
    assert found.tests >= 1
    assert found.failures + found.skipped <= found.tests
