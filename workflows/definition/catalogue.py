"""What must the document know of the apps? How to find an action by the name that a document gives it."""

from typing import Protocol

from connectors.declare import Action, App


class Known(Protocol):
    @property
    def app(self) -> App: ...
    @property
    def action(self) -> Action: ...


class Catalogue(Protocol):
    """`connectors.registry.Registry` is one; tests make their own."""

    def find(self, ref: str) -> Known | None: ...


SPLIT = "flow.split"
LOOP = "flow.loop"
RESPOND = "flow.respond"
STOP = "flow.stop"
SET_SESSION = "flow.set_session"
DELAY = "flow.delay"
WAIT_FOR_EVENT = "flow.wait_for_event"
CALL_WORKFLOW = "flow.call_workflow"
BRANCHING = frozenset((SPLIT, "human.approval"))
"""Actions whose steps hold `branches`. A step of any action may hold an error branch."""
LOOPING = frozenset((LOOP,))
"""Actions whose steps hold a `body`."""


def without_version(ref: str) -> str:
    return ref.partition("@")[0]
