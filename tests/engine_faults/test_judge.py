"""The judge's own eyes: does it see when something came to the sink, and what lies open?"""

import smtplib
import socket
import time

import pytest
import redis

from tests.engine_faults.workloads import put
from tests.engine_faults.world.judging import SECRET
from tests.engine_faults.world.whole import World
from tests.support.runs import make_version, output_of, start_run, step_id
from workspaces.models import Workspace
from workspaces.vault.secret import MASK

PUT = b"PUT /ok/x HTTP/1.1\r\nHost: sink\r\nIdempotency-Key: put\r\nContent-Length: 2\r\n\r\n{}"
SLACK_S = 0.01


def test_what_comes_to_a_sink_that_sleeps_is_noted_with_the_time_at_which_it_came(world: World) -> None:
    mail = smtplib.SMTP("127.0.0.1", world.sink.smtp)
    mail.ehlo()
    mail.mail("a@example.com")
    mail.rcpt("ok@example.com")
    mail.docmd("DATA")
    with world.sink.asleep():
        began = time.time()
        mail.send(b"Message-ID: <mail@example.com>\r\n\r\nHello.\r\n.\r\n")
        request = socket.create_connection(("127.0.0.1", world.sink.http))
        request.sendall(PUT)
        sent = time.time()
        time.sleep(0.5)
    world.sink.expect(2)
    request.close()
    mail.close()

    for line in world.sink.lines():
        assert began - SLACK_S <= line["at"] <= sent + SLACK_S, line


def test_a_secret_that_lies_open_anywhere_is_found(world: World, workspace: Workspace) -> None:
    """Each step sends it and gets it back; the check of every fault test looks for it."""
    run_id = start_run(make_version(workspace, put(world.sink, "call")))
    world.workers(background=1)
    (run,) = world.ended(run_id)
    world.check()
    assert output_of(run, step_id("call"))["body"] == {"ok": True, "saw": MASK}

    log = world.folder / "some.log"
    run.steps.update(error=f"It said: {SECRET}")
    log.write_text(SECRET)
    with redis.Redis.from_url(world.servers.redis) as client:
        client.lpush("queue", SECRET)
    try:
        with pytest.raises(AssertionError) as found:
            world.check()
    finally:
        log.unlink()

    for place in ("table step_run", "some.log", "Valkey shows a secret under b'queue'"):
        assert place in str(found.value)
