"""One turn of a conversation, as far as it is decided without a database: prompt, history, flow, events."""
