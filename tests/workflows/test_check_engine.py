"""`check_engine`: silent and 0 when all is well, else 1 and a list; it only reads."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.support.make import make_workspace
from tests.support.rows import fingerprint
from tests.support.runs import make_version, set_values, start_run
from workflows.engine.advancing import advance
from workflows.models import Run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> Run:
    run_id = start_run(make_version(make_workspace("checked"), set_values("before", a=1)))
    advance(run_id, "background")
    return Run.objects.get(pk=run_id)


def _check(*arguments: str) -> tuple[int, str]:
    """Its exit code and its list."""
    said = StringIO()
    try:
        call_command("check_engine", *arguments, stdout=said, stderr=StringIO())
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def test_it_is_silent_when_all_is_well(run: Run) -> None:
    before = fingerprint()

    assert _check() == (0, "")
    assert fingerprint() == before


def test_it_names_invariant_run_and_reason(run: Run) -> None:
    Run.objects.update(wait_reason="delay")

    assert _check() == (1, f"I9  run {run.pk}  is succeeded, and yet waits\n")


def test_it_can_be_bounded(run: Run) -> None:
    Run.objects.update(wait_reason="delay")

    assert _check("--since", "1h")[0] == 1
    assert _check("--since", timezone.now().isoformat()) == (0, "")
    with pytest.raises(CommandError, match="neither like 24h nor a time"):
        _check("--since", "yesterday")


def test_it_compares_with_what_the_world_saw(run: Run, tmp_path: Path) -> None:
    sink = tmp_path / "sink"
    sink.write_text(json.dumps({"key": "stranger", "at": 0, "body": ""}) + "\n")

    assert _check("--sink", str(sink)) == (1, "I4  -  the world saw key stranger, which no step has\n")


def test_a_long_list_is_cut_short() -> None:
    version = make_version(make_workspace("many"), set_values("before", a=1))
    for _ in range(205):
        start_run(version)
    Run.objects.update(status="cancelled", finished_at=None)

    code, said = _check()

    assert code == 1
    assert said.count("\n") == 201
    assert "and 5 more" in said
