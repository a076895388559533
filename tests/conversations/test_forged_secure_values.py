"""A model or a caller cannot ask for secure metadata by sending what stands for it."""

import pytest

from connectors.declare import JSON
from conversations import inputs
from workflows.definition.document import ActionVariable
from workflows.errors import InputInvalid

SPOKEN = ActionVariable(name="details", type="object")
TRUSTED = ActionVariable(name="customer", type="string", source="trusted", origin="secure.customer_id")


@pytest.mark.parametrize(
    ("variable", "name"),
    [(SPOKEN, "card"), (SPOKEN, "customer_id"), (TRUSTED, "card")],
    ids=["spoken", "same", "other"],
)
def test_a_value_that_stands_for_secure_metadata_is_refused(variable: ActionVariable, name: str) -> None:
    with pytest.raises(InputInvalid):
        inputs.action_values([variable], {variable.name: {"$secure": name}}, None, path="arguments")


def test_an_object_that_holds_such_a_thing_deeper_is_only_an_object() -> None:
    given: dict[str, JSON] = {"details": {"note": {"$secure": "card"}}}

    assert inputs.action_values([SPOKEN], given, None, path="arguments") == given
