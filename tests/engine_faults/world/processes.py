"""Programs of the tests in processes of their own, and who of them is alive."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]


class Process:
    """A Python program of the tests that answers on its standard output and ends with its input."""

    def __init__(
        self, module: str, *arguments: str | int | Path, env: dict[str, str] | None = None, log: Path
    ) -> None:
        words = [sys.executable, "-m", module, *map(str, arguments)]
        self.log = log
        with log.open("ab") as out:
            self.popen = subprocess.Popen(
                words,
                cwd=ROOT,
                env=os.environ | (env or {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
            )

    def line(self) -> str:
        assert self.popen.stdout
        said = self.popen.stdout.readline().decode()
        assert said, self.log.read_text()[-4000:]
        return said

    def ask(self, question: object) -> str:
        assert self.popen.stdin
        self.popen.stdin.write(json.dumps(question).encode() + b"\n")
        self.popen.stdin.flush()
        return self.line()

    def stop(self) -> None:
        assert self.popen.stdin
        self.popen.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(15)
        self.popen.kill()
        self.popen.wait()


def is_alive(pid: int) -> bool:
    """And no zombie, and not merely a process that has not been waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
