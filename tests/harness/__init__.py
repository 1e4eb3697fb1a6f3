"""What tests of faults share: small ledgers, ways to run custody, and ways to hurt it. See tests/README.md."""
