"""How much of a turn is ours? Open chats over websockets, a steady rate, a model that answers at once.

200 chats are open and 20 messages are sent a second, while 1,000 further sockets only listen. A turn is timed
from the frame that is sent to the frame that says it is over; the model takes next to none of it. Judged: p95
below 60 ms, no message lost, memory flat. Web has a process for each of two cores, as it is deployed; the
client and PostgreSQL run on the same.

`./run bench chats`: some two minutes. `BENCH_QUICK=1 ./run bench chats`: a tenth of it.
"""

import asyncio
import json
import os
import resource
import time
from dataclasses import dataclass, field
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - the models need Django
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from websockets.asyncio.client import ClientConnection, connect  # noqa: E402
from websockets.typing import Origin  # noqa: E402

from bench import _cost, _live  # noqa: E402
from bench._outside import REPLY, STREAMED, instant_server  # noqa: E402
from bench._table import ms, row  # noqa: E402
from bench._workflows import BY  # noqa: E402
from conversations.models import Conversation, Message  # noqa: E402
from conversations.services import trying  # noqa: E402
from workflows.models import Agent  # noqa: E402
from workflows.services import agents  # noqa: E402
from workspaces.ids import uuid7  # noqa: E402
from workspaces.models import Membership, Role, User, Workspace  # noqa: E402

QUICK = 10 if os.environ.get("BENCH_QUICK") == "1" else 1


def size(name: str, usual: int) -> int:
    return int(os.environ.get(f"BENCH_{name}", usual // QUICK))


CHATS, IDLE, SECONDS = size("CHATS", 200), size("IDLE", 1_000), size("SECONDS", 60)
RATE = size("RATE", 20)
PROCESSES = int(os.environ.get("BENCH_PROCESSES", "2"))
"""Of web."""
EACH = 20
"""Sockets of one person: more are refused."""
LONGEST_S = 20.0


@dataclass
class Talk:
    """One chat, and how long its turns took."""

    path: str
    cookie: str
    turns: list[float] = field(default_factory=list)
    lost: int = 0
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    socket: ClientConnection | None = None


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    workspace = Workspace.objects.create(slug=f"bench-{uuid7().hex[-8:]}", name="Bench")
    agent = agents.create(workspace, "Bench", by=BY)
    agent.draft["model"] = {"provider": "openai"}
    agent.save(update_fields=["draft"])
    talks = [Talk(*one) for one in chats(workspace, agent, CHATS)]
    idle = [Talk(*one) for one in chats(workspace, agent, IDLE)]
    with instant_server(STREAMED) as model:
        allowed = (
            f"{os.environ.get('OUTBOUND_ALLOW', '')},{model.removeprefix('http://').replace(':', '/32:')}"
        )
        model_of = {"LLM_BASE_URL": f"{model}/v1", "LLM_API_KEY": "bench", "LLM_MODEL": "instant"}
        chosen = {"OUTBOUND_ALLOW": allowed.strip(","), **model_of}
        with _live.web("celery", processes=PROCESSES, **chosen) as (address, pid):
            asyncio.run(measure(address, pid, talks, idle))
    check_stored(agent, sent=sum(len(talk.turns) + talk.lost for talk in talks))


def chats(workspace: Workspace, agent: Agent, count: int) -> list[tuple[str, str]]:
    """Path and cookie of each; a person has so many as they may have sockets."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    found = []
    for number in range(count):
        if number % EACH == 0:
            user = User.objects.create_user(email=f"{uuid7().hex}@bench.example", password=None, name="Bench")
            Membership.objects.create(workspace=workspace, user=user, role=Role.TESTER)
            session = store()
            session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session.save()
        held = Conversation.objects.create(
            workspace=workspace,
            agent=agent,
            kind="test",
            edition="draft",
            channel="chat",
            metadata={trying.MEMBER: str(user.pk)},
            started_at=workspace.created_at,
        )
        cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
        found.append((f"/ws/chat/{held.pk}/", cookie))
    return found


async def measure(address: str, pid: int, talks: list[Talk], idle: list[Talk]) -> None:
    await open_all(address, idle)
    readers = [asyncio.create_task(drain(talk)) for talk in idle]
    await open_all(address, talks)
    await load(talks, seconds=max(3, SECONDS // 6))  # everything is loaded, every pool filled
    for talk in talks:
        talk.turns.clear()
    before, spent = _cost.resident_mb(pid), _cost.Cost(_cost.of_stack(web=pid))
    begun = time.perf_counter()
    await load(talks, seconds=SECONDS)
    took = time.perf_counter() - begun
    show(talks, took, before, _cost.resident_mb(pid), spent)
    alive = sum(not reader.done() for reader in readers)
    row("idle sockets still open", f"{alive} of {len(idle)}")
    for reader in readers:
        reader.cancel()


async def open_all(address: str, talks: list[Talk]) -> None:
    few = asyncio.Semaphore(20)

    async def open_one(talk: Talk) -> None:
        async with few:
            headers = {"Cookie": talk.cookie}
            url = f"ws://{address}{talk.path}"
            talk.socket = await connect(
                url,
                origin=Origin(f"http://{address}"),
                additional_headers=headers,
                open_timeout=60,
                ping_interval=None,
            )

    await asyncio.gather(*(open_one(talk) for talk in talks))


async def drain(talk: Talk) -> None:
    assert talk.socket
    async for _ in talk.socket:
        pass


async def load(talks: list[Talk], *, seconds: int) -> None:
    """At a steady rate, whatever the answers take: a slow server gets no mercy."""
    turns = []
    begun = time.perf_counter()
    for number in range(seconds * RATE):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        turns.append(asyncio.create_task(turn(talks[number % len(talks)], number)))
    await asyncio.gather(*turns)


async def turn(talk: Talk, number: int) -> None:
    assert talk.socket
    begun, seen = time.perf_counter(), ""
    try:
        async with talk.one_at_a_time, asyncio.timeout(LONGEST_S):
            await talk.socket.send(json.dumps({"text": f"Message {number}", "key": uuid7().hex}))
            while REPLY not in seen or 'id="chat-tail"' not in seen.rpartition(REPLY)[2]:
                seen += str(await talk.socket.recv())
    except TimeoutError:
        talk.lost += 1
    else:
        talk.turns.append(time.perf_counter() - begun)


def show(talks: list[Talk], took: float, before: float, after: float, spent: _cost.Cost) -> None:
    turns = [one for talk in talks for one in talk.turns]
    lost = sum(talk.lost for talk in talks)
    each = spent.per(len(turns))
    print(f"\nChats  {len(talks)} open, {RATE} messages a second for {SECONDS} s; {IDLE} sockets only listen")
    row("", "p50 ms", "p95 ms", "p99 ms", "turns/s", "CPU ms/turn")
    rate = f"{len(turns) / took:.1f}"
    row("a turn, to its end", ms(turns, 50), ms(turns, 95), ms(turns, 99), rate, _cost.total(each))
    print(f"    CPU: {_cost.shares(each)}")
    row("messages without an answer", str(lost))
    row(f"memory of web, {PROCESSES} processes, MB: before, after", f"{before:.0f}", f"{after:.0f}")


def check_stored(agent: Agent, *, sent: int) -> None:
    """Counts what was sent after the warm-up, too: nothing may be missing, nothing twice."""
    rows = Message.objects.filter(conversation__agent=agent)
    heard, said = rows.filter(role="user").count(), rows.filter(role="agent", text=REPLY).count()
    row("stored: heard, answered", str(heard), str(said))
    if heard != said or heard < sent:
        raise RuntimeError(f"{sent} sent, {heard} heard, {said} answered")


if __name__ == "__main__":
    main()
