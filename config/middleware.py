"""What goes around every request? An id that logs and answers share, and JSON errors for programs."""

from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.id = uuid4().hex  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request.id):  # type: ignore[attr-defined]
            response = get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response

    return middleware


API = "/api/"
WORDS = {
    400: ("bad_request", "The request cannot be read."),
    404: ("not_found", "There is nothing here, or it is not yours."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "A body may have 1 MB at most."),
}


def json_errors(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """What Django itself refuses below /api/ (no such route, wrong method or host) in the API's own shape."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_ours = response.headers.get("Content-Type", "").startswith("application/json")
        if response.status_code < 400 or is_ours or not request.path.startswith(API):
            return response
        code, message = WORDS.get(response.status_code, ("internal", "Something went wrong on our side."))
        body = {"error": {"code": code, "message": message}}
        kept = {name: response[name] for name in ("Allow",) if name in response}
        return JsonResponse(body, status=response.status_code, headers=kept)

    return middleware
