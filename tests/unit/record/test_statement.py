"""Statements of others: envelopes that securesystemslib signs, links, bundles, and what must not be taken for them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner, SSlibKey

from custody.errors import CustodyError, InputError, SigningKeyError, UsageError
from custody.kinds import File, Statement
from custody.ledger.entry import Subject
from custody.record import envelopes
from custody.record.envelopes import canonical_json, parse_envelopes
from custody.record.evidence import read_evidence
from custody.record.report import Report, Wanted
from custody.record.statement import find

CONTENT = b"hi\n"
DIGEST, OTHER = hashlib.sha256(CONTENT).hexdigest(), "11" * 32
API = Subject("api", DIGEST)
TYPE = "application/vnd.in-toto+json"


def statement(**more: Any) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "dist/api.whl", "digest": {"sha256": DIGEST, "sha512": "00" * 64}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {"buildType": "https://ci.example/build/v1", "externalParameters": {}},
            "runDetails": {"builder": {"id": "https://ci.example/runner"}},
        },
    } | more


PROVENANCE_02 = statement(
    _type="https://in-toto.io/Statement/v0.1",
    predicateType="https://slsa.dev/provenance/v0.2",
    predicate={"builder": {"id": "https://ci.example/old"}, "buildType": "https://ci.example/build/v0"},
)
SCAN = statement(predicateType="https://in-toto.io/attestation/vulns/v0.2", predicate={"scanner": {}})


def _rsa(scheme: str) -> CryptoSigner:
    key = generate_private_key(65537, 2048)
    return CryptoSigner(key, SSlibKey.from_crypto(key.public_key(), scheme=scheme))


@pytest.fixture(scope="module")
def signers() -> dict[str, CryptoSigner]:
    return {
        "ed25519": CryptoSigner.generate_ed25519(),
        "ecdsa": CryptoSigner.generate_ecdsa(),
        "rsa-pss": _rsa("rsassa-pss-sha256"),
        "rsa-pkcs1v15": _rsa("rsa-pkcs1v15-sha256"),
    }


@pytest.fixture
def signer(signers: dict[str, CryptoSigner]) -> CryptoSigner:
    return signers["ecdsa"]


def dsse(value: Any, *by: CryptoSigner, type: str = TYPE) -> dict[str, Any]:
    """An envelope as securesystemslib makes and signs it."""
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    envelope = Envelope(payload, type, {})
    for one in by:
        envelope.sign(one)
    found: dict[str, Any] = envelope.to_dict()
    return found


def twice(envelope: dict[str, Any]) -> dict[str, Any]:
    return envelope | {"signatures": envelope["signatures"] * 2}


def link(products: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "_type": "link",
        "name": "build",
        "materials": {},
        "products": {"dist/api.whl": {"sha256": DIGEST}} if products is None else products,
        "byproducts": {"stdout": 'said "ü\\"\n', "return-value": 0},
        "command": ["make"],
        "environment": {},
    } | more


def metablock(signed: Any, *by: CryptoSigner) -> dict[str, Any]:
    text = encode_canonical(signed)
    assert text is not None
    return {"signatures": [one.sign(text.encode()).to_dict() for one in by], "signed": signed}


def bundle(envelope: dict[str, Any], version: str = ".v0.3+json") -> dict[str, Any]:
    """As sigstore's bundle.proto is written in JSON, with a certificate that nobody here looks at."""
    return {
        "mediaType": f"application/vnd.dev.sigstore.bundle{version}",
        "verificationMaterial": {
            "certificate": {"rawBytes": "TUlJ"},
            "tlogEntries": [
                {"logIndex": "7", "integratedTime": "1763517011", "kindVersion": {"kind": "dsse"}}
            ],
            "timestampVerificationData": {"rfc3161Timestamps": []},
        },
        "dsseEnvelope": envelope,
    }


def public(folder: Path, signer: CryptoSigner, form: str = "pem") -> Path:
    key = signer.public_key
    path = folder / f"{key.keyid[:8]}.{form}"
    if form == "json":
        path.write_text(json.dumps(key.to_dict()))
    elif key.keytype == "ed25519":
        spki = bytes.fromhex("302a300506032b6570032100" + key.keyval["public"])
        body = base64.b64encode(spki).decode()
        path.write_text(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    else:
        path.write_text(key.keyval["public"])
    return path


def write(folder: Path, value: Any, name: str = "it.json") -> Path:
    path = folder / name
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def read(
    path: Path, type: str = "provenance", artifact: Subject | None = API, key: Path | None = None
) -> Report:
    return read_evidence(type, [path], Wanted(artifact, key), {}, {}).report


def refused(
    path: Path, type: str = "attestation", artifact: Subject | None = API, key: Path | None = None
) -> str:
    with pytest.raises(InputError) as caught:
        read(path, type, artifact, key)
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message.removeprefix(str(path)).removeprefix(": ")


# --- what is read


@pytest.mark.parametrize("name", ["ed25519", "ecdsa", "rsa-pss", "rsa-pkcs1v15"])
@pytest.mark.parametrize("form", ["pem", "json"])
def test_an_envelope_and_the_key_that_signed_it(
    tmp_path: Path, signers: dict[str, CryptoSigner], name: str, form: str
) -> None:
    path = write(tmp_path, dsse(statement(), signers[name]))
    report = read(path, key=public(tmp_path, signers[name], form))
    assert report.statement is not None
    assert report.statement.signature == "verified"
    assert report.statement.key.startswith("SHA256:" if name == "ed25519" else "spki-sha256:")
    assert report.summary == {"subjects": 1, "signatures": 1, "verified": 1}
    assert [(file.data, file.media_type) for file in report.files] == [
        (path.read_bytes(), "application/vnd.dsse.envelope.v1+json")
    ]
    for other, stranger in signers.items():
        if other != name:
            assert "not signed by the key given" in refused(path, key=public(tmp_path, stranger, form))


def test_without_a_key_the_signature_is_not_checked(tmp_path: Path, signer: CryptoSigner) -> None:
    found = read(write(tmp_path, dsse(statement(), signer)))
    assert found.statement == Statement(
        "https://slsa.dev/provenance/v1",
        (File("dist/api.whl", DIGEST),),
        "not-checked",
        "",
        "https://ci.example/runner",
    )
    assert found.format == "dsse" and found.result is None


def test_one_of_several_signatures_is_enough(tmp_path: Path, signers: dict[str, CryptoSigner]) -> None:
    path = write(tmp_path, dsse(statement(), *signers.values()))
    for one in signers.values():
        assert read(path, key=public(tmp_path, one)).summary["verified"] == 1


@pytest.mark.parametrize(
    ("value", "builder"),
    [(statement(), "https://ci.example/runner"), (PROVENANCE_02, "https://ci.example/old")],
)
def test_a_bare_statement_has_no_signature(tmp_path: Path, value: dict[str, Any], builder: str) -> None:
    report = read(write(tmp_path, value))
    assert report.statement is not None
    assert (report.statement.signature, report.statement.builder) == ("none", builder)
    assert report.format == "in-toto-statement"


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("+json;version=0.1", "0.1"),
        ("+json;version=0.2", "0.2"),
        ("+json;version=0.3", "0.3"),
        (".v0.3+json", "0.3"),
    ],
)
def test_bundles_of_sigstore(tmp_path: Path, signer: CryptoSigner, version: str, number: str) -> None:
    path = write(tmp_path, bundle(dsse(statement(), signer), version))
    report = read(path, key=public(tmp_path, signer))
    assert report.format == f"sigstore-bundle-v{number}"
    assert report.files[0].media_type == f"application/vnd.dev.sigstore.bundle.v{number}+json"
    assert report.files[0].data == path.read_bytes()
    assert read(path).summary["verified"] == 0


@pytest.mark.parametrize("name", ["ed25519", "ecdsa", "rsa-pss"])
def test_links_in_their_own_clothes_and_in_an_envelope(
    tmp_path: Path, signers: dict[str, CryptoSigner], name: str
) -> None:
    signer = signers[name]
    key = public(tmp_path, signer, "json")
    classic = read(write(tmp_path, metablock(link(), signer)), "attestation", key=key)
    wrapped = read(write(tmp_path, dsse(link(), signer)), "attestation", key=key)
    for found in (classic, wrapped):
        assert found.statement is not None
        assert found.statement._replace(key="") == Statement(
            "link", (File("dist/api.whl", DIGEST),), "verified"
        )
    assert (classic.format, wrapped.format) == ("in-toto-link", "dsse")
    tampered = metablock(link(), signer)
    tampered["signed"]["command"] = ["make", "evil"]
    assert "not signed by the key given" in refused(write(tmp_path, tampered), key=key)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what in-toto itself stands on
def test_links_that_in_toto_makes(
    tmp_path: Path, signers: dict[str, CryptoSigner], monkeypatch: pytest.MonkeyPatch
) -> None:
    from in_toto import runlib

    monkeypatch.chdir(tmp_path)  # it leaves its links where it runs
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "api.whl").write_bytes(CONTENT)
    for name, signer in signers.items():
        for wrapped in (False, True):
            made = runlib.in_toto_run(
                "build", [], [str(dist)], ["true"], signer=signer, use_dsse=wrapped, base_path=str(tmp_path)
            )
            path = tmp_path / f"{name}-{wrapped}.link"
            made.dump(str(path))
            found = read(path, "attestation", key=public(tmp_path, signer, "json")).statement
            assert found is not None and found.signature == "verified"
            assert found.subjects[0].sha256 == DIGEST


def test_a_line_of_many_is_found_by_its_artifact_and_kept_alone(tmp_path: Path, signer: CryptoSigner) -> None:
    other = statement(subject=[{"name": "other", "digest": {"sha256": OTHER}}])
    lines = [json.dumps(bundle(dsse(value, signer))) for value in (other, SCAN, statement())]
    path = write(tmp_path, "\r\n".join(lines).encode() + b"\n\n", "sha256.jsonl")
    report = read(path, key=public(tmp_path, signer))
    assert (report.files[0].name, report.files[0].data) == ("sha256.jsonl-3", lines[2].encode())
    assert "2 statements that fit; `custody import`" in refused(path)
    assert "3 statements that fit" in refused(path, artifact=None)
    assert "no subject of it has sha256 22" in refused(path, artifact=Subject("api", "22" * 32))
    write(tmp_path, ("\n".join(lines) + "\nnonsense").encode(), "sha256.jsonl")
    assert refused(path).startswith("line 4: not JSON")


def test_both_spellings_of_base64_and_neither_mixed(tmp_path: Path, signer: CryptoSigner) -> None:
    value = dsse(statement(predicate=statement()["predicate"] | {"x": "ÿþ>>>???ÿÿ"}), signer)
    payload = base64.b64decode(value["payload"])
    standard = value["payload"]
    assert standard.count("+") + standard.count("/") > 1
    mixed = standard.replace("+", "-", 1) if "+" in standard else standard.replace("/", "_", 1)
    for text in (base64.urlsafe_b64encode(payload).decode(), standard.rstrip("=")):
        path = write(tmp_path, value | {"payload": text})
        assert read(path, key=public(tmp_path, signer)).summary["verified"] == 1
    for junk in (
        mixed,
        standard + "-",
        standard + "=",
        standard + "\n",
        " " + standard,
        "",
        None,
        7,
        "Zh",
        "ÿ",
        [standard],
    ):
        assert "payload is not base64" in refused(write(tmp_path, value | {"payload": junk}))


def test_its_subject_must_be_the_artifact(tmp_path: Path, signer: CryptoSigner) -> None:
    path = write(tmp_path, dsse(statement(), signer))
    assert "is not about api: no subject of it has sha256 1111" in refused(
        path, artifact=Subject("api", OTHER)
    )
    # A name proves nothing, and neither does another digest of the same characters.
    named = statement(subject=[{"name": "api", "digest": {"sha512": DIGEST}}])
    assert "is not about api" in refused(write(tmp_path, named))
    assert read(write(tmp_path, named), artifact=None).statement == Statement(
        "https://slsa.dev/provenance/v1", (), "none", "", "https://ci.example/runner"
    )


def test_provenance_is_slsa_provenance(tmp_path: Path) -> None:
    assert read(write(tmp_path, SCAN), "attestation").statement is not None
    said = refused(write(tmp_path, SCAN), "provenance")
    assert said == "not SLSA provenance v0.2 or v1, but https://in-toto.io/attestation/vulns/v0.2"
    old = statement(predicateType="https://slsa.dev/provenance/v0.1")
    assert "not SLSA provenance" in refused(write(tmp_path, old), "provenance")


def test_a_floor_can_demand_a_checked_signature(tmp_path: Path, signer: CryptoSigner) -> None:
    path = write(tmp_path, dsse(statement(), signer))
    assert read_evidence("provenance", [path], Wanted(API), {}, {"verified": 1}).result == "fail"
    wanted = Wanted(API, public(tmp_path, signer))
    assert read_evidence("provenance", [path], wanted, {}, {"verified": 1}).result == "pass"


def test_a_statement_about_as_many_artifacts_as_github_signs_at_once(tmp_path: Path) -> None:
    subjects = [{"name": f"a{n}", "digest": {"sha256": f"{n:064x}"}} for n in range(1024)]
    found = read(write(tmp_path, statement(subject=subjects)), artifact=None).statement
    assert found is not None and len(found.subjects) == 1024
    more = [*subjects, {"name": "x", "digest": {"sha256": DIGEST}}]
    assert "about 1025 artifacts" in refused(write(tmp_path, statement(subject=more)))


# --- what is refused


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name not in names}


HOSTILE: dict[str, tuple[Callable[[CryptoSigner], Any], str]] = {
    "no signatures": (lambda one: dsse(statement()), "an envelope without signatures"),
    "signatures of another type": (
        lambda one: dsse(statement(), one) | {"signatures": {}},
        "not a list of objects",
    ),
    "signatures missing": (
        lambda one: without(dsse(statement(), one), "signatures"),
        "not a list of objects",
    ),
    "a signature that is text": (
        lambda one: dsse(statement(), one) | {"signatures": ["x"]},
        "not a list of objects",
    ),
    "a signature that is junk": (
        lambda one: dsse(statement(), one) | {"signatures": [{"sig": "!"}]},
        "sig is not",
    ),
    "too many signatures": (
        lambda one: dsse(statement(), one) | {"signatures": [{"sig": "AAAA"}] * 65},
        "65 signatures, more than the 64",
    ),
    "another payload type": (lambda one: dsse(statement(), one, type="text/plain"), "payloadType is not"),
    "payload type in capitals": (lambda one: dsse(statement(), one, type=TYPE.upper()), "payloadType is not"),
    "payload type of another type": (
        lambda one: dsse(statement(), one) | {"payloadType": [TYPE]},
        "payloadType is",
    ),
    "payload that is not JSON": (lambda one: dsse(b"\x00junk", one), "its payload: not JSON"),
    "payload with a key twice": (lambda one: dsse(b'{"_type":"a","_type":"b"}', one), "is there twice"),
    "payload that begins with a mark": (
        lambda one: dsse(b"\xef\xbb\xbf" + json.dumps(statement()).encode(), one),
        "a byte order mark",
    ),
    "payload in UTF-16": (
        lambda one: dsse(json.dumps(statement()).encode("utf-16"), one),
        "its payload: not JSON",
    ),
    "deep payload": (lambda one: dsse(b"[" * 5000, one), "nested deeper than 100"),
    "payload that is a list": (lambda one: dsse([statement()], one), "not a statement"),
    "an envelope in an envelope": (lambda one: dsse(dsse(statement(), one), one), "its _type is another"),
    "another statement": (
        lambda one: statement(_type="https://in-toto.io/Statement/v2"),
        "its _type is another",
    ),
    "_type of another type": (
        lambda one: statement(_type=["https://in-toto.io/Statement/v1"]),
        "_type is another",
    ),
    "a layout": (lambda one: metablock({"_type": "layout"}, one), "its _type is another"),
    "no subject": (lambda one: statement(subject=[]), "a statement about nothing"),
    "subject of another type": (lambda one: statement(subject={}), "a statement about nothing"),
    "a subject that is text": (lambda one: statement(subject=[DIGEST]), "a subject that is not an object"),
    "no digest": (lambda one: statement(subject=[{"name": "x"}]), "a subject without a digest"),
    "empty digest": (
        lambda one: statement(subject=[{"name": "x", "digest": {}}]),
        "a subject without a digest",
    ),
    "digest in capitals": (
        lambda one: statement(subject=[{"name": "x", "digest": {"sha256": DIGEST.upper()}}]),
        "not 64 lower-case hex",
    ),
    "digest cut": (
        lambda one: statement(subject=[{"name": "x", "digest": {"sha256": "12"}}]),
        "not 64 lower-case",
    ),
    "a number as digest": (
        lambda one: statement(subject=[{"name": "x", "digest": {"sha256": 1}}]),
        "without a digest",
    ),
    "long name": (
        lambda one: statement(subject=[{"name": "x" * 501, "digest": {"sha256": DIGEST}}]),
        "name must be text of 1 to 500",
    ),
    "no predicate type": (lambda one: statement(predicateType=""), "predicateType must be text"),
    "no predicate": (lambda one: statement(predicate=None), "its predicate is not an object"),
    "no builder": (
        lambda one: statement(predicate={"buildDefinition": {"buildType": "x"}, "runDetails": {}}),
        "its builder is not an object",
    ),
    "no build type": (
        lambda one: statement(predicate={"buildDefinition": {}, "runDetails": {"builder": {"id": "x"}}}),
        "buildType must be text",
    ),
    "v0.2 in the clothes of v1": (
        lambda one: statement(predicate=PROVENANCE_02["predicate"]),
        "its buildDefinition is not an object",
    ),
    "a bundle of a file": (
        lambda one: without(bundle({}), "dsseEnvelope") | {"messageSignature": {"signature": "AAAA"}},
        "signs a file and holds no statement",
    ),
    "a bundle of both": (
        lambda one: bundle(dsse(statement(), one)) | {"messageSignature": {}},
        "signs a file and holds no statement",
    ),
    "a bundle of a later version": (
        lambda one: bundle(dsse(statement(), one), ".v0.4+json"),
        "reads 0.1 to 0.3",
    ),
    "a bundle with two signatures": (
        lambda one: bundle(twice(dsse(statement(), one))),
        "exactly one signature",
    ),
    "a bundle in two spellings": (
        lambda one: bundle(dsse(statement(), one)) | {"dsse_envelope": dsse(SCAN, one)},
        "snake_case",
    ),
    "an empty bundle": (lambda one: bundle({}), "without a dsseEnvelope"),
    "an old bundle of cosign's": (
        lambda one: {"base64Signature": "AAAA", "cert": "x"},
        "--new-bundle-format",
    ),
    "a link without products": (
        lambda one: metablock(without(link(), "products"), one),
        "products are not an object",
    ),
    "a link with a float": (
        lambda one: metablock(link(), one) | {"signed": link(byproducts={"x": 1.5})},
        "a number that is no integer",
    ),
    "an unsigned link": (lambda one: metablock(link()), "an envelope without signatures"),
    "a link with a signature in base64": (
        lambda one: metablock(link(), one) | {"signatures": [{"keyid": "", "sig": "AAAA"}]},
        "not in lower-case hex",
    ),
    "a link that is a list": (
        lambda one: {"signed": [], "signatures": []},
        "what is signed is not a JSON object",
    ),
    "something else": (lambda one: {"a": 1}, "neither an in-toto statement or link"),
    "a list": (lambda one: [statement()], "not a JSON object"),
    "text": (lambda one: "statement", "not a JSON object"),
    "nothing": (lambda one: b"", "not JSON"),
    "a key twice": (lambda one: b'{"payloadType":"x","payloadType":"y"}', "is there twice"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_statement_to_rely_on_is_refused(tmp_path: Path, signer: CryptoSigner, name: str) -> None:
    make, why = HOSTILE[name]
    assert why in refused(write(tmp_path, make(signer)))


def test_a_key_that_can_check_nothing_of_it(tmp_path: Path, signer: CryptoSigner) -> None:
    key = public(tmp_path, signer)
    assert "bears no signature" in refused(write(tmp_path, statement()), key=key)
    gpg = metablock(link(), signer)
    gpg["signatures"] = [
        {"keyid": "ab" * 20, "other_headers": "04", "signature": gpg["signatures"][0]["sig"]}
    ]
    assert "not signed by the key given" in refused(write(tmp_path, gpg), key=key)
    with pytest.raises(SigningKeyError, match="not a public key"):
        read(write(tmp_path, dsse(statement(), signer)), key=write(tmp_path, b"nonsense", "key.pem"))


def test_a_signature_is_over_the_payload_and_its_type(tmp_path: Path, signer: CryptoSigner) -> None:
    """Neither the bare payload's signature nor that of another type is one of the envelope."""
    key, payload = public(tmp_path, signer), json.dumps(statement()).encode()
    over = signer.sign(payload).to_dict()["sig"]
    value = dsse(payload, signer)
    bare = base64.b64encode(bytes.fromhex(over)).decode()
    elsewhere = dsse(payload, signer, type="text/plain")["signatures"]
    for signatures in ([{"keyid": "", "sig": bare}], elsewhere):
        assert "not signed" in refused(write(tmp_path, value | {"signatures": signatures}), key=key)
    changed = base64.b64encode(payload.replace(b"runner", b"runnex")).decode()
    assert "not signed" in refused(write(tmp_path, value | {"payload": changed}), key=key)


def test_a_key_id_is_no_proof(tmp_path: Path, signers: dict[str, CryptoSigner]) -> None:
    value = dsse(statement(), signers["ed25519"])
    value["signatures"][0]["keyid"] = signers["ecdsa"].public_key.keyid
    assert "not signed" in refused(write(tmp_path, value), key=public(tmp_path, signers["ecdsa"]))


def test_options_and_files_that_do_not_go_with_it(tmp_path: Path) -> None:
    path = write(tmp_path, statement())
    with pytest.raises(InputError, match="Name the one with the statement"):
        read_evidence("provenance", [], Wanted(API), {}, {})
    with pytest.raises(InputError, match="one file at a time"):
        read_evidence("provenance", [path, path], Wanted(API), {}, {})
    with pytest.raises(UsageError, match="takes no --schema"):
        read_evidence("provenance", [path], Wanted(API, schema=path), {}, {})
    with pytest.raises(InputError, match="there is no such file"):
        read(tmp_path / "none")


def test_more_statements_than_one_file_may_hold() -> None:
    line = json.dumps(SCAN).encode() + b"\n"
    assert len(parse_envelopes(line * envelopes.MAX_STATEMENTS)) == envelopes.MAX_STATEMENTS
    with pytest.raises(InputError, match="more than 1000 statements"):
        parse_envelopes(line * (envelopes.MAX_STATEMENTS + 1))


def test_the_canonical_json_of_links_is_that_of_the_reference() -> None:
    value = {"b": [1, -2, [], {}], "a": {'ü\\"': None, "\u20ac\U0001f600": True}, "A": "\n\t", "": False}
    assert canonical_json(value) == str(encode_canonical(value)).encode()


def test_each_line_of_a_file_by_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(SCAN).encode() + b"\n\n" + json.dumps(statement()).encode(), "a.jsonl")
    assert [(one.place, one.file.name, one.claim.type) for one in find(path)] == [
        (f"{path}: line 1", "a.jsonl-1", "attestation"),
        (f"{path}: line 3", "a.jsonl-3", "provenance"),
    ]


def test_only_custodys_errors_come_out_of_any_member_of_any_type(
    signer: CryptoSigner, tmp_path: Path
) -> None:
    key = public(tmp_path, signer)
    for value in (
        dsse(statement(), signer),
        bundle(dsse(SCAN, signer)),
        metablock(link(), signer),
        PROVENANCE_02,
    ):
        for name in value:
            for junk in (None, True, 1, 1.5, "", "x", [], {}, [None], {"a": []}, [[]], "A" * 5000):
                path = write(tmp_path, value | {name: junk})
                for with_key in (None, key):
                    try:
                        read(path, "attestation", key=with_key)
                    except CustodyError as error:
                        assert error.exit == 2  # noqa: PT017 - which of them it is does not matter here
