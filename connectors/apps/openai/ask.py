"""Asks a model one thing and gives back what it says."""

from collections.abc import Mapping

from connectors import errors
from connectors.declare import JSON, Action, Call, Field, Inputs, Kind, Output, Outputs, Repeat


def _ask(inputs: Inputs, call: Call) -> Outputs:
    messages: list[JSON] = [{"role": "user", "content": str(inputs["text"])}]
    if instructions := inputs.get("instructions"):
        messages.insert(0, {"role": "system", "content": str(instructions)})
    body: dict[str, JSON] = {
        "model": inputs.get("model") or call.settings.get("model"),
        "messages": messages,
        "temperature": inputs.get("temperature"),
    }
    answer = call.http.request("POST", "chat/completions", json=body)
    if answer.status in (401, 403):
        raise errors.NeedsReconnect("The model provider refused the key.", http_status=answer.status)
    if answer.status in (408, 409, 425, 429) or answer.status >= 500:
        raise errors.Unavailable(f"The model provider answered {answer.status}.", http_status=answer.status)
    if answer.status >= 300:
        raise errors.Rejected(
            f"The model provider refused the request ({answer.status}).", http_status=answer.status
        )
    return {"text": _said(answer.json)}


def _said(answer: JSON) -> str:
    match answer:
        case {"choices": [{"message": {"content": str(text)}}, *_]}:
            return text.strip()
    raise errors.Rejected("The model provider answered without a text.")


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    asked = " ".join(str(inputs.get("text") or "…").split())
    return f"Ask {connection or 'a model'}: **{asked[:80]}**"


ASK = Action(
    key="ask",
    label="Ask a model",
    description="Sends a text to a language model and gives back its answer.",
    synonyms=("ai", "prompt", "classify", "extract", "summarise", "summarize", "write", "translate"),
    fields=(
        Field(
            name="text",
            kind=Kind.LONG_TEXT,
            label="Text",
            placeholder="Summarise: {{ conversation.transcript_text }}",
            required=True,
            max_length=60_000,
        ),
        Field(
            name="instructions",
            kind=Kind.LONG_TEXT,
            label="Instructions",
            placeholder="Answer in one sentence.",
            max_length=20_000,
        ),
        Field(name="model", kind=Kind.TEXT, label="Another model", advanced=True, max_length=120),
        Field(
            name="temperature",
            kind=Kind.NUMBER,
            label="Temperature",
            default=0.3,
            minimum=0,
            maximum=2,
            advanced=True,
        ),
    ),
    outputs=(Output(name="text", type="string", label="Answer", sample="The lamp arrived broken."),),
    repeat=Repeat.SAFE,
    needs_connection=True,
    summary=_summary,
    perform=_ask,
)
