"""Checkpoints: C2SP tlog-checkpoint bodies in C2SP signed notes, and C2SP tlog-proof files.

A checkpoint says "the log of this origin, at this size, has this root"; a custodian signs it with an Ed25519 key
whose note name is the origin. Signature lines of others (witnesses) are kept verbatim and not interpreted.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from custody.keys.ed25519 import Signer, verify_signature
from custody.ledger.canonical import MAX_INTEGER, MalformedError
from custody.ledger.dsse import decode_base64
from custody.ledger.entry import ORIGIN

MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 64
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_ED25519 = b"\x01"
_ORIGIN = re.compile(ORIGIN)
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class SignatureLine(NamedTuple):
    """One signature of a note: the key's name, its 4-byte id, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes


class Checkpoint(NamedTuple):
    """A parsed signed note. `text` is what was signed; `root` is hex; `note` is the whole, verbatim."""

    origin: str
    size: int
    root: str
    text: str
    signatures: tuple[SignatureLine, ...]
    note: str

    def signed_by(self, key: bytes) -> bool:
        """Whether a line under the origin's name is this Ed25519 key's (32 bytes) signature of the text."""
        wanted = key_id(self.origin, key)
        return any(
            line.name == self.origin
            and line.key_id == wanted
            and verify_signature(key, self.text.encode("utf-8"), line.signature)
            for line in self.signatures
        )


def key_id(name: str, key: bytes) -> bytes:
    """C2SP signed-note: the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ Ed25519 public key)."""
    return sha256(name.encode("utf-8") + b"\n" + _ED25519 + key).digest()[:4]


def sign_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> str:
    """The signed note for a log of this size and root. Raises MalformedError for an origin no note can carry."""
    if not _ORIGIN.fullmatch(origin):
        raise MalformedError("an origin that is not a checkpoint's key name")
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode('ascii')}\n"
    signature = key_id(origin, signer.public.raw) + signer.sign(text.encode("utf-8"))
    return f"{text}\n— {origin} {base64.b64encode(signature).decode('ascii')}\n"


def parse_checkpoint(note: str) -> Checkpoint:
    """A signed note of custody's form. Raises MalformedError; says nothing yet of the signatures' worth."""
    if len(note) > MAX_NOTE or any(ord(character) < 0x20 and character != "\n" for character in note):
        raise MalformedError("not a signed note: too long, or a control character in it")
    text, separator, signature_text = note.rpartition("\n\n")
    if not separator or not signature_text.endswith("\n"):
        raise MalformedError("not a signed note: no signature lines")
    text += "\n"
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise MalformedError("not a checkpoint: fewer than three lines, or an empty one")
    if not _ORIGIN.fullmatch(lines[0]):
        raise MalformedError("not a checkpoint: its first line is no origin")
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_INTEGER:
        raise MalformedError("not a checkpoint: its second line is no size")
    root = decode_base64(lines[2])
    if len(root) != 32:
        raise MalformedError("not a checkpoint: its third line is no SHA-256 root")
    signatures = tuple(_parse_signature(line) for line in signature_text[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise MalformedError(f"a note with more than {MAX_SIGNATURES} signatures")
    return Checkpoint(lines[0], int(lines[1]), root.hex(), text, signatures, note)


def format_proof(index: int, proof: Sequence[bytes], note: str) -> str:
    """A C2SP tlog-proof: the inclusion of leaf `index` in the tree of the checkpoint `note`."""
    hashes = "".join(base64.b64encode(node).decode("ascii") + "\n" for node in proof)
    return f"{PROOF_HEADER}\nindex {index}\n{hashes}\n{note}"


def _parse_signature(line: str) -> SignatureLine:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None:
        raise MalformedError("not a signed note: a signature line is malformed")
    data = decode_base64(match[2])
    if len(data) < 5:
        raise MalformedError("not a signed note: a signature is too short")
    return SignatureLine(match[1], data[:4], data[4:])
