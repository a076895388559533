"""Which values does a *Set values* step give?"""

from connectors.declare import JSON


def output(inputs: dict[str, JSON]) -> dict[str, JSON]:
    """A name given twice has the later value."""
    pairs = inputs.get("values")
    if not isinstance(pairs, list):
        return {}
    return {
        str(pair["name"]): pair.get("value") for pair in pairs if isinstance(pair, dict) and pair.get("name")
    }
