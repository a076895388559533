"""Which model answers for an agent? The demo model, or the endpoint of a connection or of the operator."""

from typing import Protocol
from uuid import UUID

from django.conf import settings

from connectors import connections, errors
from connectors.llm.demo import DEMO_MODEL
from connectors.llm.openai_compatible import Endpoint, OpenAICompatible, Patience, Price
from connectors.llm.port import ModelProvider

DEFAULT_BASE_URL = "https://api.openai.com/v1"
APP = "openai"


class Chosen(Protocol):
    """What an agent's model settings say."""

    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def connection(self) -> str | None: ...


def of(workspace_id: UUID, chosen: Chosen) -> ModelProvider:
    """Raises Misconfigured or NeedsReconnect."""
    if chosen.provider == "demo":
        return DEMO_MODEL
    if chosen.connection:
        return OpenAICompatible(_of_connection(workspace_id, chosen.connection, chosen.model), _patience())
    return OpenAICompatible(_of_the_operator(chosen.model), _patience())


def _of_the_operator(model: str) -> Endpoint:
    name = model or settings.LLM_MODEL
    if not name or not (settings.LLM_API_KEY or settings.LLM_BASE_URL):
        raise errors.Misconfigured("No model is set up. Set LLM_BASE_URL, LLM_API_KEY and LLM_MODEL.")
    return Endpoint(
        base_url=settings.LLM_BASE_URL or DEFAULT_BASE_URL,
        api_key=settings.LLM_API_KEY,
        model=name,
        price=_price(settings.LLM_PRICE),
    )


def _of_connection(workspace_id: UUID, connection: str, model: str) -> Endpoint:
    try:
        id_ = UUID(connection)
    except ValueError as malformed:
        raise errors.Misconfigured("The model's connection was removed. Choose another one.") from malformed
    resolved = connections.resolve(workspace_id, id_)
    name = model or str(resolved.settings.get("model") or "")
    if resolved.app != APP or not name:
        raise errors.Misconfigured(
            f"{resolved.name} is no connection to a model provider, or names no model."
        )
    key = resolved.credentials.get("api_key")
    return Endpoint(
        base_url=resolved.base_url or DEFAULT_BASE_URL,
        api_key=key.reveal() if key else "",
        model=name,
        connection=resolved.id,
    )


def _patience() -> Patience:
    return Patience(total_s=settings.LLM_TOTAL_S, silence_s=settings.LLM_SILENCE_S)


def _price(text: str) -> Price | None:
    """`0.15/0.60`: of a million tokens, asked and answered."""
    try:
        prompt, _, completion = text.partition("/")
        return Price(prompt=float(prompt), completion=float(completion or prompt)) if text else None
    except ValueError:
        return None
