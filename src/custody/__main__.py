"""`python -m custody`."""

from __future__ import annotations

if __name__ == "__main__":
    from custody.cli.main import main

    main()
