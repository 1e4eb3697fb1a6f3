"""One tree of errors: each has a stable code and an exit status.

Every error that leaves a room of custody is one of these. The message is a single line that says what happened
and what to do; it may quote hostile text, so whoever prints it passes it through `custody.text.safe_text`.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_NOT_VERIFIED = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_GAP = 4
EXIT_NOT_ACKNOWLEDGED = 5
EXIT_GATE = 6


class CustodyError(Exception):
    """The root of the tree. `code` is stable and meant for programs; `exit` is the process's status."""

    code = "error"
    exit = EXIT_USAGE

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class UsageError(CustodyError):
    """The command was asked for something it cannot do as asked (exit 2)."""

    code = "usage"
    exit = EXIT_USAGE


class InputError(CustodyError):
    """A file or value that cannot be recorded (exit 2)."""

    code = "input"
    exit = EXIT_USAGE


class SigningKeyError(CustodyError):
    """A key that is missing, malformed, unsafe or locked (exit 2). Its message never holds key material."""

    code = "key"
    exit = EXIT_USAGE


class RefusedError(CustodyError):
    """A file the gate does not open: not a ledger, hostile, corrupt, too new (exit 3)."""

    code = "refused"
    exit = EXIT_REFUSED


class NotVerifiedError(CustodyError):
    """The ledger opened, and what was asked for does not verify (exit 1)."""

    code = "not-verified"
    exit = EXIT_NOT_VERIFIED


class NotAcknowledgedError(CustodyError):
    """The entry may or may not be in the ledger: retry with the same --once (exit 5)."""

    code = "not-acknowledged"
    exit = EXIT_NOT_ACKNOWLEDGED
