"""The servers that a fault test may kill, and this process's own connection to them."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import redis
from django.db import DatabaseError, connection

from config import database as databases
from tests.engine_faults.world.processes import Process
from tests.engine_faults.world.proxy import Proxy
from tests.support import waiting


class Servers:
    """PostgreSQL and Valkey of our own. What is killed comes back by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = Process("tests.engine_faults.world.serve", folder, log=folder.with_suffix(".log"))
        found = json.loads(self._process.line())
        self.database: str = found["database"]
        self.redis: str = found["redis"]
        with psycopg.connect(self.database, autocommit=True) as direct:
            # Servers of tests are in a hurry, but what is committed must be there after a kill.
            direct.execute("ALTER DATABASE parley SET synchronous_commit = on")

    @property
    def database_socket(self) -> str:
        return parse_qs(urlsplit(self.database).query)["host"][0] + "/.s.PGSQL.5432"

    @property
    def redis_socket(self) -> str:
        return self.redis.removeprefix("unix://")

    def over_tcp(self, proxy: Proxy) -> str:
        """PostgreSQL's address behind the proxy."""
        parts = urlsplit(self.database)
        return f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{proxy.port}{parts.path}"

    def restart_postgres(self, how: signal.Signals) -> None:
        """SIGINT: as `pg_ctl restart -m fast`; SIGQUIT: `-m immediate`; SIGKILL: the machine's OOM killer."""
        before = self._pid("postgres")
        os.kill(before, how)
        waiting.until(
            lambda: self._pid("postgres") != before and self._answers(), seconds=60, what="PostgreSQL is back"
        )
        forget_connections()

    @contextmanager
    def away(self) -> Iterator[Path]:
        """PostgreSQL is stopped, and its files may be moved."""
        paused = self.folder / "paused" / "postgres"
        paused.touch()
        waiting.until(lambda: self._children()["postgres"] is None, seconds=60, what="PostgreSQL is gone")
        try:
            yield self.folder / "postgres"
        finally:
            paused.unlink()
        waiting.until(self._answers, seconds=60, what="PostgreSQL is back")
        forget_connections()

    def set_clock(self, environment: dict[str, str] | None) -> None:
        """PostgreSQL goes on with this environment, or with its own again."""
        clock = self.folder / "clock.json"
        if environment is None:
            clock.unlink(missing_ok=True)
        else:
            fresh = clock.with_suffix(".new")
            fresh.write_text(json.dumps(environment))
            fresh.rename(clock)
        time.sleep(0.2)  # it is looked at many times a second
        self.restart_postgres(signal.SIGINT)

    def kill_valkey(self) -> None:
        """Gone until `start_valkey`."""
        (self.folder / "paused" / "valkey").touch()
        os.kill(self._pid("valkey"), signal.SIGKILL)
        waiting.until(lambda: self._children()["valkey"] is None, seconds=10, what="Valkey is gone")

    def start_valkey(self) -> None:
        (self.folder / "paused" / "valkey").unlink(missing_ok=True)

        def answers() -> bool:
            with suppress(redis.RedisError), redis.Redis.from_url(self.redis) as client:
                return bool(client.ping())
            return False

        waiting.until(answers, seconds=20, what="Valkey is back")

    def flush_valkey(self) -> None:
        with redis.Redis.from_url(self.redis) as client:
            client.flushall()

    def stop(self) -> None:
        self._process.stop()

    def _children(self) -> dict[str, int | None]:
        with suppress(ValueError):  # while it is being written
            return dict(json.loads((self.folder / "stack.json").read_text())["children"])
        return self._children()

    def _pid(self, name: str) -> int:
        return int(waiting.until(lambda: self._children()[name], seconds=20, what=f"{name} runs") or 0)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.database, connect_timeout=5):
            return True
        return False


@contextmanager
def pointed_at(database: str) -> Iterator[None]:
    """This process's own connection, on the fault tests' database."""
    before = dict(connection.settings_dict)
    _repoint(databases.of(database, pool_size=4))
    try:
        yield
    finally:
        _repoint(before)


def _repoint(settings: dict[str, Any]) -> None:
    forget_connections()
    connection.settings_dict.update(settings)


def forget_connections() -> None:
    with suppress(DatabaseError):
        connection.close()
    connection.connection = None
    connection.close_pool()  # type: ignore[attr-defined]
