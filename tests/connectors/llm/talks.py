"""A conversation with the demo model: what is said goes in, what it says and does comes out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.declare import JSON
from connectors.llm.demo import DEMO_MODEL
from connectors.llm.port import (
    Brief,
    Called,
    Finished,
    Message,
    Outcome,
    Request,
    Returned,
    Text,
    Took,
    Tool,
    ToolCall,
)

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # a Wednesday
MOST_ROUNDS = 6

type Answers = Mapping[str, Callable[[dict[str, Any]], dict[str, JSON]]]


def make_tool(
    name: str, description: str, /, *, writes: bool = False, returns: Any = (), **over: Any
) -> Tool:
    """`over`: variable → its JSON schema; those with `optional` are not required."""
    properties: dict[str, JSON] = {
        key: {k: v for k, v in value.items() if k != "optional"} for key, value in over.items()
    }
    return Tool(
        name=name,
        description=description,
        parameters={
            "type": "object",
            "properties": properties,
            "required": [key for key, value in over.items() if not value.get("optional")],
        },
        returns=tuple(Returned(name=n, type=t, description=d) for n, t, d in returns),
        writes=writes,
    )


def ok(**data: JSON) -> dict[str, JSON]:
    return {"ok": True, "data": data, "message": "", "error_code": None}


def failed(message: str = "That did not work.", code: str = "failed") -> dict[str, JSON]:
    return {"ok": False, "data": None, "message": message, "error_code": code}


def _ok(_arguments: dict[str, Any]) -> dict[str, JSON]:
    return ok()


@dataclass
class Talk:
    tools: tuple[Tool, ...]
    answers: Answers = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
    instructions: str = ""
    place: str = ""
    has_to_call: str = ""
    was_just_entered: bool = False
    messages: list[Message] = field(default_factory=list)
    memory: Mapping[str, JSON] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    took: list[str] = field(default_factory=list)

    def say(self, text: str) -> str:
        """What the model answers, once nothing is left to be called."""
        if text:
            self.messages.append(Message(role="user", text=text))
        for _ in range(MOST_ROUNDS):
            said, call, took = self._round()
            if took:
                self.took.append(took)
            if said:
                self.messages.append(Message(role="agent", text=said))
            if call is None:
                return said
            self._answer(call)
        raise AssertionError("the model calls without end")

    def _round(self) -> tuple[str, Called | None, str]:
        said, call, took = "", None, ""
        for event in DEMO_MODEL.stream(self._request()):
            match event:
                case Text():
                    said += event.text
                case Called():
                    call = event
                case Took():
                    took = event.key
                case Finished():
                    self.memory = json.loads(json.dumps(event.memory))
        return said, call, took

    def _request(self) -> Request:
        return Request(
            system="",
            messages=tuple(self.messages),
            tools=self.tools,
            outcomes=self.outcomes,
            has_to_call=self.has_to_call,
            memory=self.memory,
            brief=Brief(
                agent="Mia, store support",
                place=self.place,
                instructions=self.instructions,
                was_just_entered=self.was_just_entered,
                now=NOW,
            ),
        )

    def _answer(self, call: Called) -> None:
        arguments = json.loads(call.arguments)
        self.calls.append((call.name, arguments))
        answer = self.answers.get(call.name, _ok)
        made = ToolCall(id=call.id, name=call.name, arguments=arguments, result=answer(arguments))
        self.messages.append(Message(role="tool", call=made))
