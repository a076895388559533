"""PostgreSQL and Valkey of the fault tests' own, so that they may be killed: `python -m … <folder>`.

Says where they are on one line of JSON. What dies is started again, as in a stack; `<folder>/paused/valkey`
keeps one down, and PostgreSQL gets the environment in `<folder>/clock.json` from its next start on. Ends with
its standard input.
"""

import json
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from config.stack import postgres, valkey
from config.stack.family import family
from config.stack.places import Places


def main(folder: str) -> None:
    clock = Path(folder) / "clock.json"
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    with family(Places(Path(folder))) as members:
        found = {"database": postgres.start(members, hasty=True), "redis": valkey.start(members)}
        print(json.dumps(found), flush=True)
        server, plain = members.children[0], members.children[0].program
        while True:
            more = json.loads(clock.read_text()) if clock.exists() else {}
            server.program = replace(plain, env={**plain.env, **more})
            members.tend()
            time.sleep(0.02)


def _end_with_the_tests() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), 15)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(0)
