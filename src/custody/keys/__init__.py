"""Signing keys: the ones people already have, in a file, in the environment or in an ssh-agent.

What every reader of a ledger needs is here. The rest is in modules that are imported where they are used:
`find.find_signer`, `files.read_private_file`, `environment.parse_key_text`, `agent.list_keys`,
`create.create_key`.
"""

from custody.keys.ed25519 import PublicKey, SeedSigner, Signer, verify_signature

__all__ = ["PublicKey", "SeedSigner", "Signer", "verify_signature"]
