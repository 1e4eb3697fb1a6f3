"""What the screens are made of. None of it knows a ledger, but for the table of entries."""
