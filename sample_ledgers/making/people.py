"""Who writes in the samples: keys from published seeds, used for nothing else, and the documents that list them."""

from __future__ import annotations

import hashlib

from custody.keys.ed25519 import SeedSigner
from custody.trust.document import parse_trust

ROOT = "root"
BUILDER, BUILDER_2 = "ci-builder", "ci-builder-2"
DEPLOYER, REPORTER = "cd-deployer", "k8s-reporter"
KEEPER, ADMIN = "ledger-keeper", "platform-admin"
MANAGER = "release-manager"
OFFICER_LAPTOP, OFFICER_TOKEN = "risk-officer-laptop", "risk-officer-token"
DEV_1, DEV_2, DEV_3, DEV_4 = "dev-1", "dev-2", "dev-3", "dev-4"
STRANGER = "stranger"

# Identity: the keys of the first trust document, those that the second adds, roles, names elsewhere.
_IDENTITIES: dict[str, tuple[list[str], list[str], list[str], list[str]]] = {
    "ci-builder": ([BUILDER], [BUILDER_2], ["builder"], ["acme-ci:build"]),
    "cd-deployer": ([DEPLOYER], [], ["deployer"], ["acme-ci:deploy"]),
    "k8s-reporter": ([REPORTER], [], ["reporter"], []),
    "ledger-keeper": ([KEEPER], [], ["custodian"], []),
    "platform-admin": ([ADMIN], [], ["admin"], []),
    "release-manager": ([MANAGER], [], ["approver"], []),
    "risk-officer": ([OFFICER_LAPTOP], [OFFICER_TOKEN], ["risk-officer"], []),
    "dev-1": ([DEV_1], [], [], ["dev-1", "dev-1@acme.example"]),
    "dev-2": ([DEV_2], [], ["approver"], ["dev-2", "dev-2@acme.example"]),
    "dev-3": ([DEV_3], [], [], ["dev-3", "dev-3@acme.example"]),
    "dev-4": ([DEV_4], [], [], ["dev-4", "dev-4@acme.example"]),
}


def seed(name: str) -> bytes:
    """The 32 bytes of a sample key. Anyone can compute them: they must never vouch for anything real."""
    return hashlib.sha256(f"custody sample key, used for nothing else: {name}".encode()).digest()


def signer(name: str) -> SeedSigner:
    """The signer of that name."""
    return SeedSigner(seed(name))


def trust_documents(origin: str) -> tuple[str, str]:
    """Version 1; and version 2, which adds a builder's key and takes back the key of a lost laptop."""
    first = _document(origin, 1, "", later=False)
    second = _document(origin, 2, parse_trust(first).sha256, later=True)
    return first, second


def _document(origin: str, version: int, previous: str, *, later: bool) -> str:
    lines = [f'origin = "{origin}"', f"version = {version}"]
    if previous:
        lines.append(f'previous = "{previous}"')
    lines.append(f'roots = ["{_public(ROOT)}"]')
    for name, (keys, added, roles, elsewhere) in _IDENTITIES.items():
        lines += ["", f"[identities.{name}]", "keys = ["]
        lines += [f'    "{_public(key)}",' for key in [*keys, *(added if later else [])]]
        lines += ["]", f"roles = [{_quoted(roles)}]"]
        if elsewhere:
            lines.append(f"elsewhere = [{_quoted(elsewhere)}]")
    if later:
        fingerprint = signer(OFFICER_LAPTOP).public.fingerprint
        reason = "the risk officer's laptop was left on a train; the new key lives on a hardware token"
        lines += ["", "[[revoked]]", f'key = "{fingerprint}"', f'reason = "{reason}"']
    return "\n".join(lines) + "\n"


def _public(name: str) -> str:
    return signer(name).public.openssh(name)


def _quoted(texts: list[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
