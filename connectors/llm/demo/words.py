"""Which ideas are in a text? Words in one case and form, with those that mean the same made the same."""

import re
from functools import lru_cache

_CONTRACTIONS = {
    "i'm": "i am",
    "what's": "what is",
    "where's": "where is",
    "when's": "when is",
    "it's": "it is",
    "that's": "that is",
    "can't": "cannot",
    "won't": "will not",
    "don't": "do not",
    "doesn't": "does not",
    "didn't": "did not",
    "isn't": "is not",
    "hasn't": "has not",
    "haven't": "have not",
    "wasn't": "was not",
    "i'd": "i would",
    "i've": "i have",
    "let's": "let us",
    "wanna": "want to",
    "gonna": "going to",
    "pls": "please",
    "plz": "please",
    "thx": "thanks",
    "&": " and ",
}
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"\b(?:arrived?|came|delivered)(?: \w+)? (broken|damaged|defective|faulty|smashed)\b", "broken"),
    (r"\b(?:money|cash) back\b", "refund"),
    (r"\b(?:send|bring|take|ship|give)\b(?: \w+){0,3}? back\b", "return"),
    (r"\bpay(?:s|ing)?\b(?: \w+){1,3}? back\b", "refund"),
    (r"\b(?:paid|pay) back\b", "refund"),
    (r"\bcall (?:\w+ )?back\b", "callback"),
    (r"\b(?:real|actual|live|human) (?:person|being|human|agent|one)\b", "person"),
    (r"\b(?:customer (?:service|support)|help ?desk|support (?:team|line))\b", "person"),
    (r"\bin transit\b", "status"),
    (r"\bon (?:its|the) way\b", "status"),
    (r"\b(?:sign|log) ?in\b", "login"),
    (r"\b(?:sign|log) ?out\b", "logout"),
    (r"\b(?:sign|log)ed up\b|\bsign up\b", "register"),
    (r"\bset up\b", "create"),
    (r"\b(?:look|find|figure|check) (?:up|out)\b", "find"),
    (r"\bget rid of\b|\bcall off\b", "cancel"),
    (r"\bphone number\b|\bmobile number\b", "phone"),
    (r"\be-? ?mail(?: address)?\b", "email"),
    (r"\btext message\b", "sms"),
)
_GROUPS: dict[str, str] = {
    "refund": "refund reimburse reimbursement repay payback chargeback compensation compensate",
    "return": "return exchange replace replacement swap",
    "status": "status where track tracking trace locate location arrive arrival eta progress "
    "state whereabouts ship shipment deliver delivery dispatch courier",
    "order": "order purchase parcel package item buy bought",
    "cancel": "cancel cancellation scrap abort terminate withdraw unsubscribe stop drop",
    "book": "book booking reserve reservation schedule appointment slot arrange meeting demo viewing",
    "change": "change update modify edit correct amend adjust reschedule move alter",
    "create": "create open make add new file raise register submit start",
    "callback": "callback ring",
    "code": "code otp verification verify passcode pin",
    "sms": "sms text",
    "person": "person human representative operator colleague staff manager supervisor somebody someone "
    "employee advisor adviser support",
    "bill": "bill invoice receipt statement",
    "price": "price cost fee rate quote charge expensive cheap",
    "pay": "pay payment card",
    "broken": "broken damaged defective faulty crack cracked smashed broke",
    "problem": "problem issue trouble error fault wrong complaint complain",
    "find": "find search look check see get know tell show give lookup",
    "hours": "hours open opening close closing",
    "address": "address street postcode zip",
    "email": "email mail",
    "phone": "phone telephone mobile",
    "bye": "bye goodbye farewell",
    "thanks": "thanks thank thankful cheers appreciate",
    "question": "question ask",
    "weather": "weather forecast",
    "product": "product article goods",
    "account": "account profile",
    "password": "password",
    "customer": "customer client caller",
}
_STOP = frozenset(
    """a an the i me my mine we us our you your yours it its he she they them their his her this that these
    those talk speak is am are was were be been being do does did have has had will would shall should
    can could may might must of to in on at by for from with about into over after before as
    and or but so if then than too very just
    please hi hello hey ok okay well now here there what which who whom how when why not no yes
    want need like would let got get go going come like really actually also any some all one thing things
    use used using called name named number value whether such each other another more again still already
    up out off down""".split()  # noqa: SIM905
)
_KEPT_ALTHOUGH_SHORT = frozenset({"id"})
_WORD = re.compile(r"[a-z0-9][a-z0-9_'@.+-]*[a-z0-9]|[a-z0-9]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def normal(text: str) -> str:
    """Lower case, straight quotes, no contractions, one space between words."""
    text = text.replace("’", "'").replace("‘", "'").lower()
    for short, long in _CONTRACTIONS.items():
        text = re.sub(rf"(?<![\w']){re.escape(short)}(?![\w'])", long, text) if short in text else text
    return re.sub(r"\s+", " ", text).strip()


def spaced(name: str) -> str:
    """`refundOrder` and `refund_order` as people say it."""
    return re.sub(r"[_\-\s]+", " ", _CAMEL.sub(" ", name)).strip().lower()


@lru_cache(maxsize=4_096)
def ideas(text: str) -> tuple[str, ...]:
    """What it is about, in order, words without meaning left out."""
    plain = normal(text)
    for pattern, idea in _PHRASES:
        plain = re.sub(pattern, f" {idea} ", plain)
    found = (word.strip("'.-_+") for word in _WORD.findall(plain.replace("_", " ").replace("-", " ")))
    return tuple(idea for word in found if (idea := _idea(word)))


def _idea(word: str) -> str:
    if known := _IDEAS.get(word):
        return known
    if word in _STOP or word.isdigit() or (len(word) < 3 and word not in _KEPT_ALTHOUGH_SHORT):
        return ""
    root = stem(word)
    return _IDEAS.get(root) or root


def stem(word: str) -> str:
    """Light: enough for `orders`, `delivered` and `tracking` to meet their own."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ied", "y"), ("ed", ""), ("es", "e")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: len(word) - len(ending)] + instead
            break
    else:
        if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
            word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


_IDEAS = {
    form: idea for idea, group in _GROUPS.items() for word in group.split() for form in (word, stem(word))
}
