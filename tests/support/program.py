"""A program that calls the API with a key, in the test's own process and transaction."""

import json
from typing import Any

from django.test import Client

from tests.support.make import make_api_key
from workspaces.models import Workspace

ROOT = "/api/v1"

type Answer = Any
"""The test client's response, with `json()`."""


class Program:
    def __init__(self, workspace: Workspace, *scopes: str) -> None:
        """With every scope unless some are named."""
        self.key, self._bearer = make_api_key(workspace, *scopes)
        self._client = Client(raise_request_exception=False)

    def get(self, path: str, **query: Any) -> Answer:
        return self.send("GET", path, **query)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, {} if body is None else body, headers=headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("PUT", path, body, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        body: Any = b"",
        *,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """`body`: JSON, or bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        extra = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        return self._client.generic(
            method,
            f"{ROOT}{path}",
            raw,
            content_type=content_type,
            query_params=query or None,
            headers={"Authorization": f"Bearer {self._bearer}", **extra},
        )


def error(response: Answer) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["error"]
    return found


def paths(response: Answer) -> list[str]:
    """Where the problems of a refusal are."""
    return [problem["path"] for problem in error(response).get("problems", [])]
