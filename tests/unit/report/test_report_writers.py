"""Whatever a text says, a report shows it and nothing acts on it: payloads in every place, in every format."""

from __future__ import annotations

import itertools
import json
import re
from zoneinfo import ZoneInfo

import pytest
from harness import screen
from hypothesis import example, given
from hypothesis import strategies as st
from reading import Page, cells, read_markdown, text_of

from custody.report import html, markdown, plain, wording
from custody.report.document import (
    Code,
    Counts,
    Digest,
    Document,
    EntryRef,
    Instant,
    Items,
    Mark,
    Paragraph,
    Section,
    facts,
    table,
)

OSLO = ZoneInfo("Europe/Oslo")
UTC = ZoneInfo("UTC")
PAYLOADS = {
    **screen.PAYLOADS,
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "quote": "\"' onmouseover='x",
    "style end": "</style></title></pre></td></table>",
    "comment": "<!-- --> <!DOCTYPE x> <?php ?> <![CDATA[x]]>",
    "entity": "&lt;b&gt; &#60;script&#62; &amp;",
    "md link": "[click](http://evil.example)",
    "md reference": "[a]: http://evil.example",
    "md image": "![x](http://evil.example/x.png)",
    "autolink": "<http://evil.example>",
    "bare link": "see http://evil.example/a now",
    "www": "www.evil.example",
    "domain": "evil.example.com",
    "mail": "a@evil.example",
    "mention": "@acme/owners #12 GH-1",
    "emphasis": "*x* _y_ **z** ~~q~~",
    "heading": "# x",
    "setext": "===",
    "rule": "---",
    "item": "- x",
    "number": "1. x",
    "other number": "2) x",
    "quoted": "> x",
    "pipe": "a | b || c |",
    "escaped pipe": "a \\| b \\\\| c \\",
    "tick": "`",
    "ticks": "a `b` ``c`` ```",
    "only ticks": "``",
    "fence": "```\n# out\n```",
    "tilde": "~~~",
    "blanks": "  a  b  ",
    "blank": " ",
    "indent": "    code",
    "math": "$x$ \\(y\\)",
    "rtl letters": "שלום 12 عدد",
    "footnote": "[^1] x",
    "task": "[ ] x",
    "break": "a<br>b\\",
    "long": "x" * 5000,
    "backslash": "C:\\new\\table",
    "ellipsis": "pass…+12",
    "fraction": "a//b ://",
}


def document(text: str) -> Document:
    """A text in every place of a report that holds one."""
    make = table("table", ("first", "First"), ("second", text), ("third", "Third"), empty=text)
    section = Section(
        "section",
        text,
        (
            Paragraph(text),
            Paragraph(text, "bad"),
            facts(("fact", text, text)),
            make([("left", text, "right"), (EntryRef(1, text), Mark(text, "good"), [text, Digest(text)])]),
            make._replace(key="empty")([]),
            Items("items", (text, Counts(((text, 2),)))),
            Items("nothing", (), text),
            Code("code", text, f"{text}\n{text}"),
        ),
    )
    return Document(
        "test", text, Mark("verified", "good"), 0, OSLO, Section("basis", "Basis", ()), (section,)
    )


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_html_shows_every_text_and_acts_on_none(text: str) -> None:
    source = html.write(document(text))
    shown = wording.words(text)
    page = Page(source)
    screen.check_harmless(source, "html", terminal=False)
    assert page.declarations == ["DOCTYPE html"]
    assert page.of("title") == [shown] == page.of("h1")
    assert page.of("h2") == ["Basis", shown]
    assert page.of("p") == ["✓ verified", shown, shown, shown, shown]
    assert [one for one in page.of("th") if one not in ("First", "Third")] == [shown, shown]
    assert page.of("td")[0] == shown and page.of("td")[1:4] == ["left", shown, "right"]
    assert page.of("td")[5] == f"✓ {shown}" and len(page.of("td")) == 7
    assert page.of("li") == [shown, f"2 {shown}"]
    assert page.of("pre") == ["\n" + "\n".join(wording.code_lines(f"{text}\n{text}"))]


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_markdown_shows_every_text_and_acts_on_none(text: str) -> None:
    source = markdown.write(document(text))
    shown = wording.words(text)
    tokens = read_markdown(source)
    screen.check_harmless(source, "markdown", terminal=False)
    assert [len(row) for row in cells(tokens)] == [2, 2, 3, 3, 3]
    _, told, headings, first, second = cells(tokens)
    assert [_same(one) for one in told] == [_same(shown)] * 2
    assert _same(headings[1]) == _same(shown) and headings[::2] == ["First", "Third"]
    assert [_same(one) for one in first] == ["left", _same(shown), "right"]
    assert _same(second[1]) == _same(f"✓ {shown}")
    fences = [token.content for token in tokens if token.type == "fence"]
    assert fences == ["".join(f"{line}\n" for line in wording.code_lines(f"{text}\n{text}"))]
    titles = [text_of(after) for one, after in itertools.pairwise(tokens) if one.type == "heading_open"]
    assert [_same(one) for one in titles] == [_same(shown), "Basis", _same(shown)]


def _same(shown: str) -> str:
    """Blanks at the ends of a cell are nobody's."""
    return shown.strip(" ")


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_json_gives_every_text_back_as_it_was(text: str) -> None:
    source = plain.write(document(text))
    assert source.isascii() and json.loads(source)["title"] == text
    section = json.loads(source)["answer"]["section"]
    assert section["fact"] == text and section["table"][0] == {
        "first": "left",
        "second": text,
        "third": "right",
    }
    assert section["table"][1]["third"] == [text, text] and section["empty"] == []
    assert section["items"] == [text, {text: 2}] and section["code"] == f"{text}\n{text}"


@given(st.text(max_size=60))
@example("a|")
@example("\\")
@example("`|`")
def test_any_text_stays_in_its_cell(text: str) -> None:
    shown = wording.words(text) or wording.NOTHING
    made = document(text)
    (_, _, _, first, _) = cells(read_markdown(markdown.write(made)))
    assert [_same(one) for one in first] == ["left", _same(shown), "right"]
    assert Page(html.write(made)).of("td")[2] == shown


def test_plain_words_are_plain_and_names_with_dots_are_code() -> None:
    assert markdown.inline("unit-tests: pass (of the commit)") == "unit-tests: pass (of the commit)"
    assert markdown.inline("version 1.4.2, blåbær.") == "version 1.4.2, blåbær."
    assert markdown.inline("payments.ledger") == "`payments.ledger`"
    assert markdown.inline("a `b`") == "`` a `b` ``"


def test_the_policy_of_a_page_lets_in_nothing_but_its_own_style() -> None:
    import base64
    import hashlib

    source = html.write(document("x"))
    policy = Page(source).meta["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    (style,) = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert not re.search(r"url\(|@import|https?:|<link|<script|src=|href=", source)
    assert "prefers-color-scheme: dark" in style and "@media print" in style


def test_every_class_has_a_style() -> None:
    told = facts(
        ("a", "A", None),
        ("b", "B", Instant("2026-11-19T01:30:00.000Z")),
        ("c", "C", "y" * 30),
        ("d", "D", Mark("m")),
    )
    paragraphs = (Paragraph("x", "bad"), Paragraph("x", "good"))
    section = Section("s", "s", (told, *paragraphs))
    made = Document("test", "t", Mark("m", "warn"), 0, OSLO, Section("basis", "b", ()), (section,))
    source = html.write(made)
    style = source.split("<style>")[1].split("</style>")[0]
    classes = Page(source).classes - {"plain"}
    assert classes and all(re.search(rf"\.{name}\b", style) for name in classes), classes


def test_instants_are_told_in_both_clocks() -> None:
    assert wording.instants("2026-11-19T01:30:00.123Z", OSLO) == [
        "2026-11-19 01:30:00 UTC",
        "2026-11-19 02:30:00+01:00",
    ]
    assert wording.instants("2026-11-19T01:30:00.123Z", UTC) == ["2026-11-19 01:30:00 UTC"]
    assert wording.instants("", OSLO) == []
    assert wording.instants("9999-12-31T23:59:59.999Z", OSLO) == ["9999-12-31 23:59:59 UTC"]


def test_json_shown_as_code_is_still_json() -> None:
    value = {"a\\u202e": "\u202e \x9b \U000e0041 \\ blåbær \u0301 …", "b": ["שלום"]}
    shown = "\n".join(wording.code_lines(json.dumps(value, ensure_ascii=False, indent=2)))
    assert json.loads(shown) == value
    assert all(line.isprintable() for line in shown.split("\n")) and "blåbær" in shown


def test_columns_without_content_are_left_out_for_people_and_not_for_programs() -> None:
    make = table("rows", ("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E"))
    rows = make([("x", None, "", [], False), ("y", Instant(""), "", [], False)])
    made = Document("test", "t", Mark("m"), 0, UTC, Section("basis", "b", ()), (Section("s", "s", (rows,)),))
    assert cells(read_markdown(markdown.write(made)))[0] == ["A", "E"]
    assert Page(html.write(made)).of("th") == ["A", "E"]
    row = plain.value_of(made)["answer"]["s"]["rows"][0]
    assert row == {"a": "x", "b": None, "c": None, "d": [], "e": False}


def test_two_blocks_of_one_key_are_a_mistake() -> None:
    twice = Section("s", "s", (facts(("a", "A", 1)), Code("a", "A", "x")))
    made = Document("test", "t", Mark("m"), 0, UTC, Section("basis", "b", ()), (twice,))
    with pytest.raises(AssertionError, match="named a"):
        plain.write(made)
