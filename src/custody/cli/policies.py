"""An environment is judged by one policy: what would give it a second is not recorded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from custody.cli import console
from custody.errors import InputError
from custody.ledger.store import Store
from custody.ledger.writer import Draft
from custody.policy.document import Policy
from custody.policy.in_force import common_environment, policies_in_force
from custody.policy.read import read_policy
from custody.text import safe_text
from custody.trust.expectations import expect


def check_environments(path: Path, drafts: Sequence[Draft], wait: float) -> None:
    """Raises InputError for a policy that shares an environment with another, of these drafts or in force."""
    known: dict[str, Policy] = {}
    unreadable: list[str] = []
    if os.path.lexists(path):
        with Store(path, wait) as store, store.transaction() as transaction:
            view = transaction.view()
            recorded = policies_in_force(view, expect(view.origin).judged_by)
        for name, one in recorded.items():
            try:
                known[name] = read_policy(one.document)
            except InputError:
                unreadable.append(name)
    for draft in drafts:
        if draft.kind != "policy":
            continue
        policy = read_policy(str(draft.body["document"]))
        known[policy.name] = policy
        unreadable = [name for name in unreadable if name != policy.name]
        for name, other in known.items():
            shared = common_environment(policy, other) if name != policy.name else None
            if shared is not None:
                message = (
                    f"the policies {policy.name} and {safe_text(name, 60)} would both judge the environment {shared}: "
                    "an environment has one policy"
                )
                raise InputError(message, code="policy")
    for name in unreadable:
        console.say(
            f"note: this ledger's policy {safe_text(name, 60)} cannot be read, and so not compared: record it again"
        )
