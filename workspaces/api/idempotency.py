"""Was this write made before? The first answer to an `Idempotency-Key` is kept for 48 hours."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from ninja.responses import Status

from workspaces.api.keys import ApiRequest
from workspaces.api.refused import Refused
from workspaces.models import IdempotentAnswer

KEPT = timedelta(hours=48)
GIVEN_UP = timedelta(minutes=5)
"""A first call that has not answered by then died with its process (the longest wait is two minutes)."""
FORM = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")
READS = ("GET", "HEAD", "OPTIONS")


def once(view: Callable[..., Any]) -> Callable[..., Any]:
    """Around every route, after the key and the body were found good: what was refused may be tried again."""

    @wraps(view)
    def answered(request: ApiRequest, **values: Any) -> Any:
        key = key_of(request)
        if key is None:
            return view(request, **values)
        mine, stored = _claim(request, key)
        if stored is not None:
            return _again(stored, mine)
        try:
            result = view(request, **values)
        except BaseException:
            mine.delete()
            raise
        status, body = (result.status_code, result.value) if isinstance(result, Status) else (200, result)
        mine.status, mine.body = status, body
        mine.save(update_fields=["status", "body"])
        return result

    return answered


def key_of(request: ApiRequest) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method in READS or getattr(request, "auth", None) is None:
        return None  # without a caller there is nobody whose answer could be kept
    if not FORM.fullmatch(key):
        message = "An Idempotency-Key has 1 to 255 printable ASCII characters."
        raise Refused(422, "bad_idempotency_key", message)
    return key


def _claim(request: ApiRequest, key: str) -> tuple[IdempotentAnswer, IdempotentAnswer | None]:
    """Ours to answer (None), or the answer that is there."""
    mine = IdempotentAnswer(
        workspace=request.auth.workspace, api_key=request.auth, key=key, request_sha256=_digest(request)
    )
    answers = IdempotentAnswer.objects.in_workspace(request.auth.workspace).filter(key=key)
    now = timezone.now()
    answers.filter(Q(created_at__lt=now - KEPT) | Q(status=None, created_at__lt=now - GIVEN_UP)).delete()
    try:
        with transaction.atomic():
            mine.save(force_insert=True)
    except IntegrityError:
        return mine, answers.first() or _in_progress(mine)
    return mine, None


def _again(stored: IdempotentAnswer, mine: IdempotentAnswer) -> Status[Any]:
    if stored.request_sha256 != mine.request_sha256:
        message = "This Idempotency-Key was used for another request. Use a new one."
        raise Refused(422, "idempotency_key_reused", message)
    if stored.status is None:
        message = "The first call with this Idempotency-Key is still running. Try again in a moment."
        raise Refused(409, "in_progress", message, headers={"Retry-After": "1"})
    return Status(stored.status, stored.body)


def _in_progress(mine: IdempotentAnswer) -> IdempotentAnswer:
    """The first one was given up between our two statements: the caller tries again."""
    return IdempotentAnswer(request_sha256=mine.request_sha256, status=None)


def _digest(request: ApiRequest) -> str:
    start = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(start + request.body).hexdigest()
