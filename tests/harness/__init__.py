"""What tests of faults share: a small world of ledgers, ways to run custody, and ways to hurt it. See tests/README.md."""
