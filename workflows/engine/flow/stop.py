"""How does a *Stop* step end the run?"""

from connectors.declare import JSON


def output(inputs: dict[str, JSON]) -> dict[str, JSON]:
    failed = inputs.get("result") == "failed"
    return {"result": "failed" if failed else "succeeded", "message": str(inputs.get("message") or "")}
