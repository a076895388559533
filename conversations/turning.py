"""How does a turn reach a websocket? It runs in a thread of its own and is told as it happens.

Turns wait for models and tools: not in the one thread that short questions to the database share.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections

from conversations.errors import ConversationOver, TurnInProgress
from conversations.replying.events import Event, Piece

_threads = ThreadPoolExecutor(64, thread_name_prefix="turn")


class Interrupted:
    """Set by who listens: the agent stops speaking, but what it has begun to do it does."""

    def __init__(self) -> None:
        self.is_set = False


async def happening(
    begin: Callable[[], Iterator[Event]], *, interrupted: Interrupted | None = None
) -> AsyncIterator[Event | str]:
    """The events of a turn, or why there is none. A listener who goes does not stop it: it is stored."""
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Event | str | None] = asyncio.Queue()

    def tell(one: Event | str | None) -> None:
        loop.call_soon_threadsafe(told.put_nowait, one)

    turn = loop.run_in_executor(_threads, _happen, begin, tell, interrupted or Interrupted())
    while (one := await told.get()) is not None:
        yield one
    await turn


async def in_thread[T](call: Callable[..., T], *values: object) -> T:
    def work() -> T:
        try:
            return call(*values)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def _happen(
    begin: Callable[[], Iterator[Event]],
    tell: Callable[[Event | str | None], None],
    interrupted: Interrupted,
) -> None:
    try:
        for event in begin():
            tell(event)
            if interrupted.is_set and isinstance(event, Piece):
                break
    except (ConversationOver, TurnInProgress) as error:
        tell(str(error))
    finally:
        tell(None)
        close_old_connections()
