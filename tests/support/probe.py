"""An app whose effects a test can count, and in which it can die."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.declare import JSON, Action, App, Call, Field, Inputs, Kind, Repeat
from tests.support import runs


class Died(BaseException):
    """The process ended here, as far as the engine can tell: nothing after it was done, nothing was cleaned
    up.
    """


@dataclass
class Probe:
    """`probe.note@1` (never repeated), `probe.noted@1` (with a key) and `probe.read@1` (safe) note their
    calls here.
    """

    calls: list[tuple[str, str, int]] = field(default_factory=list)
    """(text, idempotency key, attempt)"""
    seen: list[Inputs] = field(default_factory=list)
    then: Callable[[Inputs], JSON] = dict

    def keys(self, text: str) -> list[str]:
        return [key for said, key, _ in self.calls if said == text]

    def perform(self, inputs: Inputs, call: Call) -> JSON:
        self.calls.append((str(inputs["text"]), call.idempotency_key, call.attempt))
        self.seen.append(inputs)
        return self.then(inputs)

    def app(self) -> App:
        fields = (
            Field(name="text", kind=Kind.TEXT, label="Text"),
            Field(name="secret", kind=Kind.TEXT, label="Secret text", accepts_secure=True),
        )
        repeats = {"note": Repeat.NEVER, "noted": Repeat.WITH_KEY, "read": Repeat.SAFE}
        return runs.app(
            *(
                Action(
                    key=key,
                    label=key,
                    description="",
                    fields=fields,
                    output_type="any",
                    repeat=repeat,
                    perform=self.perform,
                )
                for key, repeat in repeats.items()
            )
        )


def note(
    slug: str, text: JSON = None, *, action: str = "note", secret: JSON = None, **over: JSON
) -> dict[str, JSON]:
    inputs: dict[str, JSON] = {"text": text or slug}
    if secret is not None:
        inputs["secret"] = secret
    return runs.step(slug, f"probe.{action}@1", inputs, **over)
