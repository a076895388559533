"""Did the person say yes? Only a plain yes counts: what is done cannot be undone. By words, button or key."""

import re

YES, NO = "Yes", "No"
"""The buttons; on a phone the keys 1 and 2."""
_YES = re.compile(
    r"(?:(?:oh|well|ok|okay|and|um),? )*"
    r"(?:1|y|yes|yeah|yep|yup|sure|of course|correct|go ahead|do it|please do|"
    r"ok|okay|confirm(?:ed)?|definitely|ja)"
    r"(?:,? (?:please|thanks|thank you|do it|do that|go ahead|that is right|that's right|it is|i am sure))*"
)
_NO = re.compile(
    r"(?:(?:oh|well|ok|okay|sorry|um),? )*"
    r"(?:2|n|no|nope|nah|stop|cancel|don't|do not|never ?mind|leave it|forget it|nein)"
    r"(?:,? (?:please|thanks|thank you|leave it|stop|don't|do not))*"
)


def is_yes(text: str) -> bool:
    return _is(_YES, text)


def is_no(text: str) -> bool:
    return _is(_NO, text)


def question(text: str, channel: str) -> str:
    """On a phone with how to answer."""
    return f"{text} Say yes or no, or press 1 or 2." if channel == "call" else text


def _is(pattern: re.Pattern[str], text: str) -> bool:
    plain = text[:200].casefold().replace("’", "'").strip(" \t\n.!")
    return bool(pattern.fullmatch(plain))
