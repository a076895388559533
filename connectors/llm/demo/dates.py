"""Where in a text is a date? Spans are found by an own grammar; a library only reads what is in them.

Left to itself it finds a Wednesday in *we* and a month in *may*.
"""

import re
from datetime import datetime, timedelta

_DAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTHS = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_TIME = r"(?:\d{1,2}(?::\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}:\d{2}|noon|midnight|\d{1,2} o'?clock)"
_DATE = (
    r"(?:\d{4}-\d{2}-\d{2}"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
    rf"|{_DAY}(?: of)? {_MONTHS}(?:,? \d{{4}})?"
    rf"|{_MONTHS} {_DAY}(?:,? \d{{4}})?"
    r"|the day after tomorrow|today|tonight|tomorrow|yesterday"
    rf"|(?:next|this|last|coming|on)? ?{_DAYS}"
    r"|next week|next month"
    r"|in (?:\d+|a|an|one|two|three|four|five|six|seven|eight|nine|ten) (?:minute|hour|day|week|month)s?"
    r"|\d+ (?:day|week|month)s? ago)"
)
_SPAN = re.compile(
    rf"\b(?:(?P<time_first>{_TIME})(?: on)? (?P<date_after>{_DATE})"
    rf"|(?P<date>{_DATE})(?:,? (?:at |around |by )?(?P<time>{_TIME}))?"
    rf"|at (?P<only_time>{_TIME}))(?!\w)"
)


def without_dates(text: str) -> str:
    return _SPAN.sub(" ", text)


def find(text: str, now: datetime | None) -> datetime | None:
    """The first one, in the zone of `now`; what is not said (a year, a day) lies ahead."""
    span = _SPAN.search(text.lower())
    if span is None:
        return None
    base = now or datetime.now().astimezone()
    day = span["date"] or span["date_after"] or "today"
    found = _day(day.strip(), base)
    if found is None:
        return None
    return _at(found, span["time"] or span["time_first"] or span["only_time"] or "")


def _day(text: str, base: datetime) -> datetime | None:
    import dateparser

    if text == "the day after tomorrow":
        return _midnight(base) + timedelta(days=2)
    if text in ("next week", "next month"):
        return _midnight(base) + timedelta(days=7 if text == "next week" else 30)
    plain = re.sub(
        r"^(?:this|coming|on)\s+|tonight", lambda found: "today" if found[0] == "tonight" else "", text
    )
    plain = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th)?(?: of)?\b(?= [a-z])", r"\1", plain)
    order = "DMY" if "." in plain else "MDY"
    found: datetime | None = dateparser.parse(
        plain,
        languages=["en"],
        settings={
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": base.replace(tzinfo=None),
            "DATE_ORDER": order,
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )
    if found is None:
        return None
    at = found.replace(tzinfo=base.tzinfo)
    return at if re.search(r"\b(?:minute|hour)s?\b", plain) else _midnight(at)


def _at(day: datetime, time: str) -> datetime:
    if not time:
        return day
    if time in ("noon", "midnight"):
        return day.replace(hour=12 if time == "noon" else 0, minute=0)
    found = re.match(r"(\d{1,2})(?::(\d{2}))?", time)
    assert found
    hour, minute = int(found[1]), int(found[2] or 0)
    if re.search(r"p\.?m", time) and hour < 12:
        hour += 12
    if re.search(r"a\.?m", time) and hour == 12:
        hour = 0
    return day.replace(hour=min(hour, 23), minute=min(minute, 59), second=0, microsecond=0)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
