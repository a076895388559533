"""The sign-in page: in, out, refused, slowed down; and nobody is sent to another site."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from tests.support.make import make_workspace
from workspaces.models import AuditEntry, Role, User, Workspace

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


@pytest.fixture
def ada(workspace: Workspace) -> User:
    ada = User.objects.create_user(EMAIL, PASSWORD, name="Ada")
    workspace.memberships.create(user=ada, role=Role.EDITOR)
    return ada


def sign_in(client: Client, *, email: str = EMAIL, password: str = PASSWORD, **fields: str) -> Any:
    return client.post("/login", {"email": email, "password": password, **fields})


def verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))


@pytest.mark.parametrize("spelling", [EMAIL, " ADA@Example.com "])
def test_the_right_password_signs_in(client: Client, ada: User, spelling: str) -> None:
    response = sign_in(client, email=spelling)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_the_session_gets_a_new_id(client: Client, ada: User) -> None:
    client.session.save()
    before = client.session.session_key
    client.get("/login")
    sign_in(client)

    assert client.session.session_key != before


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong"),
        ("nobody@example.com", PASSWORD),
        (EMAIL, ""),
        ("", PASSWORD),
        ("a\0b", "x"),
        (EMAIL, "\0"),
    ],
)
def test_anything_else_is_refused_and_the_address_stays(
    client: Client, ada: User, email: str, password: str
) -> None:
    response = sign_in(client, email=email, password=password)

    assert response.status_code == 422
    assert "_auth_user_id" not in client.session
    assert PASSWORD not in response.text
    assert "\0" in email or f'value="{email}"' in response.text


def test_an_unknown_address_and_a_wrong_password_look_the_same(client: Client, ada: User) -> None:
    known = sign_in(client, password="wrong").text
    unknown = sign_in(client, email="nobody@example.com", password="wrong").text

    def without_what_differs(page: str, email: str) -> str:
        lines = page.replace(email, "").splitlines()
        return "\n".join(line for line in lines if "csrf" not in line and "nonce" not in line)

    assert without_what_differs(known, EMAIL) == without_what_differs(unknown, "nobody@example.com")


def test_someone_turned_off_does_not_get_in(client: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert sign_in(client).status_code == 422


def test_after_five_wrong_passwords_even_the_right_one_waits(client: Client, ada: User) -> None:
    for _ in range(5):
        assert sign_in(client, password="wrong").status_code == 422

    response = sign_in(client)

    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "Wait 15 minutes" in response.text


def test_sign_ins_are_audited_in_each_of_the_persons_workspaces(client: Client, ada: User) -> None:
    make_workspace("second").memberships.create(user=ada, role=Role.OWNER)
    make_workspace("not-hers")

    sign_in(client, password="wrong")
    sign_in(client)
    client.post("/logout")

    assert verbs() == [
        verb for verb in ("sign_in.failed", "sign_in.succeeded", "sign_in.ended") for _ in "ab"
    ]
    assert {entry.ip for entry in AuditEntry.objects.all()} == {"127.0.0.1"}
    assert set(AuditEntry.objects.values_list("workspace__slug", flat=True)) == {"acme", "second"}


def test_the_page_that_was_asked_for_comes_after_signing_in(client: Client, ada: User) -> None:
    page = client.get("/login?next=/w/acme/settings/keys/")
    assert 'name="next" value="/w/acme/settings/keys/"' in page.text

    assert sign_in(client, next="/w/acme/settings/keys/")["Location"] == "/w/acme/settings/keys/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        " https://evil.example/",
        "https://testserver@evil.example/",
        "https://testserver.evil.example/",
        "\thttps://evil.example",
        "/\t/evil.example",
    ],
)
def test_nobody_is_sent_to_another_site(client: Client, ada: User, elsewhere: str) -> None:
    assert sign_in(client, next=elsewhere)["Location"] == "/"
    assert client.get("/login", {"next": elsewhere})["Location"] == "/"


def test_signing_out_ends_the_session_and_needs_a_post(client: Client, ada: User) -> None:
    client.force_login(ada)

    assert client.get("/logout").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/logout")["Location"] == "/login"
    assert "_auth_user_id" not in client.session


def test_signing_out_twice_is_no_error(client: Client, db: None) -> None:
    assert client.post("/logout").status_code == 302


def test_the_cookies_are_for_this_site_only(client: Client, ada: User) -> None:
    client.get("/login")
    sign_in(client)

    session, csrf = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert (session["httponly"], session["samesite"], csrf["samesite"]) == (True, "Lax", "Lax")


# --- The demo ----------------------------------------------------------------------------------------------


@pytest.fixture
def visitor(settings: Settings) -> User:
    settings.DEMO = True
    visitor = User.objects.create_user("visitor@demo.example", name="Visitor")
    make_workspace("demo").memberships.create(user=visitor, role=Role.ADMIN)
    return visitor


def test_one_button_opens_the_demo_workspace(client: Client, db: None, visitor: User) -> None:
    assert "Open the demo workspace" in client.get("/login").text

    assert client.post("/welcome/demo")["Location"] == "/"
    assert client.session["_auth_user_id"] == str(visitor.pk)
    assert verbs() == ["sign_in.succeeded"]


def test_without_a_demo_there_is_no_way_in(
    client: Client, db: None, visitor: User, settings: Settings
) -> None:
    settings.DEMO = False

    assert "demo workspace" not in client.get("/login").text
    assert client.post("/welcome/demo").status_code == 404


def test_a_demo_visitor_made_staff_does_not_come_in_without_a_password(
    client: Client, db: None, visitor: User
) -> None:
    User.objects.filter(pk=visitor.pk).update(is_staff=True)

    assert client.post("/welcome/demo")["Location"] == "/login"
    assert "_auth_user_id" not in client.session


def test_a_demo_that_is_not_there_yet_says_so(client: Client, db: None, settings: Settings) -> None:
    settings.DEMO = True

    page = client.post("/welcome/demo", follow=True)

    assert "not ready yet" in page.text
