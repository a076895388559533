"""Requests reach Django in one hop to a thread, and their answers arrive whole."""

import asyncio
import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config import asgi
from config.asgi import OneHopHandler
from tests.support import loops

SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "query_string": b"",
    "headers": [(b"host", b"testserver")],
}


def handler_of(view: Callable[[HttpRequest], HttpResponseBase]) -> OneHopHandler:
    handler = OneHopHandler()
    handler.get_response = view  # type: ignore[method-assign, assignment]
    return handler


async def ask(handler: OneHopHandler) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await handler(SCOPE, receive, send)
    return sent


def test_signals_and_view_share_one_thread_that_is_not_the_event_loops() -> None:
    threads = []

    def note(**_: object) -> None:
        threads.append(threading.get_ident())

    def view(_: HttpRequest) -> HttpResponse:
        note()
        return HttpResponse("here")

    request_started.connect(note)
    request_finished.connect(note)
    try:
        sent = loops.run(lambda: ask(handler_of(view)))
    finally:
        request_started.disconnect(note)
        request_finished.disconnect(note)

    assert sent[1]["body"] == b"here"
    assert len(threads) == 3
    assert len({*threads, threading.get_ident()}) == 2


def test_a_file_is_sent_in_pieces_and_closed() -> None:
    content = BytesIO(bytes(range(256)) * 1000)

    sent = loops.run(lambda: ask(handler_of(lambda _: FileResponse(content))))

    assert b"".join(message.get("body", b"") for message in sent) == bytes(range(256)) * 1000
    assert len(sent) > 3
    assert content.closed


def test_what_is_too_much_at_once_is_refused_and_not_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "AT_ONCE", 2)
    all_here = threading.Barrier(2)

    def view(_: HttpRequest) -> HttpResponse:
        all_here.wait(10)
        return HttpResponse("done")

    async def three() -> list[int]:
        handler = handler_of(view)
        first = asyncio.create_task(ask(handler))
        await asyncio.sleep(0)
        second = asyncio.create_task(ask(handler))
        third = asyncio.create_task(ask(handler))
        return [(await task)[0]["status"] for task in (first, second, third)]

    assert loops.run(three) == [200, 200, 503]
