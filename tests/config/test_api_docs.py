import re

from django.test import Client

from tests.support.routes import ANYONE, API


def test_the_description_names_every_route_with_its_scopes(client: Client, db: None) -> None:
    described = client.get("/api/v1/openapi.json").json()

    scopes = {
        (path.removeprefix("/api/v1/").replace("{", "<").replace("}", ">"), method.upper()): security
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        for scheme in operation.get("security", [{ANYONE: []}])
        for security in scheme
    }
    assert scopes == {
        (route, method): scope if scope == ANYONE else f"{scope.capitalize()}Key"
        for route, methods in API.items()
        for method, scope in methods.items()
    }


def test_the_docs_page_shows_every_route_and_loads_nothing_from_elsewhere(client: Client, db: None) -> None:
    page = client.get("/api/v1/docs")

    assert page.status_code == 200
    html = page.content.decode()
    assert all(f"/api/v1/{route.replace('<', '{').replace('>', '}')}" in html for route in API)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert all(address.startswith(("/", "#")) for address in loaded), loaded
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert "<style" not in html
