"""What every page's shell shows: the signed-in member's workspace, role and navigation."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    return {}
