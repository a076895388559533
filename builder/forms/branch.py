"""Which fields does the panel of a branch have, and what do the posted ones say? Its name and its rules."""

from collections.abc import Mapping

from builder.forms import rules, typed
from builder.forms.rules import RulesWrong
from builder.forms.step import Reading, Values
from builder.forms.typed import Post, Typed
from connectors.declare import JSON, Field, Kind
from workflows.definition import document, rule_words
from workflows.definition.document import Group, Step

LABEL = Field(name="branch.label", kind=Kind.TEXT, label="Name", required=True, tokens=False, max_length=120)
RULES = "branch.when"
LABELS = {LABEL.name: "the name", RULES: "the rules"}


def values_of(step: Step, branch_id: str) -> Values:
    """Nothing for a branch that is not there."""
    branches = document.dump_step(step).get("branches")
    for branch in branches if isinstance(branches, list) else ():
        if isinstance(branch, dict) and branch.get("id") == branch_id:
            values = {LABEL.name: branch.get("label"), RULES: branch.get("when")}
            return {name: value for name, value in values.items() if value}
    return {}


def shown(values: Values) -> dict[str, Typed]:
    return {LABEL.name: typed.shown(LABEL, values), RULES: rules.shown(values.get(RULES))}


def posted(post: Post) -> dict[str, Typed]:
    return {LABEL.name: typed.posted(LABEL, post), RULES: rules.posted(typed.PREFIX + RULES, post)}


def read(form: Mapping[str, Typed], stored: Values) -> Reading:
    values: dict[str, JSON] = dict(typed.read(LABEL, form[LABEL.name], stored))
    errors: dict[str, str] = {}
    if not values:
        errors[LABEL.name] = "A branch needs a name."
    try:
        if when := rules.read(form[RULES], stored.get(RULES)):
            values[RULES] = when
    except RulesWrong as wrong:
        errors |= {f"{RULES}.{row}": message for row, message in wrong.errors.items()}
    return Reading(values, errors)


def saved(values: Values) -> tuple[str, Group | None]:
    """The name and the rules, as the service that saves a branch takes them."""
    when = values.get(RULES)
    return str(values[LABEL.name]), document.parse_rules(when) if when else None


def in_words(name: str, form: Typed) -> str:
    """Of one of two versions between which a person chooses."""
    if name != RULES:
        return form.in_words
    try:
        when = rules.read(form, None)
    except RulesWrong:
        return " · ".join(" ".join(filter(None, (row["left"], row["op"], row["right"]))) for row in form.rows)
    return rule_words.words(document.parse_rules(when) if when else None).replace("**", "")
