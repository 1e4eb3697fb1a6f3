"""Sizes as a person reads them."""

from __future__ import annotations


def size_text(octets: int) -> str:
    """`69.6 kB`, from bytes."""
    if octets < 1000:
        return f"{octets} bytes"
    unit = min((len(str(octets)) - 1) // 3, 4)
    return f"{octets / 1000**unit:.1f} {('', 'kB', 'MB', 'GB', 'TB')[unit]}"
