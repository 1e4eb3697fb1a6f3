"""Questions to a ledger or an index, asked in a thread so that no key press ever waits for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, cast

from textual.dom import DOMNode
from textual.worker import WorkType

from custody.errors import CustodyError

T = TypeVar("T")


def ask(
    node: DOMNode,
    topic: str,
    question: Callable[[], T],
    then: Callable[[T], None],
    failed: Callable[[CustodyError], None],
) -> None:
    """Run `question` in a thread, then `then` (or `failed`) in the app's own.

    Of two questions on one topic only the newer one is answered.
    """

    async def run() -> None:
        try:
            answer = await asyncio.to_thread(question)
        except CustodyError as error:
            failed(error)
        else:
            then(answer)

    # As a function: a worker that is replaced before it began must not leave a coroutine behind.
    node.run_worker(cast(WorkType[None], run), group=topic, exclusive=True)
