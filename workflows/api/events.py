"""Events over the API: what a *Wait for an event* step waits for, by its signed address."""

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Body, Router, Schema
from pydantic import JsonValue

from workflows.services import waking
from workspaces.api.refused import Refused, not_found
from workspaces.api.shapes import ERRORS, Error, Shown

router = Router(tags=["Events"])

LARGEST_BYTES = 64 * 1024


class Delivered(Schema):
    status: Literal["received"]


@router.post("/events/{token}", auth=None, response={200: Delivered, ERRORS: Error})
def post_event(request: HttpRequest, token: str, payload: Annotated[JsonValue, Body()] = None) -> Shown:
    """Resumes the run that the address belongs to; the body becomes the step's output. No key is needed:
    whoever has the address may answer. The same answer twice, before the run has gone on, counts once.
    """
    if len(request.body) > LARGEST_BYTES:
        raise Refused(413, "too_large", "An event may have 64 KB at most.")
    if not waking.deliver(token, payload):
        raise not_found()
    return {"status": "received"}
