"""How do the rules of a branch read, in one line?"""

from connectors.declare import JSON
from connectors.inputs import as_text
from workflows.definition.operators import OPERATORS, Operator
from workflows.definition.shapes import Group, Rule

MODES = {"all": "and", "any": "or"}


def words(group: Group | None) -> str:
    """`total **is less than** 100 **and** …`, tokens as they are written; empty where nothing is asked."""
    if group is None:
        return ""
    parts = [
        f"({inner})" if isinstance(rule, Group) and len(rule.rules) > 1 else inner
        for rule in group.rules
        if (inner := words(rule) if isinstance(rule, Group) else _rule(rule))
    ]
    return f" **{MODES.get(group.mode, 'and')}** ".join(parts)


def _rule(rule: Rule) -> str:
    left, operator = _text(rule.left) or "…", OPERATORS.get(rule.op)
    if operator is None:
        return f"{left} **{rule.op}** {_text(rule.right)}".rstrip()
    if operator.right == "nothing":
        return f"{left} **{operator.label}**"
    return f"{left} **{operator.label}** {_right(rule.right, operator) or '…'}"


def _right(value: JSON, operator: Operator) -> str:
    match value:
        case {"amount": amount, "unit": unit}:
            return f"{_text(amount) or '…'} {unit}"
        case [low, high] if operator.right == "range":
            return f"{_text(low) or '…'} and {_text(high) or '…'}"
        case list():
            return ", ".join(_text(part) for part in value)
    return _text(value)


def _text(value: JSON) -> str:
    return "" if value is None else as_text(value)
