"""Which settings does every process of a stack get? What is set already, else what suits one machine."""

import os
import time

from config.stack import keys, places, postgres, valkey
from config.stack.family import Family
from config.stack.places import Places
from config.stack.terminal import step

WORKER_GRACE_S = "5"


def servers(family: Family, *, hasty: bool = False) -> dict[str, str]:
    """The environment, with PostgreSQL and Valkey: our own unless DATABASE_URL or REDIS_URL name others."""
    database, broker = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    with step("PostgreSQL"):
        if database:
            postgres.check(database)
        else:
            database = postgres.start(family, hasty=hasty)
    with step("Valkey"):
        if broker:
            valkey.check(broker)
        else:
            broker = valkey.start(family)
    family.env |= {"DATABASE_URL": database, "REDIS_URL": broker, "VAR_DIR": str(family.places.var)}
    return {**os.environ, **family.env}


def secure(at: Places, environment: dict[str, str]) -> dict[str, str]:
    """With this copy's own keys and DEBUG off; whatever the environment sets wins."""
    return {
        "DEBUG": "0",
        "DEMO": "1",
        **environment,
        "SECRET_KEY": keys.value(at, "SECRET_KEY"),
        "VAULT_KEYS": keys.value(at, "VAULT_KEYS"),
    }


def whole(family: Family, environment: dict[str, str], port: int) -> dict[str, str]:
    """What the processes of a serving stack agree on besides; `./run manage` gets the same."""
    chosen = {
        "DEMO": environment["DEMO"],
        "DEBUG": environment["DEBUG"],
        "PORT": str(port),
        "BASE_URL": environment.get("BASE_URL") or f"http://127.0.0.1:{port}",
        "STARTED_AT": f"{time.time():.3f}",
        "WORKER_GRACE_S": environment.get("WORKER_GRACE_S", WORKER_GRACE_S),
        "OUTBOUND_ALLOW": environment.get("OUTBOUND_ALLOW", ""),
    }
    if is_demo(environment):
        chosen |= _demo(family.places, environment)
    family.env |= chosen
    return environment | chosen


def is_demo(environment: dict[str, str]) -> bool:
    return environment["DEMO"] == "1"


def _demo(at: Places, environment: dict[str, str]) -> dict[str, str]:
    """The demo's mail catcher and ticket desk, and the only private addresses that steps may reach."""
    mail = f"127.0.0.1:{places.steady_port(at.var / 'mail.port')}"
    tickets = f"127.0.0.1:{places.steady_port(at.var / 'tickets.port')}"
    allowed = [
        environment.get("OUTBOUND_ALLOW", ""),
        *(address.replace(":", "/32:") for address in (mail, tickets)),
    ]
    return {
        "DEMO_MAIL": mail,
        "DEMO_TICKETS": tickets,
        "EMAIL_URL": environment.get("EMAIL_URL") or f"smtp://{mail}",
        "OUTBOUND_ALLOW": ",".join(filter(None, allowed)),
    }
