"""Where is the icon that browsers ask for by themselves, on pages that name none (the admin)?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    return redirect(static("icons/favicon.svg"))
