"""A person with a browser that runs no scripts: cookies, forms with their tokens, redirects followed."""

import re

import httpx

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, follow_redirects=True, timeout=30, trust_env=False)

    def get(self, path: str) -> str:
        answer = self._client.get(path)
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        return answer.text

    def submit(self, path: str, fields: dict[str, str], *, at: str = "") -> str:
        """Posts a form of the page `at`, or of the page it is posted to."""
        token = TOKEN.search(self.get(at or path))
        assert token, f"no form at {at or path}"
        answer = self._client.post(path, data={**fields, "csrfmiddlewaretoken": token[1]})
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text[:2000]}"
        return answer.text


def demo_visitor(url: str) -> Visitor:
    visitor = Visitor(url)
    visitor.submit("/welcome/demo", {}, at="/login")
    return visitor


def administrator(url: str, password: str) -> Visitor:
    person = Visitor(url)
    person.submit("/admin/login/", {"username": "admin@example.com", "password": password, "next": "/admin/"})
    return person
