"""The demo model in talks as people have them: what is said, then what it answers or does.

`->` is a call, `=>` an outcome, `~` a part of what it says; everything else is said word for word.
"""

import re
from typing import Any

import pytest

from connectors.declare import JSON
from connectors.llm.port import LEAVE, Outcome
from tests.connectors.llm.talks import Talk, failed, make_tool, ok

NUMBER: dict[str, JSON] = {"type": "integer", "description": "The number on the receipt, such as 1042."}
LOOK_UP = make_tool(
    "look_up_order",
    "Find out where an order is and when it arrives. Use it when asked about an order.",
    returns=(
        ("found", "boolean", "Whether there is such an order."),
        ("status", "string", "Where the order is now."),
        ("eta", "string", "The day it should arrive, if it is on its way."),
    ),
    order_number=NUMBER,
)
REFUND = make_tool(
    "refund_order",
    "Pay an order back after the person confirmed its number.",
    writes=True,
    returns=(
        ("refund_id", "string", "The number of the refund."),
        ("amount", "number", "The amount paid back, in euros."),
    ),
    order_number=NUMBER,
)
BOOK = make_tool(
    "book_call",
    "Book a call with a colleague.",
    writes=True,
    returns=(("starts_at", "string", "When the call takes place."),),
    starts_at={"type": "string", "description": "Day and time of the call."},
    phone={"type": "string", "description": "The number to call."},
)
PLAN = make_tool(
    "change_plan",
    "Change the subscription plan of the customer.",
    plan={"type": "string", "enum": ["basic", "premium", "family plus"]},
    email={"type": "string"},
    keep_number={"type": "boolean", "description": "Keep the old number."},
)
SHOP = (LOOK_UP, REFUND, BOOK, PLAN)


def looked_up(arguments: dict[str, Any]) -> dict[str, JSON]:
    if arguments["order_number"] == 9999:
        return ok(found=False, status=None, eta=None)
    return ok(found=True, status="in transit", eta="2026-11-27")


def refunded(arguments: dict[str, Any]) -> dict[str, JSON]:
    if arguments["order_number"] == 9999:
        return failed("The refund did not work just now.")
    return ok(refund_id="re_1", amount=104.0)


ANSWERS = {
    "look_up_order": looked_up,
    "refund_order": refunded,
    "book_call": lambda arguments: ok(starts_at=arguments["starts_at"]),
}
IN_TRANSIT = "Order 1042 is in transit. It should arrive on Friday, 27 November."
PAID_BACK = "Done. The number of the refund is re_1. The amount paid back is 104.00 euros."
ASK_NUMBER = "Sure. What is the order number?"

DIALOGUES = {
    "a question that holds all": [("Where is my order 1042?", "-> look_up_order 1042", IN_TRANSIT)],
    "a number in words": [
        ("where's my parcel", ASK_NUMBER),
        ("ten forty-two", "-> look_up_order 1042", IN_TRANSIT),
    ],
    "digit by digit": [
        ("track my order", ASK_NUMBER),
        ("it's one zero four two", "-> look_up_order 1042", IN_TRANSIT),
    ],
    "a number in full": [
        ("has it shipped?", ASK_NUMBER),
        ("one thousand forty-two", "-> look_up_order 1042"),
    ],
    "a slip of the keyboard": [("i want a refnud", ASK_NUMBER)],
    "a write is confirmed": [
        ("I want my money back for order 1043, the lamp arrived broken", "Shall I refund order 1043?"),
        ("yes please", "-> refund_order 1043", PAID_BACK),
    ],
    "a wrong number, corrected before": [
        ("refund order 1034", "Shall I refund order 1034?"),
        ("no, 1043", "Shall I refund order 1043?"),
        ("yes", "-> refund_order 1043", PAID_BACK),
    ],
    "a wrong number, corrected after": [
        ("refund 9999", "Shall I refund order 9999?"),
        ("yes", "-> refund_order 9999", "~If the order number was wrong, tell me the right one."),
        ("sorry, I meant ten forty-three", "Shall I refund order 1043?"),
        ("go ahead", "-> refund_order 1043", PAID_BACK),
    ],
    "not this but that": [
        ("refund 1034", "Shall I refund order 1034?"),
        ("not 1034 but 1043", "Shall I refund order 1043?"),
    ],
    "an order that is not there": [
        (
            "track 9999",
            "-> look_up_order 9999",
            "I could not find order 9999. Could you check the order number?",
        ),
        ("1042", "-> look_up_order 1042", IN_TRANSIT),
    ],
    "a no": [
        ("refund 1034", "Shall I refund order 1034?"),
        ("no", "All right, I will not do that. If the order number is wrong, tell me the right one."),
        ("1043", "Shall I refund order 1043?"),
    ],
    "the number is known already": [
        ("where is order 1042?", "-> look_up_order 1042", IN_TRANSIT),
        ("ok, I want my money back then", "Shall I refund order 1042?"),
    ],
    "another order is asked for": [
        ("where is order 1042?", "-> look_up_order 1042", IN_TRANSIT),
        ("and where is my other order?", ASK_NUMBER),
    ],
    "unsure what is meant": [
        ("order 1042", "Would you like me to find out where an order is or pay an order back?"),
        ("the second one", "Shall I refund order 1042?"),
    ],
    "what is asked for is unclear": [
        ("refund", ASK_NUMBER),
        (
            "what do you mean?",
            "No problem. What is the order number? (The number on the receipt, such as 1042.)",
        ),
        ("1043", "Shall I refund order 1043?"),
    ],
    "not a number": [
        ("refund", ASK_NUMBER),
        ("the blue one", "~I need a whole number for that."),
        ("pretty please", "~I need a whole number for that."),
        ("hmm", "~Let us leave that for now."),
    ],
    "never mind": [("refund please", ASK_NUMBER), ("never mind", "~All right, let us leave it.")],
    "something else meanwhile": [
        ("refund please", ASK_NUMBER),
        ("wait, where is order 1042?", "-> look_up_order 1042", IN_TRANSIT),
    ],
    "one thing at a time": [
        ("book a call", "Sure. Which day and time would suit you?"),
        ("tomorrow at 3pm", "What is your phone number?"),
        ("nope", "~That does not look like a phone number."),
        (
            "+49 30 901820",
            "~(starts at Thursday, 26 November at 15:00, phone +4930901820)?",
        ),
        (
            "yes",
            "-> book_call 2026-11-26T15:00:00+00:00 +4930901820",
            "~It starts at Thursday, 26 November at 15:00.",
        ),
    ],
    "choices, addresses, yes and no": [
        ("change my plan", "Sure. Which plan is it: basic, premium or family plus?"),
        ("gold", "~That is not one of the choices."),
        ("the family one", "What is your e-mail address?"),
        ("jonas dot weber at mail dot example", "Keep number: yes or no?"),
        ("yes", "-> change_plan family plus jonas.weber@mail.example True"),
    ],
    "small talk": [
        ("hi", "Hello! How can I help you?"),
        ("how are you?", "I am fine, thank you. How can I help you?"),
        ("are you a robot?", "~an automated assistant running on the demo model"),
        ("thanks", "You are welcome. Is there anything else I can do for you?"),
        ("bye", "Goodbye, and have a good day!"),
    ],
    "what it cannot do": [
        (
            "what's the weather like?",
            "~I am afraid I cannot help with that. I can find out where an order is",
        ),
        ("sing me a song", "~I am sorry, I still do not understand."),
        ("can I talk to a human", "~I cannot put you through to a person from here."),
        ("what can you do?", "~I can find out where an order is, pay an order back"),
    ],
}


@pytest.mark.parametrize("dialogue", DIALOGUES.values(), ids=DIALOGUES)
def test_a_talk(dialogue: list[tuple[str, ...]]) -> None:
    talk = Talk(SHOP, ANSWERS)

    for said, *expected in dialogue:
        happened = heard(talk, said)
        for wanted in expected:
            assert matches(wanted, happened), f"{said!r}: {wanted!r} is not in {happened}"


def heard(talk: Talk, said: str) -> list[str]:
    calls_before, took_before = len(talk.calls), len(talk.took)
    reply = talk.say(said)
    calls = [f"-> {name} {' '.join(map(str, given.values()))}" for name, given in talk.calls[calls_before:]]
    return [*calls, *(f"=> {key}" for key in talk.took[took_before:]), reply]


def matches(wanted: str, happened: list[str]) -> bool:
    return any(wanted[1:] in one for one in happened) if wanted.startswith("~") else wanted in happened


# --- In a flow ---------------------------------------------------------------------------------------------
def outcome(key: str, name: str, description: str = "") -> Outcome:
    return Outcome(key=key, name=name, description=description)


NEED = (
    outcome("return", "Return", "They want to send something back."),
    outcome("status", "Order status", "They ask where an order is."),
    outcome("refund", "Refund", "They want their money back."),
    outcome("person", "Ask for a person", "They want a human."),
    outcome("bye", "Goodbye", "They need nothing more."),
)
ELSE = (
    outcome("yes", "Yes", "They have another question or wish."),
    outcome("no", "No", "They need nothing more."),
)


@pytest.mark.parametrize(
    ("said", "outcomes", "took"),
    [
        ("where is my order 1042", NEED, "status"),
        ("I want my money back", NEED, "refund"),
        ("how do I send it back?", NEED, "return"),
        ("can I speak to a real person please", NEED, "person"),
        ("ok bye", NEED, "bye"),
        ("yes", ELSE, "yes"),
        ("no thanks", ELSE, "no"),
        ("nope, that's all", ELSE, "no"),
        ("what's the meaning of life", ELSE, "yes"),
    ],
)
def test_an_outcome_is_taken_for_what_is_said(said: str, outcomes: tuple[Outcome, ...], took: str) -> None:
    talk = Talk((), outcomes=outcomes)

    talk.say(said)

    assert talk.took == [took]


@pytest.mark.parametrize(
    ("instructions", "said"),
    [
        ("Ask whether there is anything else.", "Is there anything else?"),
        ("Greet them and be kind. Find out what they need.", "How can I help you?"),
        ("Explain that returns are free within 30 days.", "Returns are free within 30 days."),
        ("Tell them that their order is late. Apologise.", "Your order is late. I am sorry about that."),
        ("Ask for the postcode.", "What is the postcode?"),
        ("Ask which colour they like.", "Which colour do you like?"),
        ("Say “Welcome to Northwind!”", "Welcome to Northwind!"),
    ],
)
def test_instructions_are_said_as_far_as_they_say_it_themselves(instructions: str, said: str) -> None:
    assert Talk((), instructions=instructions, was_just_entered=True).say("") == said


@pytest.mark.parametrize(
    "instructions",
    [
        "Where an order is, @look_up_order knows; to pay an order back there is @refund_order.",
        "Use @look_up_order for questions about where an order is and @refund_order to pay it back.",
        "Where an order is, @look_up_order knows, money back is for @refund_order.",
    ],
)
@pytest.mark.parametrize(
    ("said", "done"),
    [
        ("tell me where my order 1042 is", "-> look_up_order 1042"),
        ("Can you tell me if 1042 has shipped?", "-> look_up_order 1042"),
        ("I want my money back for 1042", "Shall I refund order 1042?"),
    ],
)
def test_what_instructions_say_of_one_tool_is_not_taken_for_another(
    instructions: str, said: str, done: str
) -> None:
    assert heard(Talk(SHOP, ANSWERS, instructions=instructions), said)[0] == done


def test_a_part_for_one_tool_is_left_when_the_person_wants_something_else() -> None:
    leave = outcome(LEAVE, "Something else")
    talk = Talk((REFUND,), ANSWERS, outcomes=(leave,), has_to_call="refund_order")

    assert talk.say("I want a refund") == ASK_NUMBER
    assert talk.say("oh, never mind") == "All right, let us leave it."
    assert talk.took == [LEAVE]


def test_a_part_for_one_tool_finds_what_was_said_before() -> None:
    talk = Talk((LOOK_UP,), ANSWERS)
    talk.say("it is about 1042")
    talk.has_to_call = "look_up_order"

    assert heard(talk, "where is it?")[0] == "-> look_up_order 1042"


def test_an_argument_that_was_refused_is_asked_for_again() -> None:
    refused = failed("order_number must be an integer", "bad_arguments")
    talk = Talk((LOOK_UP,), {"look_up_order": lambda _: refused})

    assert re.match("I need a whole number.* What is the order number", talk.say("where is order 1042"))
