"""The guide in the product: every page is there, every link of it leads somewhere, and it can be searched."""

import re

import pytest
from django.test import Client

from builder import guide
from tests.support.make import make_workspace
from workspaces.models import Role, User

LINK = re.compile(r'(?:href|src)="([^"]+)"')
PAGES = list(guide.pages())


def test_the_contents_name_every_page(client: Client) -> None:
    page = client.get("/help/").content.decode()

    for one in guide.pages().values():
        assert f'href="/help/{one.slug}/"' in page
        assert one.title in page


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_is_shown_with_its_headings(client: Client, slug: str) -> None:
    response = client.get(f"/help/{slug}/")

    page = response.content.decode()
    assert response.status_code == 200
    for heading in guide.pages()[slug].headings:
        assert f'<h2 id="{heading.anchor}">' in page
        assert f'href="#{heading.anchor}"' in page


@pytest.mark.parametrize("slug", PAGES)
def test_every_link_and_picture_of_a_page_is_there(client: Client, slug: str) -> None:
    for address in LINK.findall(guide.pages()[slug].html):
        path, _, anchor = address.partition("#")
        if not path or (path.startswith("/help/") and not path.endswith(".png")):
            other = guide.pages()[path.split("/")[2] if path else slug]
            assert not anchor or anchor in {section.anchor for section in other.headings}, address
        else:
            assert client.get(path).status_code == 200, address


@pytest.mark.parametrize("slug", PAGES)
def test_no_link_was_left_as_a_file_has_it(slug: str) -> None:
    assert not re.search(r'(href|src)="[^"]*(\.md|\.\./)', guide.pages()[slug].html)


def test_html_in_a_page_is_shown_as_text() -> None:
    html = guide.MARKDOWN.render("<script>alert(1)</script> [x](javascript:alert(1)) <b onclick=x>")

    assert "<script" not in html
    assert "<b" not in html
    assert "href" not in html


def test_a_heading_is_found_before_a_text(client: Client) -> None:
    hits = guide.search("undo")

    assert hits[0].url == "/help/publishing/#undo-changes"
    assert f'href="{hits[0].url}"' in client.get("/help/?q=undo").content.decode()


def test_all_words_are_looked_for() -> None:
    assert [hit.title for hit in guide.search("business HOURS")] == ["Wait"]
    assert guide.search("business elephants") == []
    assert guide.search("  ") == []


def test_nothing_found_is_said_and_what_was_typed_stays(client: Client) -> None:
    page = client.get("/help/", {"q": "<elephants>"}).content.decode()

    assert "No heading and no text of the guide" in page
    assert "&lt;elephants&gt;" in page


@pytest.mark.parametrize(
    "path", ["/help/nothing/", "/help/pictures/nothing.png", "/help/pictures/README.png"]
)
def test_what_is_not_in_the_guide_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_member_of_several_workspaces_can_read_it_too(client: Client, editor: User) -> None:
    make_workspace("second").memberships.create(user=editor, role=Role.VIEWER)

    assert client.get("/help/").status_code == 200
    assert client.get("/help/publishing/").status_code == 200
