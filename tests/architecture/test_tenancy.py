"""Every row belongs to a workspace, and the web has one way to its rows: `in_workspace`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model

from tests.support.make import make_workspace
from workspaces.models import User, Workspace

ROOT = Path(__file__).parents[2]
OURS = ("workspaces", "connectors", "workflows", "conversations", "builder", "config")
SHARED: set[type[Model]] = {User, Workspace}
"""A person may be in several workspaces, and a workspace is in none."""
JOURNAL = {"StepRun"}
"""The engine alone writes it, by SQL; it is reached through its run."""

MODELS = [model for app in OURS for model in apps.get_app_config(app).get_models() if model not in SHARED]
WEB = sorted(
    path
    for app in OURS
    for pattern in ("views/**/*.py", "views.py", "api/**/*.py", "api.py", "consumers.py")
    for path in (ROOT / app).glob(pattern)
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_belongs_to_a_workspace(model: type[Model]) -> None:
    columns = {field.attname: field for field in model._meta.concrete_fields}

    assert "workspace_id" in columns
    assert not columns["workspace_id"].null


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.__name__ not in JOURNAL], ids=lambda model: model.__name__
)
def test_every_model_can_be_narrowed_to_a_workspace(model: type[Model], db: None) -> None:
    assert list(model.objects.in_workspace(make_workspace())) == []  # type: ignore[attr-defined]


def unbound(path: Path) -> Iterator[str]:
    """Every query of a tenant's rows that is bound neither to a workspace nor to an object."""
    tenants = {model.__name__: model for model in MODELS}
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr="objects"), attr=method),
                keywords=keywords,
            ) if name in tenants and method != "in_workspace":
                parents = {field.name for field in tenants[name]._meta.concrete_fields if field.is_relation}
                binding = parents | {"workspace_id", "workspace__memberships__user"}
                if not binding & {keyword.arg for keyword in keywords}:
                    yield f"{node.lineno}: {ast.unparse(node)}"


def test_pages_api_and_websockets_ask_within_a_workspace_only() -> None:
    assert WEB
    assert {str(path): found for path in WEB if (found := list(unbound(path)))} == {}


def test_the_search_for_unbound_queries_finds_one(tmp_path: Path) -> None:
    (tmp_path / "views.py").write_text("secret = Secret.objects.get(pk=secret_id)")

    assert list(unbound(tmp_path / "views.py")) == ["1: Secret.objects.get(pk=secret_id)"]
