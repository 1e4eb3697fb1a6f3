"""An artifact as bodies name it: `{"name": …, "sha256": …}`."""

from __future__ import annotations

from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject


def read_subject(fields: Fields) -> Subject:
    return Subject(fields.name("name"), fields.digest("sha256"))


def write_subject(subject: Subject) -> JsonObject:
    return {"name": subject.name, "sha256": subject.sha256}
