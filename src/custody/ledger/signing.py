"""Signing many entries at once. An entry's id does not depend on its signature, so signatures can come last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

from custody.keys.ed25519 import SeedSigner, Signer
from custody.ledger import dsse

_CHUNK = 32  # headers that a thread takes at a time
_FEW = 2 * _CHUNK  # below, threads would not be worth their start


@contextmanager
def signatures(signer: Signer, headers: Sequence[bytes]) -> Iterator[Iterator[bytes]]:
    """The signatures over some headers, in their order, as they are made. Taking one may raise SigningKeyError.

    A key in this process signs on all cores, because libsodium lets other threads run; so the caller had better have
    something to do in between. Any other signer is asked for one signature after the other: there may be a person
    behind it.
    """
    if len(headers) < _FEW or not isinstance(signer, SeedSigner):
        yield (signer.sign(dsse.pae(header)) for header in headers)
        return

    from concurrent.futures import ThreadPoolExecutor

    from custody.system import available_cores

    def sign(start: int) -> list[bytes]:
        return [signer.sign(dsse.pae(header)) for header in headers[start : start + _CHUNK]]

    with ThreadPoolExecutor(available_cores()) as pool:
        try:
            yield chain.from_iterable(pool.map(sign, range(0, len(headers), _CHUNK)))
        finally:
            pool.shutdown(cancel_futures=True)  # what nobody takes any more is not signed
