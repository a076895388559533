"""How does an agent reply? It walks through its flow: says what is written, asks its model, calls its tools.

A reply is a stream of events; each is stored before it is given out. Whoever stops listening stops the turn.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from conversations.errors import TurnStopped
from conversations.models import Conversation, Line
from conversations.replying import route
from conversations.replying.events import Event
from conversations.services.talking import Talk
from conversations.services.turns import Turn, never

FINAL = frozenset({"", Line.SCRIPT, Line.CHOOSE, Line.CONFIRM, Line.GOODBYE, Line.TROUBLE})
"""With one of these a reply is whole; all others are said on the way to it."""


def begin(conversation: Conversation) -> Generator[Event]:
    """The greeting, where the agent speaks first; once. Raises TurnInProgress and ConversationOver."""
    with closing(_in_turn(conversation, _greet)) as events:
        yield from events


def reply(
    conversation: Conversation, text: str, *, key: str | None = None, is_stopped: Callable[[], bool] = never
) -> Generator[Event]:
    """The agent's turn after the person said `text`. With the same `key` again: what was replied then. It
    ends early once `is_stopped` says so, or nobody listens: reads are called off, writes go on, and what
    comes of them is told later.

    Raises TurnInProgress and ConversationOver before anything is stored.
    """
    with closing(_in_turn(conversation, lambda talk: _answer(talk, text, key), is_stopped)) as events:
        yield from events


def _in_turn(
    conversation: Conversation,
    happen: Callable[[Talk], Iterator[Event]],
    is_stopped: Callable[[], bool] = never,
) -> Generator[Event]:
    turn = Turn(conversation.pk, is_stopped=is_stopped)
    try:
        yield from happen(Talk(conversation.pk, turn.keep, is_stopped))
    except TurnStopped:
        return
    finally:
        turn.release()


def _greet(talk: Talk) -> Iterator[Event]:
    if talk.conversation.node:
        return
    yield from talk.stand_at(talk.start)
    greeting = talk.scene.filled(route.greeting(talk.start, talk.conversation.direction))
    if talk.start.speaks_first == "agent" and greeting:
        yield talk.transcript.said(greeting, line=Line.GREETING)
    yield from talk.suggested()


def _answer(talk: Talk, text: str, key: str | None) -> Iterator[Event]:
    if key and talk.transcript.was_heard(key):
        replied = talk.transcript.replied_to(key)
        yield from replied
        if any(said.line in FINAL for said in replied):
            return
        yield from talk.actions.settle()  # that turn died before it was done
    else:
        yield from talk.actions.settle()
        yield talk.transcript.heard(text, key)
    if talk.conversation.taken_by_id:
        return  # a person of the workspace answers
    if asked := talk.actions.asked():
        yield from talk.take_answer(asked, text)
        yield from talk.walk()
    elif unfitting := talk.unfitting(text):
        yield unfitting
        yield from talk.suggested()
    else:
        yield from talk.walk()
