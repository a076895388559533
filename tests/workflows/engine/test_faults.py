"""Fault points do what the file says, once or the n-th time, and nothing at all without a file."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from workflows.engine import faults


def _file(folder: Path, *told: dict[str, Any]) -> Path:
    file = folder / "faults.json"
    file.write_text(json.dumps(told))
    return file


def _raised(hits: faults._Faults, point: str, path: str = "") -> bool:
    try:
        hits(point, path)
    except faults.Fault:
        return True
    return False


def _process(file: Path, *, points: int) -> int:
    """The exit code of a process that passes F5 so many times."""
    told = f"from workflows.engine import faults\nfor _ in range({points}): faults.hit('F5', 's_a')"
    env = os.environ | {"FAULT_FILE": str(file)}
    return subprocess.run([sys.executable, "-c", told], env=env, check=False).returncode


def test_without_a_file_in_the_environment_a_point_does_nothing() -> None:
    assert faults.hit is faults._nothing


def test_a_file_may_come_after_the_process(tmp_path: Path) -> None:
    hits = faults._Faults(tmp_path / "faults.json")
    assert not _raised(hits, "F2")

    _file(tmp_path, {"point": "F2", "do": "raise"})

    assert _raised(hits, "F2")


def test_a_fault_happens_once_unless_told_otherwise(tmp_path: Path) -> None:
    hits = faults._Faults(
        _file(
            tmp_path,
            {"point": "F2", "do": "raise"},
            {"point": "F6", "do": "raise", "nth": 2, "times": 2},
        )
    )

    assert [_raised(hits, "F2") for _ in range(3)] == [True, False, False]
    assert [_raised(hits, "F6") for _ in range(4)] == [False, True, True, False]


def test_a_fault_may_wait_for_one_step(tmp_path: Path) -> None:
    hits = faults._Faults(_file(tmp_path, {"point": "F5", "do": "raise", "path": "s_b"}))

    assert [_raised(hits, "F5", path) for path in ("s_a", "s_b", "s_b")] == [False, True, False]


def test_a_killed_process_s_successor_lives(tmp_path: Path) -> None:
    file = _file(tmp_path, {"point": "F5", "do": "kill", "nth": 2})

    assert _process(file, points=5) == -signal.SIGKILL
    assert _process(file, points=5) == 0
    done = [json.loads(line) for line in (tmp_path / "faults.json.done").read_text().splitlines()]
    assert [(fault["point"], fault["path"], fault["do"]) for fault in done] == [("F5", "s_a", "kill")]
