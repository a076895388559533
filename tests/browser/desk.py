"""A page of real components without an app behind it: what the front end's modules are tried on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    path: str
    label: str
    type: str
    sample: Any = None
    secure: bool = False
    optional: bool = False
    not_in: tuple[str, ...] = ()
    token: str = ""
    token_without_tags: str = ""

    @property
    def is_each(self) -> bool:
        return bool(self.token)


@dataclass(frozen=True)
class Group:
    label: str
    root: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class App:
    name: str
    icon: str = ""
    tone: str = ""


GROUPS = (
    Group(
        "1. Look up order",
        "steps",
        (
            Entry("steps.order.output", "Output", "object", {"email": "", "items": []}),
            Entry("steps.order.output.email", "E-mail", "string", "jonas@mail.example"),
            Entry("steps.order.output.items", "Items", "array", [1, 2]),
            Entry("steps.order.output.items.first", "First item", "integer", 1),
            Entry(
                "steps.order.output.items[…]",
                "Each item",
                "integer",
                token="{% for item in steps.order.output.items %}{{ item }}\n{% endfor %}",
                token_without_tags="{{ steps.order.output.items | join: ', ' }}",
            ),
            Entry(
                "steps.order.output.items[…].name",
                "Name",
                "string",
                token="{% for item in steps.order.output.items %}{{ item.name }}\n{% endfor %}",
            ),
        ),
    ),
    Group("Conversation", "conversation", (Entry("conversation.channel", "Channel", "string", "chat"),)),
    Group("This run", "run", (Entry("run.number", "Number", "integer", 7, not_in=("when",)),)),
    Group("Secrets", "secrets", (Entry("secrets.TOKEN", "TOKEN", "string", secure=True),)),
)


def template(name: str) -> Any:
    """Beside this module: these are no templates of the product."""
    return engines["django"].from_string((HERE / name).read_text())


def desk(request: HttpRequest, step: str = "1") -> HttpResponse:
    context = {"groups": GROUPS, "step": step, "body": "Hi {{ conversation.channel }}", "app": App("Orders")}
    panel = template("desk_panel.html")
    if request.headers.get("HX-Request"):
        return HttpResponse(panel.render(context, request))
    return HttpResponse(template("desk.html").render({**context, "panel": panel.template}, request))


def save(request: HttpRequest) -> HttpResponse:
    if "refuse" in request.POST["path"]:
        return HttpResponse('<p class="err" data-focus tabindex="-1">Not valid.</p>', status=422)
    return HttpResponse('<p>Kept.</p><p id="live" role="status" hx-swap-oob="true">Step saved to draft</p>')


def question(request: HttpRequest) -> HttpResponse:
    return HttpResponse(template("desk_question.html").render({}, request))


def menu(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        '<ul class="menu"><li><a href="/desk/1">Rename</a></li><li><a href="/desk/1">Delete</a></li></ul>'
    )


def expired(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Sign in", status=401, headers={"HX-Trigger": "session-expired"})


def elsewhere(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<title>Elsewhere</title>")


urlpatterns = [
    path("", include("config.urls")),
    path("desk/<str:step>", desk),
    path("save", save),
    path("question", question),
    path("menu", menu),
    path("expired", expired),
    path("elsewhere", elsewhere),
]
