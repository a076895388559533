"""Which value did the person give? Found by what it looks like, never by asking a library to guess."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.declare import JSON
from connectors.llm.demo import dates, words
from connectors.llm.demo.slots import Slot, SlotKind

YES = re.compile(
    r"^(?:oh |ah |well |um |ok |okay |and )*(?:yes|yeah|yep|yup|sure|of course|correct|right|exactly|"
    r"please do|do it|go ahead|ok|okay|alright|all right|absolutely|definitely|confirmed?|affirmative|"
    r"that is (?:right|correct|it)|(?:it|that) is|y|fine|perfect|sounds good|please)\b"
)
NO = re.compile(
    r"^(?:oh |ah |well |um |ok |okay |sorry )*(?:no|nope|nah|not|never ?mind|do not|stop|wrong|incorrect|n|"
    r"negative|cancel|forget it|leave it|that is (?:not|wrong)|nothing)\b"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SPOKEN_EMAIL = re.compile(
    r"\b([\w]+(?:(?: dot | underscore | dash |[._-])[\w]+)*) at ([\w-]+(?: dot [\w-]+| ?\.[\w-]+)+)\b"
)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*(?![\w])")
_DIGITS = re.compile(r"(?<![\w.,@])#?(\d+(?:[ -]\d+)*)(?![\w@]|[.,]\d)")
_LEAD_IN = re.compile(
    r"^(?:(?:well|um|uh|so|sorry|hi|hello|ok|okay|yes|no|actually|please|it is|that is|that would be|this is|"
    r"i am|i mean|i meant|my name is|the name is|name is|call me|because|since|the reason is|make it|"
    r"it should be|should be|i would like|i want|i need)[,: ]+)+"
)
_NAMED = re.compile(
    r"\b(?:my name is|i am called|call me|this is|i am)\s+([A-Za-zÀ-ÿ][\w'À-ÿ-]+(?: [A-ZÀ-Þ][\w'À-ÿ-]+){0,2})"
)
_SMALL = {"a": "1", "an": "1", "one": "1", "single": "1", "couple": "2", "pair": "2", "dozen": "12"}


def is_yes(text: str) -> bool:
    return bool(YES.match(words.normal(text))) and not is_no(text)


def is_no(text: str) -> bool:
    return bool(NO.match(words.normal(text)))


def value(slot: Slot, text: str, *, was_asked: bool, now: datetime | None) -> JSON:
    """None when there is none, or what is there does not fit."""
    return _READERS[slot.kind](slot, text, was_asked, now)


# --- Numbers -----------------------------------------------------------------------------------------------
def in_digits(text: str) -> str:
    """Numbers that are words as digits: `one thousand and forty-two`."""
    from text_to_num import alpha2digit

    plain = words.normal(text)
    return alpha2digit(plain.replace(" and forty", " forty"), "en") if re.search(r"[a-z]", plain) else plain


def _integer(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    plain = dates.without_dates(in_digits(text)) or in_digits(text)
    if was_asked and (small := _SMALL.get(words.normal(text).strip(".! "))):
        return int(small)
    if re.search(r"\d[.,]\d{1,2}(?!\d)", plain) and was_asked and not slot.is_identifier:
        return None  # 2.5 is no whole number; better ask than round
    found = [_whole(match[1], slot) for match in _DIGITS.finditer(_without_thousands(plain))]
    if not found:
        return None
    if len(found) == 1:
        return int(found[0])
    fitting = [one for one in found if slot.digits and len(one) == slot.digits]
    return int(fitting[-1] if fitting else _beside_its_label(slot, plain) or max(found, key=len))


def _whole(digits: str, slot: Slot) -> str:
    return re.sub(r"\D", "", digits) if slot.is_identifier else digits.split()[0].split("-")[0]


def _without_thousands(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)


def _beside_its_label(slot: Slot, text: str) -> str:
    """The number after one of the words of its name: `order 1042`."""
    for word in slot.label.split():
        if found := re.search(rf"\b{re.escape(word)}\b(?: number| no\.?| id)?[:#\s]*(\d+)", text):
            return found[1]
    return ""


def _number(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    plain = dates.without_dates(in_digits(text)) or in_digits(text)
    found = _NUMBER.findall(plain)
    return _as_float(found[-1]) if found else None


def _as_float(written: str) -> JSON:
    """`1,299.50` and `12,50` alike: the last separator with one or two digits behind it is the point."""
    sign = -1 if written.startswith("-") else 1
    parts = re.split(r"[.,]", written.lstrip("+-"))
    if len(parts) == 1:
        return sign * int(parts[0])
    whole, rest = "".join(parts[:-1]), parts[-1]
    is_thousands = len(rest) == 3 and written.count(",") + written.count(".") >= 1 and "," in written
    amount = float(whole + rest) if is_thousands else float(f"{whole}.{rest}")
    return sign * (int(amount) if amount.is_integer() and is_thousands else amount)


# --- Other kinds -------------------------------------------------------------------------------------------
def _boolean(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    if not was_asked:
        return None
    if is_no(text):
        return False
    return True if is_yes(text) else None


def _enum(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    from rapidfuzz import fuzz

    plain = words.normal(text)
    scores: list[tuple[float, JSON]] = []
    for choice in slot.choices:
        label = words.spaced(str(choice))
        exact = 100.0 if re.search(rf"\b{re.escape(label)}\b", plain) else 0.0
        ideas = set(words.ideas(label))
        shared = 95.0 if ideas and ideas <= set(words.ideas(text)) else 0.0
        near = fuzz.token_set_ratio(label, plain) if was_asked else 0.0
        scores.append((max(exact, shared, near), choice))
    scores.sort(key=lambda one: -one[0])
    if not scores or scores[0][0] < 80:
        return _named_in_part(slot, text) if was_asked else None
    is_tie = len(scores) > 1 and scores[0][0] - scores[1][0] < 5 and scores[0][0] < 100
    return None if is_tie else scores[0][1]


def _named_in_part(slot: Slot, text: str) -> JSON:
    """“The family one”: what only one of the choices has."""
    said = set(words.ideas(text))
    named = [choice for choice in slot.choices if said & set(words.ideas(words.spaced(str(choice))))]
    return named[0] if len(named) == 1 else None


def _email(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    if found := _EMAIL.search(text):
        return found[0].rstrip(".").lower()
    if found := _SPOKEN_EMAIL.search(words.normal(text)):
        signs = {" dot ": ".", " underscore ": "_", " dash ": "-", " .": "."}
        name, host = found[1], found[2]
        for spoken, sign in signs.items():
            name, host = name.replace(spoken, sign), host.replace(spoken, sign)
        return f"{name}@{host}"
    return None


def _phone(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    import phonenumbers

    joined = re.sub(r"(?<=\d) (?=\d)", "", in_digits(text).replace("plus ", "+"))
    for region in (None, "US", "GB", "DE"):
        for match in phonenumbers.PhoneNumberMatcher(joined, region):
            written: str = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            return written
    return None


def _date(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    found = dates.find(in_digits_but_ordinals(text), now)
    return found.date().isoformat() if found else None


def _moment(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    found = dates.find(in_digits_but_ordinals(text), now)
    return found.isoformat() if found else None


def in_digits_but_ordinals(text: str) -> str:
    return words.normal(text)


def _name(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    if found := _NAMED.search(text):
        return _titled(found[1])
    return _titled(_stripped(text)) if was_asked and 0 < len(_stripped(text)) <= 80 else None


def _titled(name: str) -> str:
    return name if any(letter.isupper() for letter in name) else name.title()


def _text(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    if was_asked:
        return _stripped(text)[:2_000] or None
    if slot.is_identifier and (found := re.search(r"\b(?=\w*\d)[A-Za-z]*[-_]?\d[\w-]*\b", text)):
        return found[0]
    quoted = re.search(r"[“\"]([^”\"]{1,500})[”\"]", text)
    if quoted:
        return quoted[1]
    because = re.search(r"\b(?:because|since|as)\s+(.{3,300})$", text, re.IGNORECASE)
    is_reason = re.search(r"\b(?:reason|why|cause)\b", f"{slot.label} {slot.description.lower()}")
    return because[1].strip(" .!") if because and is_reason else None


def _stripped(text: str) -> str:
    start = len(text) - len(text.lstrip())
    lead = _LEAD_IN.match(words.normal(text))
    if lead and len(words.normal(text)) == len(text.strip()):
        start += lead.end()
    return text[start:].strip(" .!,;")


def _list(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    if not was_asked:
        return None
    return [part.strip() for part in re.split(r",|;|\band\b", _stripped(text)) if part.strip()] or None


def _nothing(slot: Slot, text: str, was_asked: bool, now: datetime | None) -> JSON:
    """An object is nothing that people say."""
    return None


_READERS: Mapping[SlotKind, Callable[[Slot, str, bool, datetime | None], JSON]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "enum": _enum,
    "email": _email,
    "phone": _phone,
    "date": _date,
    "moment": _moment,
    "name": _name,
    "text": _text,
    "list": _list,
    "object": _nothing,
}
