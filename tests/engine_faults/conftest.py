"""What fault tests work with: one world for all of them, empty at the start of each."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from tests.engine_faults.world.apps import HARM
from tests.engine_faults.world.backing import pointed_at
from tests.engine_faults.world.judging import SECRET, SECRET_KEY
from tests.engine_faults.world.whole import HINT_AGE_S, MARGIN_S, World
from tests.support.make import make_secret, make_workspace
from tests.support.runs import apps, rung
from workspaces.models import Workspace

GUARDS = """
CREATE OR REPLACE FUNCTION ended_run_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(OLD) - '{input,result,error,hinted_at,pruned_at}'::text[])
     <> (to_jsonb(NEW) - '{input,result,error,hinted_at,pruned_at}'::text[]) THEN
    RAISE EXCEPTION 'I9: run % has ended and changes: % to %', OLD.id, to_jsonb(OLD), to_jsonb(NEW);
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION run_changes_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'I10: run % changes what it is', OLD.id;
END $$;
CREATE OR REPLACE TRIGGER ended_run_changes BEFORE UPDATE ON run FOR EACH ROW
  WHEN (OLD.status IN ('succeeded', 'failed', 'cancelled')) EXECUTE FUNCTION ended_run_changes();
CREATE OR REPLACE TRIGGER run_changes_identity BEFORE UPDATE ON run FOR EACH ROW
  WHEN ((OLD.version_id, OLD.trigger_key, OLD.root_run_id, OLD.workspace_id, OLD.number)
    IS DISTINCT FROM (NEW.version_id, NEW.trigger_key, NEW.root_run_id, NEW.workspace_id, NEW.number))
  EXECUTE FUNCTION run_changes_identity();
"""
"""I9 and I10 while they happen: the database refuses, and the worker's log says so."""


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("faults"))
    yield world
    world.stop()


@pytest.fixture
def world(_world: World, django_db_blocker: DjangoDbBlocker, settings: Settings) -> Iterator[World]:
    with living(_world, django_db_blocker, settings):
        yield _world


@contextmanager
def living(world: World, django_db_blocker: DjangoDbBlocker, settings: Settings) -> Iterator[None]:
    """This process works in it, and it begins and ends without rows, faults and workers."""
    settings.ENGINE_LEASE_MARGIN_S = MARGIN_S
    settings.ENGINE_HINT_AGE_S = HINT_AGE_S
    settings.REDIS_URL = world.servers.redis
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    world.faults.clear()
    with django_db_blocker.unblock(), pointed_at(world.servers.database), rung(), apps(HARM):
        _empty()
        world.sink.forget()
        world.servers.flush_valkey()
        yield
        world.faults.clear()
        world.kill_all()


def _empty() -> None:
    keep = {"django_migrations", "django_content_type", "auth_permission"}
    tables = [table for table in connection.introspection.table_names() if table not in keep]
    names = ", ".join(connection.ops.quote_name(table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        cursor.execute(GUARDS)


@pytest.fixture
def workspace(world: World) -> Workspace:
    """In the world's database; it has the secret that steps send."""
    made = make_workspace("faults")
    make_secret(made, SECRET_KEY, SECRET)
    return made
