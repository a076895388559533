"""A turn reaches a socket as it happens; what happens within a moment comes together."""

import threading
from collections.abc import Callable, Generator

from django.utils import timezone

from conversations import turning
from conversations.errors import TurnInProgress
from conversations.replying.events import Event, Heard, Piece, Said
from conversations.turning import Happened
from tests.support import loops

AGES_S = 60.0


def heard() -> Heard:
    return Heard(seq=1, text="Hello", at=timezone.now())


def said() -> Said:
    return Said(seq=2, text="Hello you", at=timezone.now())


def moments(begin: Callable[[], Generator[Event]], *, for_s: float = AGES_S) -> list[Happened]:
    async def gather() -> list[Happened]:
        return [one async for one in turning.gathered(begin, for_s=for_s)]

    return loops.run(gather)


def test_a_turn_that_is_over_at_once_is_one_moment() -> None:
    events: list[Event] = [heard(), Piece(text="Hello "), Piece(text="you"), said()]

    (moment,) = moments(lambda: (one for one in events))

    assert (moment.events, moment.is_over) == (events, True)
    assert moment.spoken("") == ""


def test_what_is_being_said_is_told_before_it_is_whole() -> None:
    is_told = threading.Event()

    def begin() -> Generator[Event]:
        yield heard()
        yield Piece(text="Hello ")
        is_told.wait(AGES_S)
        yield Piece(text="you")

    async def listen() -> list[str]:
        spoken = [""]
        async for moment in turning.gathered(begin, for_s=0.01):
            spoken.append(moment.spoken(spoken[-1]))
            if spoken[-1]:
                is_told.set()
        return spoken

    told = loops.run(listen)

    assert "Hello " in told
    assert told[-1] == "Hello you"


def test_the_last_words_of_a_reply_are_no_news_of_their_own() -> None:
    assert Happened([heard()], is_over=False).is_news
    assert not Happened([Piece(text="Hello")], is_over=False).is_news
    assert not Happened([said()], is_over=False).is_news


def test_why_there_is_no_turn_is_told_in_words() -> None:
    def begin() -> Generator[Event]:
        raise TurnInProgress("The agent is still answering.")
        yield

    (moment,) = moments(begin)

    assert moment.problems == ["The agent is still answering."]
