"""Reports as their readers read them: HTML by the standard library's parser, Markdown by one that knows GitHub's."""

from __future__ import annotations

import itertools
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = set(
    "html head meta title style body main h1 h2 h3 p section table thead tbody tr th td ul li pre code span br".split()
)
VOID = {"meta", "br"}
ATTRIBUTES = {
    "html": {"lang", "dir"},
    "meta": {"charset", "name", "content", "http-equiv"},
    "p": {"class"},
    "span": {"class"},
    "th": {"scope"},
}


class Page(HTMLParser):
    """A page whose every element is one of ours, closed where it was opened. `texts` is the content of each."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[str, str]] = []
        self.meta: dict[str, str] = {}
        self.classes: set[str] = set()
        self._open: list[tuple[str, list[str]]] = []
        self.declarations: list[str] = []
        self.feed(source)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        assert {name for name, _ in attrs} <= ATTRIBUTES.get(tag, set()), (tag, attrs)
        given = dict(attrs)
        if tag == "meta":
            self.meta[given.get("http-equiv") or given.get("name") or "charset"] = given.get("content") or ""
        self.classes.update((given.get("class") or "").split())
        if tag not in VOID:
            self._open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        opened, parts = self._open.pop()
        assert opened == tag
        text = "".join(parts)
        self.texts.append((tag, text))
        if self._open:
            self._open[-1][1].append(text)

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][1].append(data)
        else:
            assert not data.strip(), data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        self.declarations.append(decl)

    def of(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


HARMLESS = set(
    "heading_open heading_close paragraph_open paragraph_close inline table_open table_close thead_open thead_close "
    "tbody_open tbody_close tr_open tr_close th_open th_close td_open td_close fence text code_inline strong_open "
    "strong_close bullet_list_open bullet_list_close list_item_open list_item_close".split()
)


def read_markdown(source: str) -> list[Token]:
    """A document's tokens, where none of them is a link, an image, an element, or anything else that is not ours."""
    reader = MarkdownIt("gfm-like", {"linkify": True, "html": True, "typographer": False})
    assert reader.linkify is not None
    reader.linkify.set({"fuzzy_link": True, "fuzzy_email": True})
    tokens = reader.parse(source)
    for token in tokens:
        for one in (token, *(token.children or ())):
            assert one.type in HARMLESS, (one.type, one.content)
    return tokens


def text_of(token: Token) -> str:
    """What an inline token shows."""
    return "".join(one.content for one in token.children or ())


def cells(tokens: list[Token]) -> list[list[str]]:
    """The texts of every row of every table."""
    rows: list[list[str]] = []
    for before, token in itertools.pairwise(tokens):
        if token.type == "tr_open":
            rows.append([])
        if before.type in ("td_open", "th_open"):
            rows[-1].append(text_of(token))
    return rows
