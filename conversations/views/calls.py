"""What Twilio asks about a call: what to do with it, and how it goes on afterwards. Signed, or refused."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connectors import twilio
from conversations import inputs, twiml
from conversations.models import PhoneLine
from conversations.services import phone_lines, phoning
from conversations.services.phoning import Call
from workspaces import throttle

type View = Callable[[HttpRequest, PhoneLine], HttpResponse]

MOST_RETURNS = 3
"""How often a call whose line to us broke is taken up again."""


def own_address(path: str, *, socket: bool = False) -> str:
    """As Twilio knows it: behind a proxy a request does not say how it was addressed."""
    base = urlsplit(settings.BASE_URL)
    scheme = {"https": "wss", "http": "ws"}[base.scheme] if socket else base.scheme
    return urlunsplit((scheme, base.netloc, path, "", ""))


def from_twilio(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
    """403 without a good signature of the line's own account; nothing is read before."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def signed(request: HttpRequest, line_key: str) -> HttpResponse:
        line = phone_lines.find(line_key)
        if line is None:
            raise Http404
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
        signature = request.headers.get("X-Twilio-Signature", "")
        address = own_address(request.get_full_path())
        if not twilio.is_signed(address, fields, signature, phone_lines.token_of(line)):
            return HttpResponse("The signature does not fit.", status=403, content_type="text/plain")
        return view(request, line)

    return signed


@from_twilio
def voice(request: HttpRequest, line: PhoneLine) -> HttpResponse:
    """A call comes in, or one that was placed is answered."""
    return _relay(line, _call(request))


@from_twilio
def after(request: HttpRequest, line: PhoneLine) -> HttpResponse:
    """The agent's part is over: the call is transferred, taken up again, or hung up."""
    call = _call(request)
    held = phoning.find(line, call.sid)
    if held is None:
        return _xml(twiml.hang_up())
    has_broken = request.POST.get("SessionStatus") == "failed" and held.status == "open"
    if has_broken and throttle.may_do(f"call:{call.sid}", MOST_RETURNS):
        return _relay(line, call)
    if held.status == "open":
        phoning.hung_up(held)
    destination = phoning.transferred_to(held)
    return _xml(twiml.dial(destination) if destination else twiml.hang_up())


def _relay(line: PhoneLine, call: Call) -> HttpResponse:
    path = f"/calls/{line.public_key}/"
    described = inputs.described_now(line.agent)
    attributes = {
        "language": _language(described.language),
        "dtmfDetection": "true",
        "interruptible": "any",
    }
    if line.tts_provider:
        attributes |= {"ttsProvider": line.tts_provider}
    if line.voice:
        attributes |= {"voice": line.voice}
    return _xml(
        twiml.relay(
            socket=own_address(f"/ws{path}", socket=True),
            after=own_address(f"{path}after/"),
            attributes=attributes,
            ticket=phoning.ticket(line, call),
        )
    )


def _call(request: HttpRequest) -> Call:
    text = {name: request.POST.get(name, "")[:100] for name in ("CallSid", "From", "To", "Direction")}
    return Call(text["CallSid"], text["From"], text["To"], text["Direction"].startswith("outbound"))


REGIONS = {
    "en": "en-US",
    "de": "de-DE",
    "fr": "fr-FR",
    "es": "es-ES",
    "it": "it-IT",
    "pt": "pt-BR",
    "nl": "nl-NL",
}
"""Twilio wants a region with the language."""


def _language(tag: str) -> str:
    return REGIONS.get(tag, tag)


def _xml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml; charset=utf-8")
