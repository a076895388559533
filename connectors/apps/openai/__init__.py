"""AI model: any endpoint that speaks OpenAI's chat completions. Agents talk through its connection; steps ask
it one thing.
"""

from connectors.apps.openai.ask import ASK
from connectors.apps.openai.connection import CONNECTION
from connectors.declare import App

APP = App(
    slug="openai",
    name="AI model",
    description="Ask a language model, at OpenAI or at any endpoint that is compatible with it.",
    icon="i-sparkles",
    tone="ai",
    category="ai",
    synonyms=("gpt", "llm", "chatgpt", "language model", "openai", "ollama", "vllm"),
    connection=CONNECTION,
    actions=(ASK,),
)
