"""The chat on customers' pages: the script that puts it there, its frame, and how a visitor comes in.

No cookie is read or set here: in somebody else's page there is none. What a visitor may do hangs on the
session's token alone, so nothing here needs protection against forged requests.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.csp import CSP, build_policy
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition, require_GET, require_POST, require_safe
from pydantic import Field, JsonValue, ValidationError

from conversations import origins
from conversations.models import Widget
from conversations.presenters.widget import WidgetFrame
from conversations.services import visiting, widgets
from conversations.services.visiting import Visit
from conversations.tokens import TokenRefused
from workflows.definition import wording
from workflows.errors import InputInvalid
from workspaces import throttle
from workspaces.api import strict_json
from workspaces.api.refused import Refused
from workspaces.api.shapes import Body
from workspaces.services import audit

SCRIPT = "js/widget.js"
SCRIPT_CACHED = "public, max-age=3600, stale-while-revalidate=86400"
"""Its address never changes: an hour after a new release every page has it."""
SETTINGS_CACHED = "public, max-age=60"
LARGEST_BODY = 32_000
MOST_WELCOMES, MOST_BEGUN = 300, 40
TOO_MANY = Refused(429, "rate_limited", "Too many chats from here. Wait a few minutes, then try again.")


type View = Callable[[HttpRequest, str], HttpResponse]


class Brought(Body):
    """What the page brings along."""

    variables: dict[str, JsonValue] = Field(default={})
    metadata: dict[str, JsonValue] = Field(default={})
    token: str = ""


# --- What a page loads -------------------------------------------------------------------------------------
@cache
def _script() -> tuple[bytes, str]:
    place = finders.find(SCRIPT)
    content = Path(str(place)).read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@require_safe
@condition(etag_func=lambda request: _script()[1])
def script(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(_script()[0], content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = SCRIPT_CACHED
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_GET
def look(request: HttpRequest, public_key: str) -> HttpResponse:
    """How the button looks. Told to pages that may show the widget, and to nobody else's scripts."""
    widget = _reach(public_key)
    origin = request.headers.get("Origin", "")
    if origin and not (origins.covers(widget.origins, origin) or _is_own(request, origin)):
        return JsonResponse({"error": "This page is not among the widget's origins."}, status=403)
    frame = WidgetFrame(widget)
    told = {
        "accent": widget.accent,
        "on_accent": frame.on_accent,
        "theme": widget.theme,
        "title": frame.title,
        "teaser": widget.teaser,
    }
    response = JsonResponse(told)
    response["Cache-Control"] = SETTINGS_CACHED
    response["Vary"] = "Origin"
    if origin:
        response["Access-Control-Allow-Origin"] = origin
    return response


@never_cache
@require_GET
@xframe_options_exempt
def frame(request: HttpRequest, public_key: str) -> HttpResponse:
    """The chat itself. The pages that may frame it stand in its policy; browsers hold to it."""
    widget = _reach(public_key)
    response = render(request, "conversations/widget.html", {"frame": WidgetFrame(widget)})
    policy: dict[str, Any] = settings.SECURE_CSP | {"frame-ancestors": [CSP.SELF, *widget.origins]}
    response["Content-Security-Policy"] = build_policy(policy)
    return response


# --- How a visitor comes in --------------------------------------------------------------------------------
def _asked_by_the_frame(answer: Callable[[Widget, Visit], dict[str, Any]], *, most: int) -> View:
    """`most` times from one network address in a quarter of an hour."""

    @csrf_exempt
    @require_POST
    @never_cache
    def endpoint(request: HttpRequest, public_key: str) -> HttpResponse:
        if not _is_own(request, request.headers.get("Origin", "")):
            return HttpResponse("Only the widget's own frame may ask.", status=403)
        try:
            widget = _reach(public_key)
            visit = _visit(request)
            if not throttle.may_do(f"widget:{answer.__name__}:{audit.ip_of(request)}", most):
                raise TOO_MANY
            return JsonResponse(answer(widget, visit))
        except TokenRefused as refused:
            return _refusal(Refused(403, "token_refused", str(refused)))
        except InputInvalid as invalid:
            return _refusal(Refused(422, "invalid", "The chat cannot begin.", invalid.problems))
        except Refused as refused:
            return _refusal(refused)

    return endpoint


def _welcome(widget: Widget, visit: Visit) -> dict[str, Any]:
    found = visiting.welcome(widget, visit)
    return {
        "greeting": found.greeting,
        "replies": found.replies,
        "is_strict": found.is_strict,
        "ignored": found.ignored,
    }


def _begin(widget: Widget, visit: Visit) -> dict[str, Any]:
    return {"session": visiting.begin(widget, visit)}


welcome = _asked_by_the_frame(_welcome, most=MOST_WELCOMES)
begin = _asked_by_the_frame(_begin, most=MOST_BEGUN)


def _visit(request: HttpRequest) -> Visit:
    if request.content_type != "application/json":
        raise Refused(415, "unsupported_media_type", "Send the body as application/json.")
    if len(request.body) > LARGEST_BODY:
        raise Refused(413, "too_large", "Variables and metadata may have 32 KB at most.")
    try:
        brought = Brought.model_validate(strict_json.loads(request.body))
    except ValidationError as error:
        problems = wording.problems_of(error.errors())
        raise Refused(422, "invalid", "Something in the settings is wrong.", problems) from error
    return Visit(variables=brought.variables, metadata=brought.metadata, token=brought.token)


def _refusal(refused: Refused) -> HttpResponse:
    return JsonResponse(refused.body(), status=refused.status)


def _reach(public_key: str) -> Widget:
    widget = widgets.find(public_key)
    if widget is None:
        raise Http404
    return widget


def _is_own(request: HttpRequest, origin: str) -> bool:
    return bool(origin) and urlsplit(origin).netloc == request.get_host()
