"""Documents with flow steps are kept without loss, older ones keep their digest, and nothing is fatal."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import registry
from connectors.declare import JSON
from connectors.registry import Registry
from tests.support.definitions import make_branch, make_document, make_step, make_vocabulary
from workflows.definition import check, document, reach, rule_words
from workflows.definition.operators import OPERATORS, UNITS

REGISTRY: Registry = registry.default()
FLOW = [known for known in REGISTRY.actions.values() if known.app.slug == "flow"]
BEFORE_FLOW = "3ed5dc36aa0f31b0636e7327e8830d7cfdb65c1b15d4351e9c42428e307e0c63"
"""Of `make_older()`, computed before there were branches and loops."""


def make_older() -> dict[str, JSON]:
    return json.loads(OLDER)  # type: ignore[no-any-return]


OLDER = """
{
 "schema": 1,
 "settings": {
  "name": "refund_order",
  "description": "Refund.",
  "message": {
   "mode": "custom",
   "text": "One moment.",
   "delayed": {
    "after_ms": 4000,
    "text": "Still on it."
   },
   "failure": "No.",
   "timeout": "Later."
  },
  "deadline_s": 30,
  "variables": [
   {
    "name": "order_number",
    "type": "integer",
    "description": "The number.",
    "required": true,
    "source": "spoken",
    "sample": 1042
   },
   {
    "name": "customer_id",
    "type": "string",
    "source": "trusted",
    "from": "secure.customer_id"
   }
  ],
  "response": [
   {
    "name": "refund_id",
    "type": "string",
    "value": "{{ steps.look_up.output.body.id }}"
   }
  ]
 },
 "steps": [
  {
   "id": "s_lookup00",
   "slug": "look_up",
   "label": "Look up",
   "action": "rest.request@1",
   "inputs": {
    "method": "GET",
    "url": "https://shop.example/orders/{{ action.order_number }}"
   },
   "policy": {
    "timeout_s": 10,
    "retries": 1,
    "on_error": "branch",
    "on_unknown": "retry"
   },
   "branches": [
    {
     "id": "b_failed00",
     "label": "On error",
     "on_error": true,
     "steps": [
      {
       "id": "s_setit000",
       "slug": "set_it",
       "action": "flow.set_values@1",
       "inputs": {
        "values": [
         {
          "name": "a",
          "value": [
           1,
           "{{ now }}",
           null
          ]
         }
        ]
       }
      }
     ]
    }
   ]
  },
  {
   "id": "s_mail0000",
   "slug": "mail",
   "action": "email.send@1",
   "inputs": {
    "to": "a@example.com",
    "subject": "Hi",
    "text": "Hello"
   },
   "enabled": false,
   "note": "later"
  },
  {
   "id": "s_stop0000",
   "slug": "stop",
   "action": "flow.stop@1",
   "inputs": {}
  },
  {
   "id": "s_wait0000",
   "slug": "wait",
   "action": "flow.delay@1",
   "inputs": {
    "amount": 2
   }
  }
 ]
}
"""


def test_a_document_from_before_keeps_its_digest() -> None:
    definition = document.parse(make_older(), kind="action", registry=REGISTRY)

    assert document.digest(definition) == BEFORE_FLOW


def make_everything() -> dict[str, JSON]:
    inner = make_step(
        "keep", "flow.set_session@1", inputs={"name": "last", "value": {"n": "{{ loop.index }}"}}
    )
    loop = make_step("each", "flow.loop@1", inputs={"items": "{{ session.cart }}", "limit": 5}, body=[inner])
    rules = {"any": [*_rules(), {"all": _rules()}]}
    split = make_step(
        "choice",
        "flow.split@1",
        inputs={"mode": "every"},
        policy={"on_error": "branch"},
        branches=[
            make_branch("small", loop, when=rules),
            make_branch("rest", otherwise=True),
            make_branch("error", on_error=True),
        ],
    )
    call = make_step("call", "flow.call_workflow@1", inputs={"workflow": "id", "input": {"a": "{{ now }}"}})
    answer = make_step("answer", "flow.respond@1", inputs={"values": [{"name": "a", "value": 1}]})
    wait = make_step("wait", "flow.wait_for_event@1", inputs={"timeout": 2, "unit": "days"})
    return make_document(split, call, answer, wait)


def _rules() -> list[JSON]:
    """One of each operator, with each kind of right side."""
    right: dict[str, JSON] = {
        "range": [1, "{{ now }}"],
        "span": {"amount": 1, "unit": "days"},
        "texts": ["a"],
    }
    rules: list[JSON] = [
        {"left": "{{ now }}", "op": op, "right": right.get(known.right, "a")}
        for op, known in OPERATORS.items()
    ]
    return rules


def test_what_is_read_is_what_is_written() -> None:
    definition = document.parse(make_everything(), kind="action", registry=REGISTRY)

    written = document.dump(definition)

    assert document.parse(written, kind="action", registry=REGISTRY) == definition
    assert written["steps"][0]["branches"][0]["when"] == make_everything()["steps"][0]["branches"][0]["when"]  # type: ignore[index,call-overload]
    assert document.digest(document.parse(written, kind="action", registry=REGISTRY)) == document.digest(
        definition
    )


def test_defaults_are_filled_in() -> None:
    steps = [
        make_step("choice", "flow.split@1", branches=[]),
        make_step("each", "flow.loop@1", body=[]),
        make_step("wait", "flow.wait_for_event@1"),
    ]
    definition = document.parse(make_document(*steps), kind="action", registry=REGISTRY)

    assert [dict(step.inputs) for step in definition.steps] == [
        {"mode": "first"},
        {"limit": 100, "on_item_error": "stop"},
        {"unit": "seconds"},
    ]


# --- Whatever stands in it ---------------------------------------------------------------------------------
TEXTS = st.sampled_from(
    [
        *("", "a", "(", "1e999", "2026-11-25", "{{", "{{ now }}", "{{ loop.item }}", "{{ steps.b.output }}"),
        *(
            "{{ steps.a.error.code }}",
            "{{ secure.card }}",
            "{{ session.cart }}",
            "0190aaaa-0000-7000-8000-000000000002",
        ),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**29), 10**29) | st.floats(-1e29, 1e29) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "value", "amount", "unit", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)
RULE = st.fixed_dictionaries(
    {
        "left": VALUES,
        "op": st.sampled_from([*OPERATORS, "resembles"]),
        "right": VALUES | st.sampled_from(UNITS),
    }
)
GROUP = st.one_of(*(st.fixed_dictionaries({mode: st.lists(RULE, max_size=3)}) for mode in ("all", "any")))


@st.composite
def steps(draw: Any) -> list[JSON]:
    found: list[JSON] = []
    for slug in draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=4)):
        known = draw(st.sampled_from(FLOW))
        inputs = {field.name: draw(VALUES) for field in known.action.fields if draw(st.booleans())}
        step = make_step(slug, known.ref, inputs=inputs)
        if known.action.key == "split":
            branch = make_branch(f"one{slug}", make_step(f"inner_{slug}", "flow.stop@1"), when=draw(GROUP))
            step["branches"] = [branch, make_branch(f"two{slug}", otherwise=draw(st.booleans()))]
        if known.action.key == "loop":
            step["body"] = found[:1]
            found = found[1:]
        found.append(step)
    return found


@settings(max_examples=300, deadline=None)
@given(steps(), st.sampled_from(["action", "post_conversation"]))
def test_any_flow_step_is_judged_and_never_fatal(chain: list[JSON], kind: str) -> None:
    definition = document.parse(make_document(*chain), kind=kind, registry=REGISTRY)
    vocabulary = make_vocabulary()

    for problem in check.check(definition, registry=REGISTRY, vocabulary=vocabulary):
        assert problem.message
        assert problem.path.startswith(("steps", "settings"))
    for step in definition.steps:
        reach.reachable(definition, step.id, registry=REGISTRY, vocabulary=vocabulary, samples={})
        for branch in step.branches:
            assert isinstance(rule_words.words(branch.when), str)
