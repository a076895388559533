"""What does the demo model say when nothing is to be done? Small talk, what the flow's instructions spell
out, and a plain no.
"""

import re
from collections.abc import Sequence

from connectors.llm.demo import wording, words
from connectors.llm.port import Brief, Tool

HOW_CAN_I_HELP = "How can I help you?"
ANYTHING_ELSE = "Is there anything else I can do for you?"
_GREETING = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|hallo|greetings)\b[\w ,!.]{0,20}$"
)
_HOW_ARE_YOU = re.compile(r"\bhow are you\b|\bhow is it going\b|\bhow do you do\b")
_WHO = re.compile(
    r"\bwho are you\b|\bwhat is your name\b|\bare you (?:a |an )?"
    r"(?:bot|robot|human|real|machine|ai|person|computer)\b"
)
_WHAT_CAN = re.compile(
    r"\bwhat (?:can|could|do) you (?:do|offer|help)\b|\bhow can you help\b|^help[.!? ]*$"
    r"|\bwhat are my options\b"
)
_THANKS = re.compile(
    r"\b(?:thanks|thank you|thx|cheers|much appreciated)\b|^(?:great|perfect|nice|awesome|super|cool)\b"
)
_BYE = re.compile(
    r"\b(?:bye|goodbye|see you|farewell|have a (?:nice|good|great) (?:day|one|evening|weekend))\b"
    r"|^that (?:is|was) (?:all|it|everything)\b"
    r"|^(?:no|nope),? (?:thanks|thank you|that is (?:all|it|everything))"
)
_SORRY = re.compile(
    r"\b(?:annoy|angry|terrible|horrible|awful|ridiculous|unacceptable|frustrat|useless|worst)\w*\b"
)


def is_bye(text: str) -> bool:
    return bool(_BYE.search(words.normal(text)))


def is_thanks(text: str) -> bool:
    return bool(_THANKS.search(words.normal(text)))


def small(text: str, brief: Brief, tools: Sequence[Tool]) -> str:
    """Empty: it is none."""
    plain = words.normal(text)
    name = brief.agent.partition(",")[0].strip()
    if _WHO.search(plain):
        who = f"I am {name}, " if name else "I am "
        return f"{who}an automated assistant running on the demo model. {HOW_CAN_I_HELP}"
    if _WHAT_CAN.search(plain):
        return offer(tools)
    if _HOW_ARE_YOU.search(plain):
        return f"I am fine, thank you. {HOW_CAN_I_HELP}"
    if _BYE.search(plain):
        return "You are welcome. Goodbye!" if _THANKS.search(plain) else "Goodbye, and have a good day!"
    if _GREETING.match(plain):
        return f"Hello! {HOW_CAN_I_HELP}"
    if _THANKS.search(plain):
        return f"You are welcome. {ANYTHING_ELSE}"
    if _SORRY.search(plain):
        return f"I am sorry about that. {offer(tools)}"
    return ""


def offer(tools: Sequence[Tool]) -> str:
    """What it can do, in the words of the tools' authors."""
    if not tools:
        return HOW_CAN_I_HELP
    return f"I can {wording.options([wording.in_short(tool) for tool in tools[:5]])}. What would you like?"


def refusal(tools: Sequence[Tool], *, again: bool) -> str:
    if again:
        return f"I am sorry, I still do not understand. {offer(tools)}"
    return f"I am afraid I cannot help with that. {offer(tools)}"


def no_person(tools: Sequence[Tool]) -> str:
    return f"I am sorry, I cannot put you through to a person from here. {offer(tools)}"


# --- What the instructions spell out -----------------------------------------------------------------------
_QUOTED = re.compile(r"[“\"]([^”\"]{2,300})[”\"]")
_THEM = r"(?:them|him|her|the (?:person|caller|customer|user|client|visitor|guest))"
_TELL = re.compile(
    rf"^(?:explain|say|mention|(?:tell|inform|remind) {_THEM}|let {_THEM} know)(?: to {_THEM})?,? that (.+)$",
    re.IGNORECASE,
)
_ASK_IF = re.compile(rf"^ask(?: {_THEM})? (?:whether|if) (.+)$", re.IGNORECASE)
_ASK_FOR = re.compile(rf"^ask(?: {_THEM})? for (.+)$", re.IGNORECASE)
_ASK_WHAT = re.compile(
    rf"^(?:ask|find out|learn|clarify)(?: {_THEM})? ((?:what|where|when|which|how|who|why)\b.+)$",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")


def opening(brief: Brief) -> str:
    """What is said when a node is entered: its instructions as far as they say it themselves."""
    lines = [
        line for part in _SENTENCES.split(brief.instructions) if (line := _spelled_out(part.strip(" -•")))
    ]
    if lines:
        return " ".join(list(dict.fromkeys(lines))[:3])
    return (
        f"{brief.place}" if brief.place.endswith("?") and len(brief.place.split()) > 2 else _by_place(brief)
    )


def _by_place(brief: Brief) -> str:
    place = brief.place.lower()
    return ANYTHING_ELSE if "anything else" in place or "something else" in place else ""


def _spelled_out(sentence: str) -> str:
    if not sentence or sentence.lower().startswith(
        ("if ", "when ", "unless ", "never ", "do not ", "don't ")
    ):
        return ""
    if quoted := _QUOTED.search(sentence):
        return quoted[1]
    sentence = sentence.rstrip(".!")
    if told := _TELL.match(sentence):
        return _capital(wording.to_the_person(told[1])) + "."
    if asked := _ASK_IF.match(sentence):
        return _as_question(wording.to_the_person(asked[1]))
    if asked := _ASK_FOR.match(sentence):
        return f"What is {wording.to_the_person(asked[1])}?"
    if re.search(r"\bwhat (?:they|the \w+) (?:needs?|wants?)\b", sentence):
        return HOW_CAN_I_HELP
    if asked := _ASK_WHAT.match(sentence):
        return _turned(wording.to_the_person(asked[1]))
    if re.match(r"apologi[sz]e", sentence, re.IGNORECASE):
        return "I am sorry about that."
    if re.match(rf"thank {_THEM}", sentence, re.IGNORECASE):
        return "Thank you."
    return ""


_BE_FIRST = re.compile(
    r"^(there|it|this|that|you|everything|all) (is|are|was|were|has|have|can|could|would)\b ?", re.IGNORECASE
)


def _as_question(clause: str) -> str:
    """`there is anything else` → Is there anything else?"""
    if turned := _BE_FIRST.match(clause):
        rest = clause[turned.end() :]
        return f"{_capital(turned[2].lower())} {turned[1].lower()} {rest}".strip() + "?"
    return f"Do {clause}?" if clause.lower().startswith("you ") else f"{_capital(clause)}?"


def _turned(clause: str) -> str:
    """`what you need` → What do you need?"""
    found = re.match(r"^(\w+(?: \w+)??) you (are|have|would|can|could)\b ?(.*)$", clause, re.IGNORECASE)
    if found:
        return f"{_capital(found[1])} {found[2].lower()} you {found[3]}".strip() + "?"
    found = re.match(r"^(\w+(?: \w+)??) you (.+)$", clause, re.IGNORECASE)
    return f"{_capital(found[1])} do you {found[2]}?" if found else f"{_capital(clause)}?"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
