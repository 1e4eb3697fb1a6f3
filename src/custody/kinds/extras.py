"""What any entry that somebody appends can carry beside its own fields: remarks, links, and names of attachments."""

# No postponed annotations: a named tuple would compile each of them, at every start.
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject

MAX_LINKS = 100
MAX_FILES = 64

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Link(NamedTuple):
    """Something elsewhere. With `sha256`, what was there then: a reader can tell whether it still is."""

    label: str
    url: str
    sha256: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(fields.name("label"), fields.text("url", 2000), fields.optional_digest("sha256"))

    def write(self) -> JsonObject:
        return present(label=self.label, url=self.url, sha256=self.sha256)


class File(NamedTuple):
    """An attachment's name where it came from, by its digest."""

    name: str
    sha256: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(fields.text("name", 500), fields.digest("sha256"))

    def write(self) -> JsonObject:
        return {"name": self.name, "sha256": self.sha256}


class Extras(NamedTuple):
    annotations: Mapping[str, str] = NOTHING
    links: tuple[Link, ...] = ()
    files: tuple[File, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> "Extras":
        if not fields.has_any("annotations", "links", "files"):
            return NONE
        return cls(
            fields.text_map("annotations"),
            fields.records("links", Link.read, MAX_LINKS),
            fields.records("files", File.read, MAX_FILES),
        )

    def write(self) -> JsonObject:
        return present(
            annotations=dict(self.annotations),
            links=[link.write() for link in self.links],
            files=[file.write() for file in self.files],
        )


NONE = Extras()
