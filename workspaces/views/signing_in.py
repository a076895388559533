"""Signing in and out."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from workspaces import throttle
from workspaces.errors import TooManyAttempts
from workspaces.forms import SignInForm
from workspaces.services import signing_in

UNKNOWN = "This e-mail address and password do not belong together. Check both and try again."
TOO_OFTEN = f"Too many tries. Wait {throttle.WINDOW_S // 60} minutes, then try again."


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect(_next(request)) if request.user.is_authenticated else _page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        user = signing_in.sign_in(request, form.cleaned_data["email"], form.cleaned_data["password"])
    except TooManyAttempts:
        form.add_error(None, TOO_OFTEN)
        response = _page(request, form, status=429)
        response["Retry-After"] = str(throttle.WINDOW_S)
        return response
    if user is None:
        form.add_error(None, UNKNOWN)
        return _page(request, form, status=422)
    return redirect(_next(request))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    signing_in.sign_out(request)
    return redirect(settings.LOGIN_URL)


@require_POST
def open_demo(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    if signing_in.sign_in_to_demo(request) is None:
        messages.error(request, "The demo workspace is not ready yet. Try again in a minute.")
        return redirect(settings.LOGIN_URL)
    return redirect("/")


def _page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": _next(request), "has_demo": settings.DEMO}
    return render(request, "workspaces/login.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Where the person wanted to go: only ever a page of this site."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else settings.LOGIN_REDIRECT_URL
