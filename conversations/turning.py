"""How does a turn reach a websocket? It runs in a thread of its own and is told as it happens.

Turns wait for models and tools: not in the one thread that short questions to the database share.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass

from django.db import close_old_connections

from conversations.errors import ConversationError
from conversations.replying.events import Answered, Calling, Event, Heard, Piece, Said
from conversations.services.replying import FINAL
from conversations.services.turns import never

GATHERED_S = 0.03
"""Thirty pictures a second are enough of a text that grows."""

type Told = Event | str | None
"""Words instead of an event: why there is no turn. None: it is over."""

NEWS = (Heard, Said, Answered, Calling)

_threads = ThreadPoolExecutor(64, thread_name_prefix="turn")


@dataclass(frozen=True)
class Happened:
    """A moment of a turn."""

    events: Sequence[Event | str]
    """In their order; words instead of an event: why there is no turn."""
    is_over: bool
    """Nothing more will come."""

    @property
    def problems(self) -> list[str]:
        return [one for one in self.events if isinstance(one, str)]

    @property
    def calls(self) -> list[Calling]:
        return [one for one in self.events if isinstance(one, Calling)]

    @property
    def is_news(self) -> bool:
        """Something to be told before the turn is over, which the last words of a reply mostly end."""
        return any(isinstance(one, NEWS) and not _is_final(one) for one in self.events)

    def spoken(self, before: str) -> str:
        """What the agent is saying and is not stored yet."""
        for one in self.events:
            match one:
                case Piece():
                    before += one.text
                case Heard() | Said() | Answered() | Calling():
                    before = ""
        return before


def _is_final(event: Event | str) -> bool:
    return isinstance(event, Said) and event.line in FINAL


async def happening(
    begin: Callable[[], Generator[Event]], *, is_stopped: Callable[[], bool] = never
) -> AsyncIterator[Event | str]:
    """The events of a turn, or why there is none. A listener who goes does not stop it: it is stored."""
    async for happened in gathered(begin, is_stopped=is_stopped, for_s=0.0):
        for one in happened.events:
            yield one


async def gathered(
    begin: Callable[[], Generator[Event]],
    *,
    is_stopped: Callable[[], bool] = never,
    for_s: float = GATHERED_S,
) -> AsyncIterator[Happened]:
    """The same for who draws them: what happens within `for_s` comes together."""
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Told] = asyncio.Queue()

    def tell(one: Told) -> None:
        loop.call_soon_threadsafe(told.put_nowait, one)

    turn = loop.run_in_executor(_threads, _happen, begin, tell, is_stopped)
    is_over = False
    while not is_over:
        came = await _moment(told, for_s)
        is_over = came[-1] is None
        yield Happened([one for one in came if one is not None], is_over)
    await turn


async def _moment(told: asyncio.Queue[Told], seconds: float) -> list[Told]:
    """What comes within so long of the first; None is the last that comes."""
    came = [await told.get()]
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while came[-1] is not None:
                came.append(await told.get())
    return came


async def in_thread[T](call: Callable[..., T], *values: object) -> T:
    def work() -> T:
        try:
            return call(*values)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def _happen(
    begin: Callable[[], Generator[Event]],
    tell: Callable[[Told], None],
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
