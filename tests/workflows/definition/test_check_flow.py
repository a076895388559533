"""What the steps of the flow app may do, and where."""

from typing import Any

import pytest

from connectors.declare import JSON
from tests.support.definitions import OWN, make_branch, make_definition, make_rules, make_step
from tests.workflows.definition.test_check import codes, found
from workflows.definition.document import ActionVariable, Definition, ResponseField
from workflows.definition.vocabulary import Neighbour

CHILD, OTHER, AFTER = (f"0190aaaa-0000-7000-8000-00000000000{number}" for number in (3, 4, 5))
ELSEWHERE = "0190aaaa-0000-7000-8000-00000000ffff"


# --- Loop --------------------------------------------------------------------------------------------------
def nested_loops(count: int) -> Definition:
    step = make_step("find")
    for number in range(count, 0, -1):
        step = make_step(f"loop_{number}", "flow.loop@1", inputs={"items": "{{ session.cart }}"}, body=[step])
    return make_definition(step, kind="post_conversation")


def test_loops_are_nested_three_deep_and_no_deeper() -> None:
    assert codes(nested_loops(3)) == []
    assert codes(nested_loops(4)) == [("steps[0].body[0].body[0].body[0].action", "too_deep")]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"items": "{{ session.cart }}"}, []),
        ({"items": ["a", "b"]}, []),
        ({}, [("items", "required")]),
        ({"items": []}, [("items", "required")]),
        ({"items": "abc"}, [("items", "bad_value")]),
        ({"items": {"a": 1}}, [("items", "bad_value")]),
        ({"items": "{{ variables.visits }}"}, [("items", "type_mismatch")]),
        ({"items": "{{ secure.card }}"}, [("items", "secure_not_accepted")]),
        ({"items": ["a"], "limit": 0}, [("limit", "bad_value")]),
        ({"items": ["a"], "limit": 1001}, [("limit", "bad_value")]),
        ({"items": ["a"], "limit": "{{ variables.visits }}"}, [("limit", "no_tokens_here")]),
        ({"items": ["a"], "on_item_error": "panic"}, [("on_item_error", "bad_value")]),
    ],
)
def test_the_fields_of_a_loop(inputs: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    loop = make_step("each", "flow.loop@1", inputs=inputs, body=[])

    assert codes(make_definition(loop)) == [(f"steps[0].inputs.{name}", code) for name, code in expected]


def test_a_source_that_is_no_list_is_named_with_its_type() -> None:
    loop = make_step("each", "flow.loop@1", inputs={"items": "{{ variables.visits }}"}, body=[])

    (problem,) = found(make_definition(loop))

    assert problem.message == "“Items” needs a list, but variables.visits is a whole number."


@pytest.mark.parametrize(
    ("items", "token", "expected"),
    [
        ("{{ steps.find.output.items }}", "{{ loop.item.name }}", None),
        ("{{ steps.find.output.items }}", "{{ loop.item.nope }}", "unknown_output"),
        ("{{ steps.find.output.items }}", "{{ loop.index | plus: 1 }}", None),
        ("{{ session.cart }}", "{{ loop.item.anything.goes }}", None),
        (["a", "b"], "{{ loop.item }}", None),
        (["a", "b"], "{{ loop.item.name }}", "unknown_output"),
        (["a", {"b": 1}], "{{ loop.item.b }}", None),
        (["{{ variables.address }}"], "{{ loop.item.street }}", None),
        ("{{ steps.find.output.items }}", "{{ loop.number }}", "unknown_value"),
        ("{{ steps.find.output.items }}", "{{ steps.each.output.count }}", "unreachable_step"),
    ],
)
def test_the_item_of_a_loop_is_known_from_its_list(items: JSON, token: str, expected: str | None) -> None:
    inner = make_step("send", "shop.send@1", inputs={"subject": token, "url": "https://a.example"})
    loop = make_step("each", "flow.loop@1", inputs={"items": items}, body=[inner])

    wanted = [("steps[1].body[0].inputs.subject", expected)] if expected else []
    assert codes(make_definition(make_step("find"), loop)) == wanted


def test_a_loop_in_a_loop_has_the_inner_item() -> None:
    inner = make_step(
        "inner",
        "flow.loop@1",
        inputs={"items": "{{ loop.item.name | split: ',' }}"},
        body=[make_step("use", inputs={"order": "{{ loop.item }}"})],
    )
    outer = make_step("outer", "flow.loop@1", inputs={"items": "{{ steps.find.output.items }}"}, body=[inner])

    assert codes(make_definition(make_step("find"), outer)) == []


def test_after_a_loop_its_results_are_known() -> None:
    loop = make_step("each", "flow.loop@1", inputs={"items": "{{ session.cart }}"}, body=[make_step("a")])
    after = make_step("after", inputs={"order": "{{ steps.each.output.results.first.total }}"})
    wrong = make_step("wrong", inputs={"order": "{{ steps.each.output.sum }}"})

    assert codes(make_definition(loop, after, wrong)) == [("steps[2].inputs.order", "unknown_output")]


# --- Split and error branches, seen from within ------------------------------------------------------------
def test_within_a_branch_its_split_is_decided_and_within_an_error_branch_the_error_is_known() -> None:
    def send(slug: str, subject: str) -> dict[str, JSON]:
        return make_step(slug, "shop.send@1", inputs={"subject": subject, "url": "https://a.example"})

    definition = make_definition(
        make_step("choice", "flow.split@1", branches=[
            make_branch("left", send("said", "{{ steps.choice.output.labels | join: ', ' }}"),
                        when=make_rules()),
        ]),
        make_step("tried", policy={"on_error": "branch"}, branches=[
            make_branch("error", send("why", "{{ steps.tried.error.message }}"),
                        send("what", "{{ steps.tried.output.total }}"), on_error=True),
        ]),
        send("later", "{{ steps.tried.error.code }} {{ steps.choice.output.taken }}"),
        send("never", "{{ steps.later.error.code }}"),
    )  # fmt: skip

    assert codes(definition) == [
        ("steps[1].branches[0].steps[1].inputs.subject", "unreachable_step"),
        ("steps[3].inputs.subject", "unknown_output"),
    ]


# --- Respond -----------------------------------------------------------------------------------------------
RESPONSE = [
    {"name": "total", "type": "number", "value": "{{ steps.find.output.total }}"},
    {"name": "note", "type": "string", "value": "none"},
]


def respond(*rows: tuple[str, JSON], **over: Any) -> dict[str, JSON]:
    values = [{"name": name, "value": value} for name, value in rows]
    return make_step("answer", "flow.respond@1", inputs={"values": values}, **over)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("total", 1), ("note", "hi")], []),
        ([("total", "{{ steps.find.output.total }}"), ("note", "{{ steps.find.output.email }}")], []),
        ([("total", 1)], [("inputs.values", "missing_response")]),
        ([("total", 1), ("note", "a"), ("sum", 2)], [("inputs.values[2].name", "unknown_field")]),
        ([("total", "much"), ("note", "a")], [("inputs.values[0].value", "wrong_type")]),
        (
            [("total", "{{ steps.find.output.email }}"), ("note", None)],
            [("inputs.values[0].value", "wrong_type")],
        ),
        ([("total", 1), ("note", "{{ secure.card }}")], [("inputs.values[1].value", "secure_not_accepted")]),
    ],
)
def test_respond_gives_the_declared_fields(
    rows: list[tuple[str, JSON]], expected: list[tuple[str, str]]
) -> None:
    definition = make_definition(make_step("find"), respond(*rows), response=RESPONSE)

    assert codes(definition) == [(f"steps[1].{place}", code) for place, code in expected]


def test_a_missing_response_field_is_a_warning() -> None:
    definition = make_definition(make_step("find"), respond(("total", 1)), response=RESPONSE)

    assert [problem.severity for problem in found(definition)] == ["warning"]


def test_respond_stands_in_action_workflows_and_outside_of_loops() -> None:
    loop = make_step("each", "flow.loop@1", inputs={"items": ["a"]}, body=[respond()])

    assert codes(make_definition(respond(), kind="post_conversation")) == [
        ("steps[0].action", "not_in_this_kind")
    ]
    assert codes(make_definition(loop)) == [("steps[0].body[0].action", "not_in_loop")]


def test_what_was_answered_can_be_used_later() -> None:
    good = make_step("good", inputs={"order": "{{ steps.answer.output.total }}"})
    bad = make_step("bad", inputs={"order": "{{ steps.answer.output.sum }}"})
    answer = respond(("total", 1), ("note", "a"))

    assert codes(make_definition(make_step("find"), answer, good, bad, response=RESPONSE)) == [
        ("steps[3].inputs.order", "unknown_output")
    ]


# --- Waiting -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"timeout": 30}, []),
        ({"timeout": "{{ variables.visits }}", "unit": "days"}, []),
        ({}, [("inputs.timeout", "required")]),
        ({"timeout": 0}, [("inputs.timeout", "bad_value")]),
        ({"timeout": -1}, [("inputs.timeout", "bad_value")]),
        ({"timeout": "soon"}, [("inputs.timeout", "bad_value")]),
        ({"timeout": 53, "unit": "weeks"}, [("inputs.timeout", "bad_value")]),
        ({"timeout": 1, "unit": "moons"}, [("inputs.unit", "bad_value")]),
    ],
)
def test_a_wait_has_an_end(inputs: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    step = make_step("wait", "flow.wait_for_event@1", inputs=inputs)

    problems = set(codes(make_definition(step, kind="post_conversation")))

    assert problems == {(f"steps[0].{place}", code) for place, code in expected}


def test_nothing_waits_while_a_conversation_does() -> None:
    wait = make_step("wait", "flow.wait_for_event@1", inputs={"timeout": 30})

    assert codes(make_definition(wait)) == [("steps[0].action", "not_in_this_kind")]


def test_the_address_to_be_called_back_at_is_known_after_a_conversation() -> None:
    use = make_step(
        "tell", "shop.send@1", inputs={"subject": "{{ run.event_url }}", "url": "https://a.example"}
    )
    wait = make_step("wait", "flow.wait_for_event@1", inputs={"timeout": 30})
    after = make_step("after", inputs={"order": "{{ steps.wait.output.event.order.number }}"})

    assert codes(make_definition(use, wait, after, kind="post_conversation")) == []
    assert codes(make_definition(use)) == [("steps[0].inputs.subject", "unknown_output")]


# --- Session variables -------------------------------------------------------------------------------------
def keep(slug: str, name: JSON, value: JSON = 1) -> dict[str, JSON]:
    return make_step(slug, "flow.set_session@1", inputs={"name": name, "value": value})


def test_a_session_variable_is_known_once_it_is_set() -> None:
    use = "{{ session.order_number }}"
    definition = make_definition(
        make_step("before", inputs={"order": use}),
        make_step(
            "choice",
            "flow.split@1",
            branches=[
                make_branch("left", keep("keep", "order_number"), when=make_rules()),
                make_branch("right", make_step("across", inputs={"order": use}), otherwise=True),
            ],
        ),
        make_step("after", inputs={"order": use}),
    )

    problems = found(definition)

    assert [(problem.path, problem.code, problem.severity) for problem in problems] == [
        ("steps[0].inputs.order", "undefined_name", "warning"),
        ("steps[1].branches[1].steps[0].inputs.order", "undefined_name", "warning"),
    ]


@pytest.mark.parametrize("name", ["order number", "1st", "", "a" * 65, "{{ variables.plan }}"])
def test_a_session_variable_has_a_name_that_tokens_can_use(name: str) -> None:
    assert [path for path, _ in codes(make_definition(keep("keep", name)))] == ["steps[0].inputs.name"]


@pytest.mark.parametrize(
    "value", ["{{ secure.card }}", "{{ secrets.API_KEY }}", {"a": ["{{ secure.card }}"]}]
)
def test_nothing_secure_is_kept_in_the_session(value: JSON) -> None:
    assert [code for _, code in codes(make_definition(keep("keep", "card", value)))] == [
        "secure_not_accepted"
    ]


# --- Call workflow -----------------------------------------------------------------------------------------
NUMBER = ActionVariable(name="number", type="integer", required=True)
COLOUR = ActionVariable(name="colour", enum=("red", "green"))
CARD = ActionVariable(name="card", required=True, source="trusted", origin="secure.card")
NEIGHBOURS = {
    OWN: Neighbour(name="refund_order", kind="action", is_live=True),
    CHILD: Neighbour(
        name="look_up",
        kind="action",
        is_live=True,
        variables=(NUMBER, COLOUR, CARD),
        response=(ResponseField(name="total", type="number"),),
    ),
    AFTER: Neighbour(name="After", kind="post_conversation", is_live=True),
}


def call(workflow: JSON = CHILD, /, **given: JSON) -> dict[str, JSON]:
    return make_step("call", "flow.call_workflow@1", inputs={"workflow": workflow, "input": given})


def called(step: dict[str, JSON], *more: JSON, **neighbours: Neighbour) -> list[tuple[str, str]]:
    workflows = {**NEIGHBOURS, **neighbours}
    return codes(make_definition(make_step("find"), step, *more), workflows=workflows)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"number": 1}, []),
        ({"number": "{{ variables.visits }}", "colour": "red"}, []),
        ({"number": "{{ steps.find.output.raw }}"}, []),
        ({}, [("number", "required")]),
        ({"number": None}, [("number", "required")]),
        ({"number": 1, "size": 3}, [("size", "unknown_field")]),
        ({"number": "many"}, [("number", "wrong_type")]),
        ({"number": 1, "colour": "blue"}, [("colour", "wrong_type")]),
        ({"number": "{{ steps.find.output.items }}"}, [("number", "wrong_type")]),
        ({"number": "no. {{ variables.visits }}"}, [("number", "wrong_type")]),
        ({"number": 1, "colour": "{{ secrets.API_KEY }}"}, [("colour", "secure_not_accepted")]),
    ],
)
def test_what_a_called_workflow_is_given(given: dict[str, JSON], expected: list[tuple[str, str]]) -> None:
    assert called(call(**given)) == [(f"steps[1].inputs.input.{name}", code) for name, code in expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{ variables.address }}", None),
        ("{{ variables.visits }}", "wrong_type"),
        ("x", "wrong_type"),
        ([1], "wrong_type"),
    ],
)
def test_the_input_is_an_object(value: JSON, expected: str | None) -> None:
    step = make_step("call", "flow.call_workflow@1", inputs={"workflow": CHILD, "input": value})

    assert called(step) == ([("steps[1].inputs.input", expected)] if expected else [])


@pytest.mark.parametrize(
    ("workflow", "expected"),
    [
        ("", "required"),
        (None, "required"),
        ("look_up", "bad_value"),
        (ELSEWHERE, "unknown_workflow"),
        (OWN, "not_callable"),
        (AFTER, "not_callable"),
        ("{{ variables.plan }}", "no_tokens_here"),
    ],
)
def test_only_another_action_workflow_of_the_agent_can_be_called(workflow: JSON, expected: str) -> None:
    problems = called(call(workflow, number=1))

    assert problems[0] == ("steps[1].inputs.workflow", expected)
    assert {path for path, _ in problems} == {"steps[1].inputs.workflow"}


@pytest.mark.parametrize(("is_live", "is_paused"), [(False, False), (True, True)])
def test_a_workflow_that_is_not_live_is_a_warning(is_live: bool, is_paused: bool) -> None:
    sleeping = Neighbour(name="look_up", kind="action", is_live=is_live, is_paused=is_paused)
    definition = make_definition(call())

    problems = found(definition, workflows={**NEIGHBOURS, CHILD: sleeping})

    assert [(problem.code, problem.severity) for problem in problems] == [("not_live", "warning")]


def test_workflows_that_call_each_other_in_a_circle_are_refused() -> None:
    def calling(*ids: str) -> Neighbour:
        return Neighbour(name="look_up", kind="action", is_live=True, calls=frozenset(ids))

    def problems(**workflows: Neighbour) -> list[str]:
        known = {**NEIGHBOURS, CHILD: workflows["child"], OTHER: workflows["other"]}
        return [problem.code for problem in found(make_definition(call()), workflows=known)]

    assert problems(child=calling(OWN), other=calling()) == ["not_callable"]
    assert problems(child=calling(OTHER), other=calling(OWN)) == ["not_callable"]
    assert problems(child=calling(OTHER), other=calling(CHILD)) == []
    assert problems(child=calling(OTHER, ELSEWHERE), other=calling()) == []


def test_the_result_of_a_called_workflow_is_known_by_its_response_fields() -> None:
    good = make_step("good", inputs={"order": "{{ steps.call.output.total }}"})
    bad = make_step("bad", inputs={"order": "{{ steps.call.output.sum }}"})

    assert called(call(number=1), good, bad) == [("steps[3].inputs.order", "unknown_output")]
