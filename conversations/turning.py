"""How does a turn reach a websocket? It runs in a thread of its own and is told as it happens.

Turns wait for models and tools: not in the one thread that short questions to the database share.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from django.db import close_old_connections

from conversations.errors import ConversationError
from conversations.replying.events import Event
from conversations.services.turns import never

_threads = ThreadPoolExecutor(64, thread_name_prefix="turn")


async def happening(
    begin: Callable[[], Generator[Event]], *, is_stopped: Callable[[], bool] = never
) -> AsyncIterator[Event | str]:
    """The events of a turn, or why there is none. A listener who goes does not stop it: it is stored."""
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Event | str | None] = asyncio.Queue()

    def tell(one: Event | str | None) -> None:
        loop.call_soon_threadsafe(told.put_nowait, one)

    turn = loop.run_in_executor(_threads, _happen, begin, tell, is_stopped)
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
    begin: Callable[[], Generator[Event]],
    tell: Callable[[Event | str | None], None],
    is_stopped: Callable[[], bool],
) -> None:
    try:
        with closing(begin()) as events:
            for event in events:
                tell(event)
                if is_stopped():
                    break
    except ConversationError as error:
        tell(str(error))
    finally:
        tell(None)
        close_old_connections()
