"""Fault test 17: PostgreSQL's disk is full, for its rows and for its log of changes; then it is not.

The long set: it needs the right to mount a small disk.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from uuid import UUID

import httpx
import pytest
from django.db import DatabaseError
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from config.stack import places
from connectors.declare import JSON
from tests.engine_faults import workloads
from tests.engine_faults.conftest import living
from tests.engine_faults.workloads import put
from tests.engine_faults.world.backing import forget_connections
from tests.engine_faults.world.judging import SECRET, SECRET_KEY
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.make import make_api_key, make_secret, make_workspace
from tests.support.runs import make_version, start_run
from workflows.models import Run, WorkflowVersion

SIZE = "192m"
LARGE = Random(17).randbytes(60_000).hex()
"""Of a run's input; it does not become smaller by being packed."""
REFUSED = 5


@pytest.fixture
def cramped(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker, settings: Settings
) -> Iterator[tuple[World, Path]]:
    """A world whose PostgreSQL keeps its files on a small disk, and that disk."""
    world = World(tmp_path)
    try:
        with world.servers.away() as files:
            _move_to_small_disk(files)
        with living(world, django_db_blocker, settings):
            yield world, files
    finally:
        world.stop()
        subprocess.run(["umount", "-l", files], check=False)


def _move_to_small_disk(files: Path) -> None:
    before = files.rename(files.with_name("before"))
    files.mkdir(mode=0o700)
    small = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(files)]
    mounted = subprocess.run(small, check=False, capture_output=True, text=True)
    if mounted.returncode:
        files.rmdir()
        before.rename(files)
        pytest.skip(f"A FULL DISK IS NOT TESTED: nothing may be mounted here: {mounted.stderr}")
    subprocess.run(["cp", "-a", f"{before}/.", files], check=True)


@contextmanager
def _full(disk: Path) -> Iterator[None]:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(100_000))
    try:
        yield
    finally:
        filler.unlink()


@pytest.mark.long
def test_a_full_disk_loses_nothing_that_was_acknowledged(cramped: tuple[World, Path]) -> None:
    world, disk = cramped
    workspace = make_workspace("faults")
    make_secret(workspace, SECRET_KEY, SECRET)
    _, key = make_api_key(workspace)
    box = workloads.mailbox(workspace, world.sink)
    works = [workloads.everything(workspace, world.sink, box, f"df{n}x") for n in range(5)]
    simple = make_version(workspace, put(world.sink, "one"), put(world.sink, "two"))
    live = make_version(workspace, put(world.sink, "live"), response={"a": "1"}, deadline_s=5)
    port = places.free_port()
    world.web(port, LIVE_EXECUTOR="inline")
    world.until_answers(port)
    world.workers(background=2, live=1, keep=True)
    acknowledged = [start_run(work.version) for work in works]

    with _full(disk):
        more, refused = _start_until_refused(simple)
        began = time.monotonic()
        answer = _call(port, key, live.workflow_id)
        assert time.monotonic() - began < 30
        time.sleep(3)  # workers find out too
    forget_connections()
    ended = world.ended(*acknowledged, *more, seconds=180)

    assert refused == REFUSED
    assert {run.status for run in ended} == {"succeeded"}
    if answer < 300:  # what was said to be stored is
        assert Run.objects.filter(workflow=live.workflow).exists()
    waiting.until(
        lambda: not Run.objects.filter(finished_at=None).exists(), seconds=120, what="all else has ended"
    )
    world.check()


def _start_until_refused(version: WorkflowVersion) -> tuple[list[UUID], int]:
    """What was acknowledged, and how often that was not."""
    made: list[UUID] = []
    refused = 0
    until = time.monotonic() + 120
    while refused < REFUSED and time.monotonic() < until:
        given: dict[str, JSON] = {"action": {"large": LARGE}}
        try:
            made.append(start_run(version, key=f"large {len(made)} {refused}", input=given))
        except DatabaseError:
            refused += 1
            forget_connections()
            time.sleep(0.5)
    return made, refused


def _call(port: int, key: str, workflow_id: UUID) -> int:
    """The answer's status: any, but there is one."""
    address = f"http://127.0.0.1:{port}/api/v1/workflows/{workflow_id}/runs"
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(address, json={"input": {}, "wait": 5}, headers=headers, timeout=30).status_code
