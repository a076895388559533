"""What may be said of a person from outside: over the API, by a signed token, by a customer's own server."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from workspaces.api.shapes import Body

type Line = Annotated[str, Field(max_length=320)]


def _is_time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("time_zone", "There is no time zone of this name") from None


type Zone = Annotated[Line, AfterValidator(_is_time_zone)]


class Customer(Body):
    id: Line | None = None
    name: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    time_zone: Zone | None = None
    """Such as Europe/Berlin: what is planned for this person is shown in it."""
