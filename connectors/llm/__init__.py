"""Language models: one port, any OpenAI-compatible endpoint behind the outbound guard, and the demo model."""
