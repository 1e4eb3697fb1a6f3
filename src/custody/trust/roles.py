"""Which role may write which kind of entry."""

from __future__ import annotations

from collections.abc import Set

BUILDER, APPROVER, RELAY, DEPLOYER, REPORTER, ADMIN, CUSTODIAN = (
    "builder", "approver", "relay", "deployer", "reporter", "admin", "custodian",
)  # fmt: skip
BUILT_IN = frozenset({BUILDER, APPROVER, RELAY, DEPLOYER, REPORTER, ADMIN, CUSTODIAN})

_ROLE_OF = {
    "artifact": BUILDER,
    "evidence": BUILDER,
    "deployment": DEPLOYER,
    "snapshot": REPORTER,
    "policy": ADMIN,
    "allow": ADMIN,
    "redaction": ADMIN,
    "merge": CUSTODIAN,
    "decision": CUSTODIAN,
}
_ANYONE = frozenset({"genesis", "note", "seal"})


def may_write(kind: str, roles: Set[str], is_root: bool) -> bool:
    """Whether a known writer with these roles may record this kind.

    A role that is not built in is a kind of approver of the user's own, such as `risk-officer`.
    """
    if kind in _ANYONE:
        return True
    if kind == "trust":
        return is_root
    if kind == "approval":
        return APPROVER in roles or RELAY in roles or bool(roles - BUILT_IN)
    return _ROLE_OF[kind] in roles


def needed_role(kind: str) -> str:
    """The role that a kind needs, for a message."""
    if kind == "trust":
        return "root"
    return _ROLE_OF.get(kind, APPROVER)
