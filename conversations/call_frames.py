"""What does Twilio's ConversationRelay say over its websocket? JSON objects, as it documents them."""

import json
from dataclasses import dataclass, field
from typing import Any

from connectors.outbound.answer import storable

LONGEST_TEXT = 8_000


@dataclass(frozen=True)
class Setup:
    """The first one: which call it is."""

    call_sid: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prompt:
    """What the caller said. While `is_last` is False more of it follows."""

    text: str
    is_last: bool


@dataclass(frozen=True)
class Interrupt:
    """The caller spoke while the agent did."""

    heard: str


@dataclass(frozen=True)
class Digit:
    digit: str


@dataclass(frozen=True)
class Trouble:
    description: str


type Frame = Setup | Prompt | Interrupt | Digit | Trouble


class NotUnderstood(Exception):
    pass


def read(frame: str) -> Frame | None:
    """None for a kind that is not known here: Twilio adds some. Raises NotUnderstood for what is no frame."""
    try:
        told = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood from error
    if not isinstance(told, dict):
        raise NotUnderstood
    match told.get("type"):
        case "setup":
            parameters = told.get("customParameters")
            given = parameters if isinstance(parameters, dict) else {}
            return Setup(_text(told, "callSid"), {str(name): str(value) for name, value in given.items()})
        case "prompt":
            return Prompt(_text(told, "voicePrompt"), told.get("last", True) is not False)
        case "interrupt":
            return Interrupt(_text(told, "utteranceUntilInterrupt"))
        case "dtmf":
            return Digit(_text(told, "digit")[:1])
        case "error":
            return Trouble(_text(told, "description")[:500])
    return None


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise NotUnderstood
    return storable(value[:LONGEST_TEXT])
