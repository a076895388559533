"""`./run bench`: measures on a fresh stack, so that no numbers owe anything to earlier data."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from config.stack import managing, places, serving
from config.stack.family import family
from config.stack.places import ROOT, Places
from config.stack.terminal import Stop


def bench(names: Sequence[str]) -> int:
    known = sorted(file.stem for file in (ROOT / "bench").glob("[a-z]*.py"))
    for name in names:
        if name not in known:
            raise Stop(f"There is no measurement {name!r}; there are: {', '.join(known)}.")
    for own in ("DATABASE_URL", "REDIS_URL"):  # somebody's data are no place to measure in
        os.environ.pop(own, None)
    parent = places.of_environment().made().var
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))
    try:
        return max([_measure(name, Places(folder)) for name in names or known], default=0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(name: str, at: Places) -> int:
    with family(at) as members:
        port = places.steady_port(at.var / "web.port")
        env = serving.bring_up(members, port, DEMO="0", OUTBOUND_ALLOW="127.0.0.1/32")
        return managing.foreground(
            members, [sys.executable, "-m", f"bench.{name}"], env | {"BENCH_URL": env["BASE_URL"]}
        )
