"""The vectors that are no files: strict JSON, headers, the tree, checkpoints. Facts of others name their source."""

from __future__ import annotations

import base64
from typing import Any

from workshop import ORIGIN, World, checkpoint, signer

from custody.kinds import Note
from custody.ledger import dsse
from custody.ledger.checkpoint import key_id
from custody.ledger.entry import Attachment, Header, Seen, Subject
from custody.ledger.writer import Draft


def all_of_them() -> dict[str, Any]:
    """By the name of the file."""
    return {
        "canonical.json": canonical(),
        "header.json": headers(),
        "merkle.json": merkle(),
        "checkpoint.json": checkpoints(),
        "envelope.json": envelope(),
    }


def _bytes(data: bytes) -> dict[str, str]:
    """Readable where it can be: as text if it is printable ASCII, else in base64."""
    text = data.decode("ascii", "ignore")
    if text.encode("ascii") == data and text.isprintable():
        return {"text": text}
    return {"base64": base64.b64encode(data).decode("ascii")}


def canonical() -> Any:
    """Texts that are strict JSON (§2.7), and texts that are not, with the rule that they break."""
    accepted = {
        "an object": b'{"a":1,"b":[true,false,null,"x"]}',
        "an empty object": b"{}",
        "a number alone": b"0",
        "the largest integer": b"9007199254740991",
        "the smallest integer": b"-9007199254740991",
        "depth 16": b"[" * 16 + b"]" * 16,
        "brackets in a string are no depth": b'"' + b"[{" * 40 + b'"',
        "escapes that are needed": rb'"\b\t\n\f\r\"\\\u0001\u001f"',
        "text that is not ASCII": '"é‖😀\u2028\u007f"'.encode(),
        "keys in order of UTF-16, U+1F600 before U+FF5E": '{"a":1,"\U0001f600":2,"\uff5e":3}'.encode(),
        "a key that is empty": b'{"":1}',
        "a backslash before u0000": rb'"\\u0000"',
    }
    refused = {
        "duplicate key": b'{"a":1,"a":1}',
        "duplicate key, one escaped": rb'{"a":1,"\u0061":2}',
        "duplicate key, deep": b'{"a":[{"b":1,"b":2}]}',
        "float": b"1.5",
        "float that is whole": b"1.0",
        "exponent": b"1e2",
        "infinity by exponent": b"1e400",
        "minus zero": b"-0",
        "leading zero": b"01",
        "plus": b"+1",
        "NaN": b"NaN",
        "Infinity": b"Infinity",
        "2^53": b"9007199254740992",
        "-2^53": b"-9007199254740992",
        "5,000 digits": b"1" * 5000,
        "depth 17": b"[" * 17 + b"]" * 17,
        "depth 17 of objects": b'{"a":' * 17 + b"1" + b"}" * 17,
        "depth 5,000": b"[" * 5000,
        "byte order mark": b"\xef\xbb\xbf{}",
        "UTF-16": '{"a":1}'.encode("utf-16"),
        "UTF-16 without a mark": '{"a":1}'.encode("utf-16-le"),
        "UTF-32": '{"a":1}'.encode("utf-32"),
        "invalid UTF-8": b'"\xff"',
        "overlong UTF-8": b'"\xc0\xaf"',
        "a surrogate in UTF-8": b'"\xed\xa0\x80"',
        "a lone surrogate, escaped": rb'"\ud800"',
        "a pair of surrogates, escaped": rb'"\ud83d\ude00"',
        "NUL": rb'"pass\u0000FAIL"',
        "NUL in a key": rb'{"a\u0000":1}',
        "a control character that is not escaped": b'"\x1f"',
        "an escape that is not needed": rb'"\u0061"',
        "an escaped slash": rb'"\/"',
        "an escape in upper case": rb'"\u001F"',
        "a long escape where there is a short one": rb'"\u000a"',
        "a space after a colon": b'{"a": 1}',
        "a newline at the end": b"{}\n",
        "a space in front": b" {}",
        "keys out of order": b'{"b":1,"a":2}',
        "keys in order of code points, not of UTF-16": '{"a":1,"\uff5e":3,"\U0001f600":2}'.encode(),
        "two values": b"{}{}",
        "nothing": b"",
        "a comma too many": b"[1,]",
        "an open string": b'"a',
        "true with a capital": b"True",
    }
    return {
        "accepted": [{"name": name, **_bytes(data)} for name, data in accepted.items()],
        "refused": [{"name": name, **_bytes(data)} for name, data in refused.items()],
    }


def headers() -> Any:
    """Headers (§2.1): some that are, and changes of them that make them none."""
    digest, other = "1a" * 32, "2b" * 32
    time = "2026-11-19T02:30:11.123Z"
    genesis = Header("genesis", 0, time, digest, 46, origin=ORIGIN, key=other, nonce="3c" * 16)
    note = Header("note", 1, time, digest, 46, chain=other, prev=other)
    full = note._replace(
        kind="evidence",
        seq=2**53 - 1,
        subjects=tuple(Subject(f"api+{index}", other) for index in range(16)),
        attachments=tuple(Attachment(other, 64 * 1024 * 1024, "application/vnd.x+json") for _ in range(64)),
        once=digest,
        last=True,
        body_size=1024 * 1024,
    )
    accepted = {
        "a genesis": genesis,
        "a genesis that saw a checkpoint": genesis._replace(seen=Seen(2**53 - 1, digest)),
        "a note": note,
        "everything at its limit": full,
        "the first instant": note._replace(time="0001-01-01T00:00:00.000Z"),
        "a leap day": note._replace(time="2028-02-29T23:59:59.999Z"),
        "a name of 200": note._replace(subjects=(Subject("x" * 200, other),)),
    }
    plain = note.encode()
    about = note._replace(subjects=(Subject("api", other),)).encode()
    first = genesis.encode()
    last = note._replace(last=True).encode()
    attached = note._replace(attachments=(Attachment(other, 5, "text/plain"),)).encode()
    one_subject = about[about.index(b'{"digest"') : -2]
    one_attachment = attached[attached.index(b'{"mediaType"') : attached.index(b'],"body"')]
    changes: dict[str, tuple[bytes, bytes, bytes]] = {
        "another statement type": (plain, b"Statement/v1", b"Statement/v0.1"),
        "another predicate type": (plain, b"entry:v1", b"entry:v2"),
        "an unknown kind": (plain, b'"note"', b'"memo"'),
        "a genesis with a prev": (plain, b'"note"', b'"genesis"'),
        "an unknown field": (plain, b'"prev"', b'"nice":true,"prev"'),
        "no time": (plain, b',"time":"%b"' % time.encode(), b""),
        "seq 0 that is no genesis": (plain, b'"seq":1', b'"seq":0'),
        "a negative seq": (plain, b'"seq":1', b'"seq":-1'),
        "a seq of 2^53": (plain, b'"seq":1', b'"seq":9007199254740992'),
        "a seq as text": (plain, b'"seq":1', b'"seq":"1"'),
        "a seq as a float": (plain, b'"seq":1', b'"seq":1.0'),
        "a seq that is true": (plain, b'"seq":1', b'"seq":true'),
        "a seq with a zero in front": (plain, b'"seq":1', b'"seq":01'),
        "an upper-case digest": (plain, other.encode(), other.upper().encode()),
        "a short digest": (plain, other.encode(), other[:-1].encode()),
        "an empty once": (plain, b'"prev"', b'"once":"","prev"'),
        "last that is false": (last, b"true", b"false"),
        "last that is 1": (last, b"true", b"1"),
        "24:00": (plain, b"T02:30:11.123Z", b"T24:00:00.000Z"),
        "second 60": (plain, b"T02:30:11.123Z", b"T23:59:60.000Z"),
        "30 February": (plain, b"2026-11-19", b"2026-02-30"),
        "year 0": (plain, b"2026-11-19", b"0000-11-19"),
        "an offset": (plain, b"11.123Z", b"11.123+00:00"),
        "microseconds": (plain, b"11.123Z", b"11.123456Z"),
        "no milliseconds": (plain, b"11.123Z", b"11Z"),
        "a body of more than 1 MiB": (plain, b'"size":46', b'"size":1048577'),
        "a body of size -1": (plain, b'"size":46', b'"size":-1'),
        "no subject": (about, b"[" + one_subject + b"]", b"[]"),
        "17 subjects": (about, one_subject, b",".join([one_subject] * 17)),
        "a name of 201": (about, b'"api"', b'"%b"' % (b"x" * 201)),
        "a name with a space": (about, b'"api"', b'"a pi"'),
        "a name with an escape": (about, b'"api"', rb'"\u0061pi"'),
        "a name that is not ASCII": (about, b'"api"', '"äpi"'.encode()),
        "the body's name beside another subject": (
            plain,
            b'"subject":[',
            b'"subject":[{"digest":{"sha256":"%b"},"name":"api"},' % other.encode(),
        ),
        "the body's name with another digest": (about, b'"api"', b'"urn:custody:body"'),
        "65 attachments": (attached, one_attachment, b",".join([one_attachment] * 65)),
        "no attachments, as a list": (attached, one_attachment, b""),
        "an attachment of more than 64 MiB": (attached, b'"size":5', b'"size":67108865'),
        "a media type in upper case": (attached, b"text/plain", b"Text/plain"),
        "a media type with a parameter": (attached, b"text/plain", b"text/plain; charset=utf-8"),
        "an origin with a plus": (first, b"payments", b"pay+ments"),
        "an empty origin": (first, ORIGIN.encode(), b""),
        "a short nonce": (first, b"3c" * 16, b"3c" * 15),
        "a genesis with a chain": (first, b'"key"', b'"chain":"%b","key"' % other.encode()),
        "a genesis with seq 1": (first, b'"seq":0', b'"seq":1'),
        "a newline at the end": (plain, plain, plain + b"\n"),
        "white space": (plain, b'"seq":1', b'"seq": 1'),
        "keys out of order": (plain, b'"predicateType"', b'"apredicateType"'),
        "a key twice": (plain, b'"seq":1', b'"seq":1,"seq":1'),
        "nothing": (plain, plain, b""),
        "only an object": (plain, plain, b"{}"),
        "more than 16 KiB": (attached, b"text/plain", b"text/" + b"x" * 128 + b" " * 16384),
    }
    refused = []
    for name, (data, old, new) in changes.items():
        assert old in data, name
        refused.append({"name": name, **_bytes(data.replace(old, new, 1 if old != other.encode() else -1))})
    return {
        "accepted": [{"name": name, **_bytes(header.encode())} for name, header in accepted.items()],
        "refused": refused,
    }


CT_SOURCE = "certificate-transparency's reference tree, as published in transparency-dev/merkle, testonly/constants.go"
CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
_L0, _L1 = CT_ROOTS[1], "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_L4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_N23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_N45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
_N67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_N4567 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"


def merkle() -> Any:
    """Leaves' data, roots and proofs that others published. Nothing here is computed."""
    return {
        "source": CT_SOURCE,
        "leaves": CT_LEAVES,
        "roots": CT_ROOTS,
        "inclusion": [
            {"index": 0, "size": 1, "proof": []},
            {"index": 0, "size": 2, "proof": [_L1]},
            {"index": 1, "size": 2, "proof": [_L0]},
            {"index": 2, "size": 3, "proof": [CT_ROOTS[2]]},
            {"index": 1, "size": 5, "proof": [_L0, _N23, _L4]},
            {"index": 0, "size": 8, "proof": [_L1, _N23, _N4567]},
            {"index": 5, "size": 8, "proof": [_L4, _N67, CT_ROOTS[4]]},
        ],
        "consistency": [
            {"first": 1, "second": 1, "proof": []},
            {"first": 1, "second": 8, "proof": [_L1, _N23, _N4567]},
            {"first": 2, "second": 5, "proof": [_N23, _L4]},
            {"first": 6, "second": 8, "proof": [_N45, _N67, CT_ROOTS[4]]},
        ],
    }


def checkpoints() -> Any:
    """Two notes of the C2SP specifications, one of ours with a witness' line, and what no checkpoint is."""
    entries = World("checkpoint").start()
    size, note = checkpoint(entries)
    text, _, lines = note.rpartition("\n\n")
    root = text.split("\n")[2]
    witness = base64.b64encode(
        key_id("witness.example/w1", signer("witness").public.raw) + bytes(72)
    ).decode()
    signature = lines.split(" ")[2].strip()
    changes = {
        "no signature": (lines, ""),
        "no empty line": ("\n\n", "\n"),
        "a size with a zero in front": (f"\n{size}\n", f"\n0{size}\n"),
        "a negative size": (f"\n{size}\n", f"\n-{size}\n"),
        "a size of 2^53": (f"\n{size}\n", "\n9007199254740992\n"),
        "a root of 31 bytes": (root, base64.b64encode(bytes(31)).decode()),
        "a root in hex": (root, "ab" * 32),
        "a root without padding": (root, root.rstrip("=")),
        "a root with a newline in it": (root, root[:20] + "\n" + root[20:]),
        "a root with trailing bits": (root, root[:-2] + chr(ord(root[-2]) + 1) + "="),
        "an empty line in the text": (root, root + "\n"),
        "an origin with a space": (f"{ORIGIN}\n{size}", f"acme example\n{size}"),
        "a hyphen for a dash": ("— ", "- "),
        "a name with a plus": (f"— {ORIGIN}", "— acme+example"),
        "a signature that is not base64": (signature, "?" + signature[1:]),
        "a signature of four bytes": (signature, "AAAAAA=="),
        "a carriage return": ("\n\n", "\r\n\r\n"),
        "no newline at the end": (lines, lines.rstrip("\n")),
        "65 signatures": (lines, lines * 65),
        "nothing": (note, ""),
    }
    return {
        "example": {
            "source": "C2SP signed-note: the example of its reference implementations, with its verifier key",
            "note": (
                "This is an example message.\n\n— example.com/foo "
                "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
            ),
            "verifier": "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        },
        "behind_the_sofa": {
            "source": "C2SP tlog-checkpoint: its first example; the key is not published",
            "note": (
                "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
                "— example.com/behind-the-sofa "
                "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
            ),
            "origin": "example.com/behind-the-sofa",
            "size": 20852163,
            "root": "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62",
        },
        "ours": {
            "note": note,
            "origin": ORIGIN,
            "size": size,
            "root": base64.b64decode(root).hex(),
            "key": signer("keeper").public.hex,
            "key_id": key_id(ORIGIN, signer("keeper").public.raw).hex(),
        },
        "witnessed": {
            "note": f"{text}\nan extension line\n\n— witness.example/w1 {witness}\n{lines}",
            "signed_by_custodian": False,
        },
        "refused": [
            {"name": name, "note": note.replace(old, new, 1)} for name, (old, new) in changes.items()
        ],
    }


def envelope() -> Any:
    """An entry, what is signed of it, and its export as a DSSE envelope."""
    world = World("envelope")
    entry = world.run("builder", Draft("note", Note("an exported entry").write()))[1]
    public = signer("builder").public
    return {
        "header": entry.data.decode("ascii"),
        "id": entry.id,
        "body": entry.blobs[entry.header.body].decode("utf-8"),
        "key": public.hex,
        "keyid": public.fingerprint,
        "pae": base64.b64encode(dsse.pae(entry.data)).decode("ascii"),
        "signature": entry.signature.hex(),
        "envelope": dsse.encode_envelope(
            dsse.Envelope(entry.data, entry.signature, public.fingerprint)
        ).decode(),
    }
