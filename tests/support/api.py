"""A program that uses Parley's API, as a customer's would."""

from collections.abc import Mapping
from typing import Any

import httpx


class Api:
    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
        )

    def get(self, path: str, **query: Any) -> Any:
        return self._body(self._client.get(path, params=query))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._body(self._client.post(path, json=body or {}))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._body(self._client.put(path, json=body))

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """For answers that are not a success."""
        return self._client.request(method, path, **options)

    # --- What journeys do over and over ------------------------------------------------------------------
    def make_agent(self, name: str, **fields: Any) -> str:
        """Its id. The document's other fields go into the draft, which is published."""
        agent = self.post("/agents", {"name": name, **fields})
        return str(agent["id"])

    def publish_workflow(self, agent: str, kind: str, document: Mapping[str, Any]) -> str:
        """Its id, once `document` is live."""
        name = document["settings"]["name"]
        made = self.post(
            f"/agents/{agent}/workflows", {"kind": kind, "name": name, "description": "For a test."}
        )
        path = f"/workflows/{made['id']}"
        changed = self.put(f"{path}/draft", {"revision": made["draft_revision"], "document": document})
        self.post(f"{path}/publish", {"revision": changed["draft_revision"]})
        return str(made["id"])

    def hold_conversation(
        self, agent: str, *, analysis: Mapping[str, Any] | None = None, **fields: Any
    ) -> str:
        """Started and ended; its id."""
        conversation = self.post("/conversations", {"agent": agent, "channel": "chat", **fields})
        self.post(f"/conversations/{conversation['id']}/end", {"analysis": analysis} if analysis else {})
        return str(conversation["id"])

    @staticmethod
    def _body(answer: httpx.Response) -> Any:
        assert answer.is_success, (
            f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        )
        return answer.json()
