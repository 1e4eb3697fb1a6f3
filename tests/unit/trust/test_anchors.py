"""Which trust document governs: the line of versions from the root key that was given, and what stands beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledgers import IDENTITIES, World, checkpoint, document, findings, put, signer, verify

from custody.ledger.writer import Signed

V1 = document()
V2 = document(2, V1)
V3 = document(3, V2)


def log(path: Path, *runs: list[Signed]) -> Path:
    entries = [entry for run in runs for entry in run]
    return put(path / "log.ledger", entries, [checkpoint(entries)])


@pytest.fixture
def world() -> World:
    return World("anchors")


def test_a_line_of_versions_each_signed_by_a_root_of_the_one_before(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.trust(V1), world.trust(V2), world.trust(V3))
    assert findings(path) == {}
    assert verify(path).trust_version == 3


def test_the_order_in_the_log_is_not_the_order_of_versions(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.trust(V3), world.trust(V1), world.trust(V2))
    assert findings(path) == {}
    assert verify(path).trust_version == 3


def test_case_45_a_document_of_another_key_is_not_the_pinned_root_s(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.trust(document(roots=["stranger"]), "stranger"))
    report = verify(path)
    assert report.counts["untrusted-trust"] == 1
    assert report.counts["no-trust"] == 1
    assert report.exit == 1


def test_a_document_that_does_not_list_its_own_signer_begins_nothing(tmp_path: Path, world: World) -> None:
    assert findings(log(tmp_path, world.trust(document(roots=["other"]))))["untrusted-trust"] == 1


def test_case_44_the_next_version_is_not_signed_by_a_root(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.trust(V1), world.trust(document(2, V1, roots=["keeper"]), "keeper"))
    report = verify(path)
    assert report.counts == {"untrusted-trust": 1}
    assert report.trust_version == 1


def test_case_45_a_key_that_only_its_own_document_lists(tmp_path: Path, world: World) -> None:
    """Version 2 makes `stranger` a root, and is signed by it: that is not how one becomes a root."""
    path = log(
        tmp_path, world.trust(V1), world.trust(document(2, V1, roots=["root", "stranger"]), "stranger")
    )
    assert verify(path).counts == {"untrusted-trust": 1, "unknown-writer": 1}


def test_a_version_that_was_passed_over(tmp_path: Path, world: World) -> None:
    assert findings(log(tmp_path, world.trust(V1), world.trust(V3))) == {"trust-version": 1}


def test_a_version_that_follows_by_digest_and_not_by_number(tmp_path: Path, world: World) -> None:
    assert findings(log(tmp_path, world.trust(V1), world.trust(document(3, V1)))) == {"trust-version": 1}


def test_a_version_that_names_another_document_before_it(tmp_path: Path, world: World) -> None:
    strange = document(2, document(identities={}))
    assert findings(log(tmp_path, world.trust(V1), world.trust(strange))) == {"trust-version": 1}


def test_two_documents_of_one_version_signed_by_a_root(tmp_path: Path, world: World) -> None:
    for text in (V1, V2):
        twin = text + "# another\n"
        path = log(tmp_path, world.trust(V1), world.trust(V2), world.trust(twin))
        assert findings(path) == {"trust-version": 1}
        path.unlink()


def test_one_document_recorded_twice_is_one_document(tmp_path: Path, world: World) -> None:
    assert findings(log(tmp_path, world.trust(V1), world.trust(V1))) == {}


def test_a_stranger_s_document_of_a_known_version_accuses_no_root(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.trust(V1), world.trust(document(identities={}), "stranger"))
    assert findings(path) == {"untrusted-trust": 1, "unknown-writer": 1}


def test_a_root_is_replaced_and_either_can_be_pinned(tmp_path: Path, world: World) -> None:
    """Who pins the new root sees the old one's documents as history that the new one vouches for by digest."""
    v2 = document(2, V1, roots=["root-2"])
    v3 = document(3, v2, roots=["root-2"])
    path = log(tmp_path, world.trust(V1), world.note(), world.trust(v2), world.trust(v3, "root-2"))
    assert findings(path) == {}
    assert findings(path, roots=["root-2"]) == {}
    assert findings(path, roots=["root", "root-2"]) == {}
    assert verify(path, roots=["root-2"]).trust_version == 3


def test_a_replaced_root_signs_no_more_versions(tmp_path: Path, world: World) -> None:
    v2 = document(2, V1, roots=["root-2"])
    path = log(tmp_path, world.trust(V1), world.trust(v2), world.trust(document(3, v2), "root"))
    assert findings(path) == {"untrusted-trust": 1}


def test_history_is_only_what_the_versions_lead_back_to(tmp_path: Path, world: World) -> None:
    """The stranger copies version 2's text; that makes it neither a root nor the place where version 2 stands."""
    v2 = document(2, V1, roots=["root-2"], revoked=[("builder", ())])
    v3 = document(3, v2, roots=["root-2"], revoked=[("builder", ())])
    path = log(
        tmp_path,
        world.trust(V1),
        world.trust(v2, "stranger"),
        world.note(),
        world.trust(v2),
        world.trust(v3, "root-2"),
    )
    report = verify(path, roots=["root-2"])
    assert report.counts == {"untrusted-trust": 1, "unknown-writer": 1}


def test_history_says_since_when_a_key_is_revoked(tmp_path: Path, world: World) -> None:
    v2 = document(2, V1, roots=["root-2"], revoked=[("builder", ())])
    v3 = document(3, v2, roots=["root-2"], revoked=[("builder", ())])
    late = world.note()
    path = log(tmp_path, world.trust(V1), world.trust(v2), late, world.trust(v3, "root-2"))
    for root in ("root", "root-2"):
        assert findings(path, roots=[root]) == {"late-after-revocation": 3}


def test_a_document_of_another_origin(tmp_path: Path, world: World) -> None:
    other = document(2, V1, origin="acme.example/other")
    assert findings(log(tmp_path, world.trust(V1), world.trust(other))) == {"origin-differs": 1}


def test_a_document_that_cannot_be_read(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.trust(V1), world.trust("version = 2\n"))
    report = verify(path)
    assert report.counts == {"trust-malformed": 1}
    assert "origin" in report.findings[0].message


def test_without_a_root_nobody_vouches_and_nothing_is_accused(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.trust(V1), world.trust(document(identities={}), "stranger"))
    assert findings(path, roots=[]) == {"no-root": 1, "no-checkpoint": 1, "checkpoint-unverified": 1}


def test_any_of_several_roots_given_will_do(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.trust(V1))
    assert findings(path, roots=["nobody", "root"]) == {}
    assert findings(path, roots=["nobody"])["no-trust"] == 1


def test_a_forged_signature_makes_no_document(tmp_path: Path, world: World) -> None:
    """The entry is the root's, the signature is not: it governs nothing, and is a fault besides."""
    good = world.trust(V1)
    forged = good[1]._replace(signature=bytes(64))
    report = verify(log(tmp_path, [good[0], forged]))
    assert report.trust_version == 0
    assert report.counts["signature-invalid"] == 1


def test_case_30_a_genesis_with_a_weak_key_is_a_fault_and_no_crash(tmp_path: Path, world: World) -> None:
    start, honest = world.trust(V1), world.note()
    identity = "01" + "00" * 31
    data = honest[0].data.replace(signer("builder").public.hex.encode(), identity.encode())
    path = put(tmp_path / "weak.ledger", [*start, world.sign_raw("builder", data, honest[0])])
    found = findings(path)
    assert found["weak-key"] == 1
    assert found["unknown-writer"] == 1


def test_case_30_every_entry_of_a_weak_key_s_chain_is_a_fault(tmp_path: Path, world: World) -> None:
    start, honest = world.trust(V1), world.note()
    data = honest[0].data.replace(signer("builder").public.hex.encode(), b"01" + b"00" * 31)
    genesis = world.sign_raw("builder", data, honest[0])
    follower = honest[1].header._replace(chain=genesis.id, prev=genesis.id, last=True)
    second = world.sign_raw("builder", follower.encode(), honest[1]._replace(header=follower))
    found = findings(put(tmp_path / "weak.ledger", [*start, genesis, second]))
    assert found["weak-key"] == 2
    assert found["unknown-writer"] == 1


def test_the_identities_of_the_last_version_govern_the_whole_log(tmp_path: Path, world: World) -> None:
    newcomer = {**IDENTITIES, "newcomer": ("builder",)}
    before = world.note(who="newcomer")
    v2 = document(2, V1, identities=newcomer)
    assert findings(log(tmp_path, world.trust(V1), before)) == {"unknown-writer": 1}
    (tmp_path / "log.ledger").unlink()
    assert findings(log(tmp_path, world.trust(V1), before, world.trust(v2))) == {}
