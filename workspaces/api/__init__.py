"""What every route of the HTTP API shares: who may call, how bodies, lists and errors look."""
