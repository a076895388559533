"""What does a run cost? CPU time of every process that has a part in it, PostgreSQL's too, and their memory.

Read from /proc: unlike times on a clock, it hardly depends on what else the machine does. Empty elsewhere.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench._table import row

PROC = Path("/proc")
WORKING = ("web", "live", "background", "postgres", "valkey")


@dataclass
class Cost:
    """CPU milliseconds since it was made, by process; children count with their parents."""

    roots: Mapping[str, int]
    begun: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self._now()

    def per(self, runs: int) -> dict[str, float]:
        return {name: (total - self.begun[name]) / runs for name, total in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: sum(map(_cpu_ms, _family(root))) for name, root in self.roots.items()}


def of_stack(**others: int) -> dict[str, int]:
    """Name → process id; `others` stand beside the stack's own or in their place."""
    return {name: pid for name, pid in _children().items() if name in WORKING} | others


def resident_mb(pid: int) -> float:
    """Of a process and its children."""
    return sum(size[0] for member in _family(pid) if (size := _memory_mb(member)))


def is_running(name: str) -> bool:
    return (PROC / str(_children().get(name))).exists()


def total(found: Mapping[str, float]) -> str:
    return f"{sum(found.values()):.1f}" if PROC.exists() else ""


def shares(found: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.1f}" for name, share in found.items() if share >= 0.05)


def show_memory() -> None:
    print("\nMemory of each process after all this, MB")
    row("", "resident", "own share", "processes")
    for name, pid in _children().items():
        found = [size for member in _family(pid) if (size := _memory_mb(member))]
        if found:
            resident, own = (sum(sizes) for sizes in zip(*found, strict=True))
            row(name, f"{resident:.0f}", f"{own:.0f}", str(len(found)))


def _children() -> dict[str, int]:
    record = json.loads((Path(os.environ["VAR_DIR"]) / "stack.json").read_text())
    return dict(record["children"])


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in _listed(PROC / str(pid) / "task"):
        for child in _text(task / "children").split():
            yield from _family(int(child))


def _cpu_ms(pid: int) -> float:
    fields = _text(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _memory_mb(pid: int) -> tuple[float, float] | None:
    lines = (line.split() for line in _text(PROC / str(pid) / "smaps_rollup").splitlines()[1:])
    sizes = {line[0]: int(line[1]) / 1024 for line in lines if len(line) == 3}
    return (sizes["Rss:"], sizes["Pss:"]) if sizes else None


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # ended meanwhile, or no such system
        return ""
