"""An entry's header: the small signed statement (in-toto Statement v1) that commits to everything else.

The canonical form of a header is a regular language, because nothing in it can need an escape. So one pattern is
the whole grammar: what it matches is canonical, complete and holds nothing unknown, and what it does not match is
no header. `spec/ledger.md` gives the same grammar in words and a test holds the pattern against a plain reading of
the JSON.
"""

# No postponed annotations: a named tuple would compile each of them, at every start.
import hashlib
import re
from datetime import datetime
from typing import NamedTuple

from custody.ledger import timestamps
from custody.ledger.canonical import MAX_INTEGER, MalformedError

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:custody:entry:v1"
BODY_SUBJECT = "urn:custody:body"

MAX_HEADER = 16 * 1024
MAX_BODY = 1024 * 1024
MAX_ATTACHMENT = 64 * 1024 * 1024
MAX_ATTACHMENTS = 64
MAX_SUBJECTS = 16

KINDS = (
    "genesis artifact evidence approval deployment snapshot decision policy trust allow note merge redaction seal"
).split()

NAME = r"[A-Za-z0-9._/@:+-]{1,200}"
ORIGIN = r"[A-Za-z0-9._/@:-]{1,200}"  # a checkpoint's key name cannot hold a plus (C2SP signed-note)
_DIGEST = r"[0-9a-f]{64}"
_COUNT = r"(?:0|[1-9][0-9]{0,15})"
_MEDIA = r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,127}"
_ATTACHMENT = rf'\{{"mediaType":"{_MEDIA}","sha256":"{_DIGEST}","size":{_COUNT}\}}'
_SUBJECT = rf'\{{"digest":\{{"sha256":"{_DIGEST}"\}},"name":"{NAME}"\}}'

_HEADER = re.compile(
    rf'\{{"_type":"{re.escape(STATEMENT_TYPE)}","predicate":\{{'
    rf'(?:"attachments":\[(?P<attachments>{_ATTACHMENT}(?:,{_ATTACHMENT})*)\],)?'
    rf'"body":\{{"sha256":"(?P<body>{_DIGEST})","size":(?P<size>{_COUNT})\}},'
    r"(?:"
    rf'"chain":"(?P<chain>{_DIGEST})",'
    rf'"kind":"(?P<kind>{"|".join(KINDS[1:])})",'
    r'(?P<last>"last":true,)?'
    rf'(?:"once":"(?P<once>{_DIGEST})",)?'
    rf'"prev":"(?P<prev>{_DIGEST})",'
    r'"seq":(?P<seq>[1-9][0-9]{0,15}),'
    r"|"
    rf'"key":"(?P<key>{_DIGEST})",'
    r'"kind":"genesis",'
    r'"nonce":"(?P<nonce>[0-9a-f]{32})",'
    rf'"origin":"(?P<origin>{ORIGIN})",'
    rf'(?:"seen":\{{"root":"(?P<seen_root>{_DIGEST})","size":(?P<seen_size>{_COUNT})\}},)?'
    r'"seq":0,'
    r")"
    rf'"time":"(?P<time>{timestamps.FORM})"\}},'
    rf'"predicateType":"{re.escape(PREDICATE_TYPE)}",'
    rf'"subject":\[\{{"digest":\{{"sha256":"(?P<subject>{_DIGEST})"\}},"name":"(?P<name>{NAME})"\}}'
    rf"(?P<more_subjects>(?:,{_SUBJECT})*)\]\}}"
)
_EACH_ATTACHMENT = re.compile(r'"mediaType":"([^"]+)","sha256":"([^"]+)","size":([0-9]+)')
_EACH_SUBJECT = re.compile(r'"sha256":"([^"]+)"\},"name":"([^"]+)"')


class Subject(NamedTuple):
    """An artifact an entry is about: its name and fingerprint (SHA-256, hex)."""

    name: str
    sha256: str


class Attachment(NamedTuple):
    """Bytes committed to by digest: SHA-256 (hex), size in bytes, media type."""

    sha256: str
    size: int
    media_type: str


class Seen(NamedTuple):
    """A checkpoint the writer knew of: the log's size and root (hex)."""

    size: int
    root: str


class Header(NamedTuple):
    """What is signed. A genesis (seq 0) has origin, key and nonce; every other entry has chain and prev."""

    kind: str
    seq: int
    time: str
    body: str
    body_size: int
    subjects: tuple[Subject, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    chain: str = ""
    prev: str = ""
    once: str = ""
    last: bool = False
    origin: str = ""
    key: str = ""
    nonce: str = ""
    seen: Seen | None = None

    def encode(self) -> bytes:
        """The canonical bytes. Raises MalformedError when a field is not what the format allows."""
        subjects = self.subjects or (Subject(BODY_SUBJECT, self.body),)
        attachments = ",".join(
            f'{{"mediaType":"{a.media_type}","sha256":"{a.sha256}","size":{a.size}}}'
            for a in self.attachments
        )
        if self.kind == "genesis":
            seen = f'"seen":{{"root":"{self.seen.root}","size":{self.seen.size}}},' if self.seen else ""
            middle = (
                f'"key":"{self.key}","kind":"genesis","nonce":"{self.nonce}","origin":"{self.origin}",{seen}'
            )
        else:
            last = '"last":true,' if self.last else ""
            once = f'"once":"{self.once}",' if self.once else ""
            middle = f'"chain":"{self.chain}","kind":"{self.kind}",{last}{once}"prev":"{self.prev}",'
        text = (
            f'{{"_type":"{STATEMENT_TYPE}","predicate":{{'
            + (f'"attachments":[{attachments}],' if attachments else "")
            + f'"body":{{"sha256":"{self.body}","size":{self.body_size}}},{middle}'
            f'"seq":{self.seq},"time":"{self.time}"}},"predicateType":"{PREDICATE_TYPE}","subject":['
            + ",".join(f'{{"digest":{{"sha256":"{s.sha256}"}},"name":"{s.name}"}}' for s in subjects)
            + "]}"
        )
        data = text.encode("utf-8", "backslashreplace")
        if parse_header(data) != self:
            raise MalformedError("a header field is not what the format allows")
        return data

    @property
    def blobs(self) -> tuple[str, ...]:
        """The digests this entry commits to: its body's first, then its attachments'."""
        return (self.body, *(attachment.sha256 for attachment in self.attachments))


def parse_header(data: bytes) -> Header:
    """Header bytes to a header. Raises MalformedError for anything but the canonical form."""
    if len(data) > MAX_HEADER:
        raise MalformedError(f"a header of {len(data)} bytes, more than the {MAX_HEADER} allowed")
    match = _HEADER.fullmatch(data.decode("latin-1"))
    if match is None:
        raise MalformedError("not a header in canonical form")
    (attachment_text, body, size, chain, kind, last, once, prev, seq, key, nonce, origin, seen_root, seen_size,
     time, subject, name, more_subjects) = match.groups()  # fmt: skip
    subjects: tuple[Subject, ...]
    if name == BODY_SUBJECT and subject == body and not more_subjects:
        subjects = ()
    else:
        subjects = (Subject(name, subject),)
        if more_subjects or name == BODY_SUBJECT:
            subjects = _several_subjects(subjects[0], more_subjects)
    header = Header(
        kind or "genesis",
        int(seq) if seq else 0,
        time,
        body,
        int(size),
        subjects,
        _attachments(attachment_text) if attachment_text else (),
        chain or "",
        prev or "",
        once or "",
        last is not None,
        origin or "",
        key or "",
        nonce or "",
        Seen(int(seen_size), seen_root) if seen_root else None,
    )
    try:
        datetime.fromisoformat(time)
    except ValueError:
        raise MalformedError("a header whose time does not exist") from None
    if header.body_size > MAX_BODY:
        raise MalformedError(f"a body of {header.body_size} bytes, more than the {MAX_BODY} allowed")
    if header.seq > MAX_INTEGER or (header.seen is not None and header.seen.size > MAX_INTEGER):
        raise MalformedError("a number of 2^53 or more")
    return header


def _several_subjects(first: Subject, more: str) -> tuple[Subject, ...]:
    subjects = (first, *(Subject(name, sha256) for sha256, name in _EACH_SUBJECT.findall(more)))
    if len(subjects) > MAX_SUBJECTS:
        raise MalformedError(f"{len(subjects)} subjects, more than the {MAX_SUBJECTS} allowed")
    if any(subject.name == BODY_SUBJECT for subject in subjects):
        raise MalformedError("a header whose subject is the body must name the body's digest, and it alone")
    return subjects


def _attachments(text: str) -> tuple[Attachment, ...]:
    attachments = tuple(
        Attachment(sha256, int(size), media_type)
        for media_type, sha256, size in _EACH_ATTACHMENT.findall(text)
    )
    if len(attachments) > MAX_ATTACHMENTS:
        raise MalformedError(f"{len(attachments)} attachments, more than the {MAX_ATTACHMENTS} allowed")
    if any(attachment.size > MAX_ATTACHMENT for attachment in attachments):
        raise MalformedError(f"an attachment larger than the {MAX_ATTACHMENT} bytes allowed")
    return attachments


def entry_id(header: bytes) -> str:
    """SHA-256 of the header's bytes, hex: what `sha256sum` prints of them."""
    return hashlib.sha256(header).hexdigest()


def once_digest(key: str) -> str:
    """The digest that stands in a header for a `--once` key."""
    return hashlib.sha256(b"custody once\0" + key.encode("utf-8", "surrogateescape")).hexdigest()
