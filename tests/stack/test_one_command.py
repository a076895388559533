"""What `./run` promises about starting, staying up and ending."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.stack import places
from tests.support import waiting
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_ready_means_that_web_and_the_workers_of_every_lane_answered(stack: Stack) -> None:
    answer = json.loads(stack.get("/readyz"))
    assert (answer["ready"], answer["waiting_for"], answer["workers_not_heard"]) == (True, [], [])
    assert stack.get("/healthz") == "ok\n"
    assert 'parley_worker_heartbeat_age_seconds{lane="live"}' in stack.get("/metrics")


def test_it_says_where_it_is_and_how_to_sign_in(stack: Stack) -> None:
    assert f"Parley is ready at {stack.url}/" in stack.said()
    assert "admin@example.com" in stack.said()


@pytest.mark.parametrize("name", ["web", "live", "background", "system", "postgres", "valkey"])
def test_a_child_that_dies_is_started_again(stack: Stack, name: str) -> None:
    stack.kill_child(name)

    assert f"{name} died (SIGKILL)" in stack.said()
    waiting.until(lambda: is_ready(stack), seconds=60, what="ready again")


def test_manage_beside_a_running_stack_uses_its_database_and_its_keys(stack: Stack) -> None:
    printed = stack.manage(
        "shell",
        "-v0",
        "-c",
        "from django.conf import settings as s; print(s.DATABASES['default']['HOST'], s.DEBUG)",
    )

    assert printed.split() == [str(places.sockets(stack.places)), "False"]


def test_a_taken_port_is_one_clear_line(stack: Stack, tmp_path: Path) -> None:
    refused = start_and_fail(stack.env | {"VAR_DIR": str(tmp_path)})

    assert (
        refused
        == f"Port {stack.port} is taken by another program. Stop it, or choose another port: PORT=8001 ./run"
    )


def test_a_second_start_in_the_same_place_is_one_clear_line(stack: Stack) -> None:
    assert start_and_fail(stack.env).startswith(f"Parley already runs from {stack.places.var}.")


def test_servers_that_do_not_answer_are_one_clear_line(stack: Stack, tmp_path: Path) -> None:
    place = {"VAR_DIR": str(tmp_path), "PORT": str(places.free_port())}
    gone = {"DATABASE_URL": f"postgresql:///gone?host={tmp_path}", "REDIS_URL": f"unix://{tmp_path}/gone"}

    assert start_and_fail(stack.env | place | gone).startswith("DATABASE_URL does not answer: ")


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_and_stop_work(tmp_path: Path) -> None:
    whole = Stack(tmp_path).start()

    whole.kill()

    waiting.until(whole.has_nothing_alive, seconds=15, what="every child has ended")
    whole.start()
    whole.stop()
    assert whole.has_nothing_alive()
    assert not whole.places.record.exists()


def is_ready(stack: Stack) -> bool:
    try:
        answer = json.loads(stack.get("/readyz"))
    except OSError:
        return False
    return bool(answer["ready"]) and not answer["workers_not_heard"]


def start_and_fail(env: dict[str, str]) -> str:
    """The last line it said; the exit code must not be 0."""
    ran = subprocess.run(
        [sys.executable, "-m", "config.stack", "serve"],
        cwd=places.ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    return ran.stderr.splitlines()[-1]
