"""The web process: HTTP by Django, websockets by Channels."""

import asyncio
import contextvars
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import django
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import re_path, set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack  # noqa: E402 - needs the apps loaded
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from config import memory  # noqa: E402
from config.routing import signed, websockets  # noqa: E402

type Scope = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Mapping[str, Any]]]
type Send = Callable[[Mapping[str, Any]], Awaitable[None]]

AT_ONCE = 400
"""Requests in work. Most of so many wait for a run, which costs a thread and nothing else."""


class OneHopHandler(ASGIHandler):
    """A request hops to a thread once: signals, middlewares and the view run there, one after the other.

    Every view is synchronous. Django's own handler makes a thread for each request and hops between it and
    the event loop for each signal and middleware: several milliseconds, for nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="request")
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._in_work >= AT_ONCE:  # a refusal now is better than a queue without end
            busy = HttpResponse("Too many requests at once.\n", status=503, headers={"Retry-After": "1"})
            await self.send_response(busy, send)
            return
        self._in_work += 1
        try:
            body = await self.read_body(receive)
            response = await self._in_thread(self._answer, scope, body)
            if isinstance(response, StreamingHttpResponse) and not response.is_async:
                response.streaming_content = self._parts(iter(response))
            await self.send_response(response, send)
            if response.streaming:
                await self._in_thread(response.close)
        except RequestAborted:
            return
        finally:
            self._in_work -= 1

    async def _in_thread[T](self, call: Callable[..., T], *values: object) -> T:
        run = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._threads, run, call, *values)

    def _answer(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, unreadable = self.create_request(scope, body)
        response: Any = self.get_response(request) if request is not None else unreadable
        response._handler_class = self.__class__
        if response.streaming:
            close_old_connections()  # here, for the file is sent and closed by whatever thread is free
        else:
            response.close()
        answer: HttpResponseBase = response
        return answer

    async def _parts(self, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
        while part := await self._in_thread(next, parts, b""):
            yield part


of_pages = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websockets)))

application = ProtocolTypeRouter(
    {
        "http": OneHopHandler(),
        "websocket": URLRouter([*signed, re_path("", of_pages)]),
    }
)

memory.settle()
