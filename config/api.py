"""The HTTP API: one parser, one error shape, and the routers of all apps under /api/v1."""

import logging
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from connectors.api import router as connections
from connectors.errors import ConnectionInvalid
from conversations.api import router as conversations
from conversations.errors import ConversationError
from conversations.models import Conversation, ToolCall
from workflows.api import router as workflows
from workflows.definition import wording
from workflows.errors import (
    BadMoment,
    DefinitionInvalid,
    InputInvalid,
    NotAwaited,
    NotLive,
    NotPublished,
    NotRetryable,
    NotWaiting,
    StaleDraft,
    StepGone,
    WorkflowError,
    WrongKind,
)
from workflows.models import Run
from workspaces.api import strict_json
from workspaces.api.idempotency import once
from workspaces.api.refused import Refused, not_found
from workspaces.errors import Invalid, Problem

log = logging.getLogger("parley.api")


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise Refused(415, "unsupported_media_type", "Send the body as application/json.")
        return cast(dict[str, Any], strict_json.loads(request.body))


api = NinjaAPI(
    title="Parley",
    version="1",
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,  # config.api_docs serves both
    parser=StrictParser(),
    description="Build, publish and run the workflows of AI conversations.",
    servers=[{"url": settings.BASE_URL}],
)
api.add_decorator(once)
api.add_router("", workflows)
api.add_router("", connections)
api.add_router("", conversations)


def answer(request: HttpRequest, refused: Refused) -> HttpResponse:
    response = api.create_response(request, refused.body(), status=refused.status)
    for name, value in refused.headers.items():
        response[name] = value
    return response


@api.exception_handler(Refused)
def _on_refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return answer(request, error)


@api.exception_handler(HttpError)
def _on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja wraps what the parser raised."""
    cause = error.__cause__
    if isinstance(cause, Refused):
        return answer(request, cause)
    return answer(request, Refused(error.status_code, "refused", str(error)))


@api.exception_handler(Http404)
def _on_missing(request: HttpRequest, _error: Http404) -> HttpResponse:
    return answer(request, not_found())


@api.exception_handler(Conversation.DoesNotExist)
@api.exception_handler(ToolCall.DoesNotExist)
@api.exception_handler(Run.DoesNotExist)
def _on_erased(request: HttpRequest, _error: Exception) -> HttpResponse:
    """It was there when the request came in, and was erased while it went on."""
    return answer(request, not_found())


@api.exception_handler(RequestDataTooBig)
def _on_too_big(request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    return answer(request, Refused(413, "too_large", "A body may have 1 MB at most."))


@api.exception_handler(ValidationError)
def _on_invalid_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Paths begin in the body or the query, without our parameters' names. No id in a path leads nowhere."""
    if any(found["loc"][0] == "path" for found in error.errors):
        return answer(request, not_found())
    before = {"body": 2, "query": 1}
    inside = [{**found, "loc": found["loc"][before[found["loc"][0]] :]} for found in error.errors]
    problems = wording.problems_of(inside)
    return answer(request, Refused(422, "invalid", "Something in the request is wrong.", problems))


@api.exception_handler(WorkflowError)
def _on_workflow_error(request: HttpRequest, error: WorkflowError) -> HttpResponse:
    return answer(request, _refusal(error))


def _refusal(error: WorkflowError) -> Refused:
    match error:
        case DefinitionInvalid() | InputInvalid():
            return Refused(422, "invalid", "Something in the request is wrong.", error.problems)
        case StaleDraft():
            message = f"The draft is at revision {error.current_revision}."
            return Refused(409, "stale_draft", str(error), [Problem("revision", "stale", message)])
        case NotPublished():
            return Refused(409, "not_published", str(error))
        case NotLive():
            return Refused(409, "not_live", str(error))
        case NotAwaited():
            return Refused(409, "not_awaited", str(error))
        case StepGone():
            following = error.next_step
            told = [Problem("instead", "step_gone", following.id)] if following else []
            return Refused(409, "step_gone", str(error), told)
        case NotRetryable():
            return Refused(409, "not_retryable", str(error))
        case NotWaiting():
            return Refused(409, "not_waiting", str(error))
        case BadMoment():
            return Refused(422, "invalid", str(error), [Problem("until", "out_of_range", str(error))])
        case WrongKind():
            return Refused(422, "wrong_kind", str(error))
    raise error


@api.exception_handler(Invalid)
def _on_invalid(request: HttpRequest, error: Invalid) -> HttpResponse:
    return answer(request, Refused(422, "invalid", "Something in the request is wrong.", error.problems))


@api.exception_handler(ConnectionInvalid)
def _on_invalid_connection(request: HttpRequest, error: ConnectionInvalid) -> HttpResponse:
    return answer(request, Refused(422, "invalid", "Something in the request is wrong.", error.problems))


@api.exception_handler(ConversationError)
def _on_conversation_error(request: HttpRequest, error: ConversationError) -> HttpResponse:
    return answer(request, Refused(409, error.code, str(error)))


@api.exception_handler(Exception)
def _on_anything_else(request: HttpRequest, error: Exception) -> HttpResponse:
    """Our fault, never the caller's: logged in full, told in general."""
    log.error("an API call failed", exc_info=error)
    message = f"Something went wrong on our side. Tell us the request id {getattr(request, 'id', '')}."
    return answer(request, Refused(500, "internal", message))
