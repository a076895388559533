"""What do bodies, filters and lists look like? Strict in, plain JSON out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from ninja import Schema
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from workspaces.api.keys import ApiRequest
from workspaces.api.refused import Refused, not_found
from workspaces.errors import Problem
from workspaces.models import Tenant

type Id = Annotated[UUID, Field(strict=False)]


def _is_text(value: object) -> object:
    if isinstance(value, str):
        return value
    raise PydanticCustomError("string_type", "Input should be a text such as 2026-11-22T09:30:00Z")


def _in_utc(at: datetime) -> datetime:
    """Without a zone it is UTC. Far-away years are typing errors that PostgreSQL would not give back."""
    if not 1970 <= at.year <= 2200:
        raise PydanticCustomError("datetime_range", "The year should be between 1970 and 2200")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


type Moment = Annotated[datetime, Field(strict=False), BeforeValidator(_is_text), AfterValidator(_in_utc)]
type Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]
type Note = Annotated[str, Field(max_length=500)]
type Shown = dict[str, Any]
"""Plain JSON: ids and times as texts."""

ERRORS = frozenset({401, 403, 404, 409, 413, 415, 422, 429})
"""What every route may answer besides; for the description of the API."""


class Body(BaseModel):
    """Of a write: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(Body):
    """For writes that need no body and get none, or `{}`."""


NOTHING = Nothing()


class Filters(Schema):
    """Of a list; every list pages alike."""

    MOST: ClassVar[int] = 200

    limit: int = Field(50, ge=1, le=MOST)
    cursor: UUID | None = None


class Error(Schema):
    """How every refusal looks."""

    class Detail(Schema):
        class Problem(Schema):
            path: str
            code: str
            message: str

        code: str
        message: str
        problems: list[Problem] | None = None

    error: Detail


def reach[M: Tenant](rows: QuerySet[M], pk: UUID) -> M:
    """`rows` of the key's workspace. What is not among them does not exist, for this caller."""
    try:
        return rows.get(pk=pk)
    except ObjectDoesNotExist as missing:
        raise not_found() from missing


def listed[M: Model](
    request: ApiRequest, filters: Filters, rows: QuerySet[M], show: Callable[[M], Shown]
) -> Shown:
    """Newest first. Row ids are made in order of time, so the last one shown says where to go on."""
    refuse_unknown_filters(request, filters)
    if filters.cursor:
        rows = rows.filter(pk__lt=filters.cursor)
    found = list(rows.order_by("-pk")[: filters.limit + 1])
    page = found[: filters.limit]
    return {
        "items": [show(row) for row in page],
        "next_cursor": str(page[-1].pk) if len(found) > filters.limit else None,
    }


def refuse_unknown_filters(request: ApiRequest, filters: Filters) -> None:
    unknown = sorted(set(request.GET) - set(type(filters).model_fields))
    if unknown:
        problems = [Problem(name, "unknown_filter", "There is no filter of this name.") for name in unknown]
        raise Refused(422, "invalid", "A filter is unknown.", problems)


def instant(at: datetime | None) -> str | None:
    """ISO 8601, UTC, with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
