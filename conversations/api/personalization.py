"""What is known of somebody, pushed before they call."""

from typing import Annotated

from ninja import Router, Schema
from pydantic import Field, JsonValue

from conversations.services import personalizing
from workspaces.api.keys import RUN, ApiRequest
from workspaces.api.shapes import ERRORS, Body, Error, Shown

router = Router(tags=["Conversations"])


class Pushed(Body):
    phone_number: Annotated[str, Field(min_length=3, max_length=40)]
    variables: dict[str, JsonValue]


class Kept(Schema):
    phone_number: str = Field(description="As it is compared: in E.164.")


@router.post("/personalization", auth=RUN, response={200: Kept, ERRORS: Error})
def push(request: ApiRequest, payload: Pushed) -> Shown:
    """Variables for the next call of this number, whichever agent takes it: used once, within 30 days; the
    latest wins.
    """
    number = personalizing.push(request.auth.workspace, payload.phone_number, payload.variables)
    return {"phone_number": number}
