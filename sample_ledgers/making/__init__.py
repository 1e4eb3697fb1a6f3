"""How the sample ledgers are made: deterministic, and with the same code that CI and a custodian would use."""
