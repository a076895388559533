import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack import children
from config.stack.children import Child, Program
from config.stack.family import family
from config.stack.leftovers import try_lock
from config.stack.places import Places
from config.stack.terminal import Stop
from tests.support import waiting
from tests.support.stack import nobody_holds


@pytest.fixture
def tether(tmp_path: Path) -> Iterator[int]:
    descriptor = try_lock(tmp_path / "tether")
    assert descriptor is not None
    yield descriptor
    with contextlib.suppress(OSError):
        os.close(descriptor)


def make_child(tmp_path: Path, tether: int, code: str) -> Child:
    program = Program("child", [sys.executable, "-c", code], env={})
    child = Child(program, log=tmp_path, tether=tether)
    child.start()
    return child


def test_a_child_that_dies_is_started_again_ever_more_slowly_and_never_given_up(
    tmp_path: Path, tether: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(children, "LONGEST_WAIT_S", 0.05)
    child = make_child(tmp_path, tether, "print('last words'); raise SystemExit(3)")

    waiting.until(lambda: child.tend(paused=False) and child.deaths == 5, seconds=20, what="five deaths")

    assert "last words" in child.last_words()


def test_what_a_dead_child_had_started_goes_with_it(tmp_path: Path, tether: int) -> None:
    code = "import subprocess, sys; subprocess.Popen(['sleep', '600'], close_fds=False); sys.exit(1)"
    child = make_child(tmp_path, tether, code)

    waiting.until(lambda: child.tend(paused=False), seconds=10, what="its death is noticed")

    os.close(tether)
    waiting.until(lambda: nobody_holds(tmp_path / "tether"), seconds=5, what="all have ended")


def test_a_deaf_child_is_killed_when_patience_ends(tmp_path: Path, tether: int) -> None:
    code = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    child = make_child(tmp_path, tether, code)
    waiting.until(lambda: "deaf" in child.last_words(), seconds=10, what="it is deaf")

    child.ask_to_stop()
    assert not child.has_ended()
    child.ask_to_stop(patience_s=0)

    waiting.until(child.has_ended, seconds=5, what="ended")


def test_a_place_holds_one_stack_at_a_time(tmp_path: Path) -> None:
    at = Places(tmp_path).made()
    held = try_lock(at.lock)
    assert held is not None

    with pytest.raises(Stop, match="already runs"), family(at):
        pass
    os.close(held)
