"""What keeps a workflow from going live: each problem with its place, its field and its weight."""

from typing import Any

import pytest

from tests.support.definitions import (
    CONNECTION,
    make_branch,
    make_definition,
    make_registry,
    make_rules,
    make_step,
    make_vocabulary,
    step_id,
)
from workflows.definition import check
from workflows.definition.document import Definition
from workflows.definition.problems import Problem

ELSEWHERE = "0190aaaa-0000-7000-8000-00000000ffff"


def found(definition: Definition, **vocabulary: Any) -> list[Problem]:
    return check.check(definition, registry=make_registry(), vocabulary=make_vocabulary(**vocabulary))


def codes(definition: Definition, **vocabulary: Any) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in found(definition, **vocabulary)]


def make_send(**inputs: Any) -> dict[str, Any]:
    return make_step("send", "shop.send@1", inputs={"subject": "Hi", "url": "https://example.com", **inputs})


def test_a_complete_workflow_has_no_problems() -> None:
    definition = make_definition(
        make_step("find", inputs={"order": "{{ action.number }}"}, connection=CONNECTION),
        make_send(
            subject="Total: {{ steps.find.output.total | round: 2 }}",
            text="{% for item in steps.find.output.items %}{{ item.name }}{% endfor %}",
            headers=[{"name": "Authorization", "value": "Bearer {{ secrets.API_KEY }}"}],
            body={
                "kind": "json",
                "value": {"card": "{{ secure.card }}", "deep": "{{ steps.find.output.raw.a.b }}"},
            },
            count="{{ variables.visits }}",
        ),
        message={
            "mode": "custom",
            "text": "I look up {{ action.number }}, {{ conversation.customer.name }}.",
        },
        variables=[
            {"name": "number", "type": "integer"},
            {"name": "card", "source": "trusted", "from": "secure.card"},
        ],
        response=[{"name": "total", "type": "number", "value": "{{ steps.find.output.total }}"}],
    )

    assert found(definition) == []


def test_a_problem_says_where_it_is_and_in_which_field() -> None:
    (problem,) = found(make_definition(make_step("find"), make_send(subject="")))

    assert problem == Problem(
        "steps[1].inputs.subject", "required", "Subject is missing.", "error", step_id("send"), "subject"
    )


FIELDS: list[tuple[str, dict[str, Any], tuple[str, str] | None]] = [
    ("a shown field is required", {"mode": "fancy"}, ("colour", "required")),
    ("a hidden one is not", {"mode": "plain"}, None),
    ("an unknown choice", {"mode": "odd"}, ("mode", "bad_value")),
    ("a token where none may be", {"mode": "{{ now }}"}, ("mode", "no_tokens_here")),
    ("a text too long", {"subject": "x" * 41}, ("subject", "bad_value")),
    ("a long text with a token", {"subject": "{{ now }}" + "x" * 41}, None),
    ("no number", {"count": "many"}, ("count", "bad_value")),
    ("a number as text", {"count": "7"}, None),
    ("too many", {"count": 11}, ("count", "bad_value")),
    ("no date", {"at": "tomorrow"}, ("at", "bad_value")),
    ("a row without name", {"headers": [{"value": "x"}]}, ("headers[0].name", "bad_value")),
    ("rows from a token", {"headers": "{{ session.cart }}"}, None),
    ("a body of another kind", {"body": {"kind": "xml"}}, ("body.kind", "bad_value")),
    ("a form from a token", {"body": {"kind": "form", "value": "{{ session.cart }}"}}, None),
    ("unreadable", {"subject": "{{ now"}, ("subject", "token_syntax")),
    ("an unknown filter", {"subject": "{{ now | shout }}"}, ("subject", "token_syntax")),
    ("a tag in a short text", {"subject": "{% if now %}x{% endif %}"}, ("subject", "token_syntax")),
    ("a tag in a long text", {"text": "{% if now %}x{% endif %}"}, None),
    ("an unknown root", {"subject": "{{ order.id }}"}, ("subject", "unknown_root")),
    ("an unknown step", {"subject": "{{ steps.nope.output }}"}, ("subject", "unknown_step")),
    ("a step chosen by data", {"subject": "{{ steps[variables.plan].output }}"}, ("subject", "unknown_step")),
    ("a step alone", {"subject": "{{ steps.find }}"}, ("subject", "unknown_output")),
    ("an unknown output", {"subject": "{{ steps.find.output.nope }}"}, ("subject", "unknown_output")),
    ("below a text", {"subject": "{{ steps.find.output.email.x }}"}, ("subject", "unknown_output")),
    ("a key of a list", {"subject": "{{ steps.find.output.items.name }}"}, ("subject", "unknown_output")),
    ("an item of a list", {"subject": "{{ steps.find.output.items[0].name }}"}, None),
    (
        "an item's unknown key",
        {"subject": "{{ steps.find.output.items.first.x }}"},
        ("subject", "unknown_output"),
    ),
    ("an error that ends all", {"subject": "{{ steps.find.error.message }}"}, ("subject", "unknown_output")),
    ("itself", {"subject": "{{ steps.send.output }}"}, ("subject", "unreachable_step")),
    ("a later step", {"subject": "{{ steps.after.output.total }}"}, ("subject", "unreachable_step")),
    ("no action variable", {"subject": "{{ action.nope }}"}, ("subject", "unknown_variable")),
    (
        "an unknown secret",
        {"headers": [{"name": "a", "value": "{{ secrets.NO }}"}]},
        ("headers[0].value", "unknown_secret"),
    ),
    ("all secrets", {"subject": "{{ secrets | json }}"}, ("subject", "token_syntax")),
    ("a secret in a subject", {"subject": "{{ secrets.API_KEY }}"}, ("subject", "secure_not_accepted")),
    (
        "a secure value in a subject",
        {"subject": "a {{ secure.card | upcase }}"},
        ("subject", "secure_not_accepted"),
    ),
    ("a secure action variable", {"subject": "{{ action.card }}"}, ("subject", "secure_not_accepted")),
    (
        "one of the action variables",
        {"subject": "{{ action[variables.plan] }}"},
        ("subject", "secure_not_accepted"),
    ),
    (
        "a secure value in an argument",
        {"subject": "{{ now | default: secure.card }}"},
        ("subject", "secure_not_accepted"),
    ),
    ("the analysis before the end", {"subject": "{{ analysis.mood }}"}, ("subject", "not_here")),
    ("a loop's item outside", {"subject": "{{ loop.item }}"}, ("subject", "not_here")),
    (
        "an unknown thing of the conversation",
        {"subject": "{{ conversation.weather }}"},
        ("subject", "unknown_output"),
    ),
    ("a list as number", {"count": "{{ session.cart }}"}, ("count", "type_mismatch")),
    ("a size as number", {"count": "{{ session.cart | size }}"}, None),
    ("true as number", {"count": "{{ steps.find.output.paid }}"}, ("count", "type_mismatch")),
    ("a text as list", {"headers": "{{ variables.plan }}"}, ("headers", "type_mismatch")),
    ("a number as date", {"at": "{{ variables.visits }}"}, ("at", "type_mismatch")),
    ("a list within text", {"subject": "Cart: {{ session.cart }}"}, None),
    ("a path without connection", {"path": "/x"}, ("path", "not_with_connection")),
]


@pytest.mark.parametrize(
    ("inputs", "expected"), [case[1:] for case in FIELDS], ids=[case[0] for case in FIELDS]
)
def test_a_field_is_checked(inputs: dict[str, Any], expected: tuple[str, str] | None) -> None:
    definition = make_definition(
        make_step("find"),
        make_send(**inputs),
        make_step("after"),
        variables=[{"name": "card", "source": "trusted", "from": "secure.card"}],
    )

    wanted = [] if expected is None else [(f"steps[1].inputs.{expected[0]}", expected[1])]
    assert codes(definition) == wanted


@pytest.mark.parametrize("path", ["variables.other", "session.other", "secure.other"])
def test_a_name_that_the_agent_does_not_define_is_a_warning(path: str) -> None:
    headers = [{"name": "x", "value": f"{{{{ {path} }}}}"}]

    (problem,) = found(make_definition(make_send(headers=headers)))

    assert (problem.code, problem.severity) == ("undefined_name", "warning")


def test_the_analysis_can_be_used_after_the_conversation() -> None:
    token = make_send(subject="{{ analysis.mood }} {{ analysis.other }}")

    assert codes(make_definition(token, kind="post_conversation")) == [
        ("steps[0].inputs.subject", "undefined_name")
    ]


@pytest.mark.parametrize(
    ("connection", "expected"),
    [(CONNECTION, None), (ELSEWHERE, "unknown_connection")],
)
def test_a_connection_must_be_there(connection: str, expected: str | None) -> None:
    definition = make_definition(make_step("find", connection=connection))

    assert codes(definition) == ([("steps[0].connection", expected)] if expected else [])
    foreign = check.foreign_connections(definition, make_vocabulary())
    assert [problem.code for problem in foreign] == ([expected] if expected else [])


def test_a_connection_of_another_app_is_refused() -> None:
    definition = make_definition(make_step("find", connection=CONNECTION))

    assert codes(definition, connections={CONNECTION: "email"}) == [
        ("steps[0].connection", "wrong_connection")
    ]


def test_an_address_beside_a_connection_is_a_problem() -> None:
    step = {**make_send(path="/orders"), "connection": CONNECTION}

    assert codes(make_definition(step)) == [("steps[0].inputs.url", "not_with_connection")]


def test_a_step_that_is_filled_in_for_a_connection_needs_just_that() -> None:
    step = make_send(path="/orders", url="")

    assert codes(make_definition(step)) == [("steps[0].connection", "needs_connection")]


def test_a_delay_cannot_be_in_an_action_workflow() -> None:
    step = make_step("wait", "flow.delay@1", inputs={"amount": 1})

    assert codes(make_definition(step)) == [("steps[0].action", "not_in_this_kind")]
    assert codes(make_definition(step, kind="post_conversation")) == []


def test_only_steps_that_have_run_can_be_named() -> None:
    use = "{{ steps.%s.output.total }}"
    definition = make_definition(
        make_step("off", enabled=False),
        make_step("split", "flow.split@1", branches=[
            make_branch("left", make_step("inner"), make_step("next", inputs={"order": use % "inner"}),
                        when=make_rules()),
            make_branch("right", make_step("across", inputs={"order": use % "inner"}), otherwise=True),
        ]),
        make_step("loop", "flow.loop@1", inputs={"items": "{{ session.cart }}"}, body=[
            make_step("item", inputs={"order": "{{ loop.item.number }}"}),
            make_step("around", inputs={"order": "{{ steps.loop.output }}"}),
        ]),
        make_step("maybe", inputs={"order": use % "inner"}),
        make_step("each", inputs={"order": use % "item"}),
        make_step("skipped", inputs={"order": use % "off"}),
        response=[
            {"name": "a", "type": "number", "value": use % "maybe"},
            {"name": "b", "value": use % "item"},
        ],
    )  # fmt: skip

    problems = {problem.path: (problem.code, problem.message) for problem in found(definition)}

    assert {path: code for path, (code, _) in problems.items()} == dict.fromkeys(
        (
            "settings.response[1].value",
            "steps[1].branches[1].steps[0].inputs.order",
            "steps[2].body[1].inputs.order",
            "steps[4].inputs.order",
            "steps[5].inputs.order",
        ),
        "unreachable_step",
    )
    assert "another branch" in problems["steps[1].branches[1].steps[0].inputs.order"][1]
    assert "switched off" in problems["steps[5].inputs.order"][1]


def test_a_step_that_is_switched_off_is_not_looked_at() -> None:
    loop = make_step("loop", "flow.loop@1", enabled=False, body=[make_step("a", inputs={})])

    assert found(make_definition(make_step("off", inputs={}, enabled=False), loop)) == []


def test_the_policy_is_checked() -> None:
    policy = {"timeout_s": 301, "retries": 11, "on_error": "panic", "on_unknown": "guess"}

    assert codes(make_definition(make_step("a", policy=policy))) == [
        ("steps[0].policy.timeout_s", "bad_value"),
        ("steps[0].policy.retries", "bad_value"),
        ("steps[0].policy.on_error", "bad_value"),
        ("steps[0].policy.on_unknown", "bad_value"),
    ]


def test_branches_are_checked() -> None:
    when = {"all": [{"left": "{{ steps.nope.output }}", "op": "smells", "right": "{{ secrets.API_KEY }}"}]}
    split = make_step(
        "split",
        "flow.split@1",
        branches=[make_branch("first", otherwise=True), make_branch("second", when=when, label=" ")],
    )

    assert codes(make_definition(split)) == [
        ("steps[0].branches[0].otherwise", "bad_value"),
        ("steps[0].branches[1].label", "required"),
        ("steps[0].branches[1].when.all[0].left", "unknown_step"),
        ("steps[0].branches[1].when.all[0].right", "secure_not_accepted"),
        ("steps[0].branches[1].when.all[0].op", "unknown_operator"),
    ]
