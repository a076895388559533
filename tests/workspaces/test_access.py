"""May this person do that here? Asked of a slug page and of an object page, in every role."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from tests.support.make import make_member, make_secret, make_workspace
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.ids import uuid7
from workspaces.models import Role, Secret, User, Workspace


@access.workspace_page(Role.EDITOR)
def slug_page(request: SignedInRequest, slug: str) -> HttpResponse:
    return HttpResponse(f"{request.membership.role} of {request.workspace.slug}")


@access.signed_in
def object_page(request: SignedInRequest, secret: Secret) -> HttpResponse:
    found = access.reach(request, Secret, secret.pk, Role.EDITOR)
    assert found == secret
    return HttpResponse(f"{request.membership.role} of {request.workspace.slug}")


def ask(
    user: User | None, *, htmx: bool = False, method: str = "GET", path: str = "/w/acme/?a=1"
) -> HttpRequest:
    request = RequestFactory().generic(method, path)
    request.user = user or AnonymousUser()
    request.htmx = htmx  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMIN, Role.OWNER])
def test_a_role_that_covers_the_page_gets_in(workspace: Workspace, role: Role) -> None:
    member, secret = make_member(workspace, role), make_secret(workspace)

    pages = slug_page(ask(member), slug="acme"), object_page(ask(member), secret)

    assert [isinstance(page, HttpResponse) and page.text for page in pages] == [f"{role} of acme"] * 2


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TESTER])
def test_a_lower_role_is_told_what_it_needs(workspace: Workspace, role: Role) -> None:
    member, secret = make_member(workspace, role), make_secret(workspace)

    with pytest.raises(PermissionDenied, match=f"needs the role editor; you are {role} in Acme"):
        slug_page(ask(member), slug="acme")
    with pytest.raises(PermissionDenied, match="editor"):
        object_page(ask(member), secret)


def test_a_stranger_finds_nothing_there(workspace: Workspace, stranger: User) -> None:
    with pytest.raises(Http404):
        slug_page(ask(stranger), slug="acme")
    with pytest.raises(Http404):
        object_page(ask(stranger), make_secret(workspace))


def test_what_is_missing_is_missing_for_an_owner_too(workspace: Workspace, owner: User) -> None:
    with pytest.raises(Http404):
        slug_page(ask(owner), slug="nowhere")
    with pytest.raises(Http404):
        access.reach(ask(owner), Secret, uuid7(), Role.VIEWER)  # type: ignore[arg-type]


def test_a_member_of_two_workspaces_has_each_ones_role(workspace: Workspace, owner: User) -> None:
    other = make_workspace("other")
    other.memberships.create(user=owner, role=Role.VIEWER)

    assert slug_page(ask(owner), slug="acme").status_code == 200
    with pytest.raises(PermissionDenied):
        slug_page(ask(owner), slug="other")
    with pytest.raises(PermissionDenied):
        object_page(ask(owner), make_secret(other))


def test_further_filters_narrow_what_is_reached(workspace: Workspace, owner: User) -> None:
    secret = make_secret(workspace, "CRM_TOKEN")

    with pytest.raises(Http404):
        access.reach(ask(owner), Secret, secret.pk, Role.VIEWER, key="OTHER")  # type: ignore[arg-type]


def test_an_object_is_reached_in_one_query(
    workspace: Workspace, owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    secret = make_secret(workspace)

    with django_assert_num_queries(1):
        object_page(ask(owner), secret)
    with django_assert_num_queries(1):
        slug_page(ask(owner), slug="acme")


def test_who_is_not_signed_in_comes_back_to_the_page_after_signing_in(workspace: Workspace) -> None:
    response = slug_page(ask(None), slug="acme")

    assert (response.status_code, response["Location"]) == (302, "/login?next=%2Fw%2Facme%2F%3Fa%3D1")


def test_a_form_sent_too_late_does_not_become_the_page_to_come_back_to(workspace: Workspace) -> None:
    assert slug_page(ask(None, method="POST"), slug="acme")["Location"] == "/login"


def test_a_fragment_is_told_that_the_session_is_over(workspace: Workspace) -> None:
    response = slug_page(ask(None, htmx=True), slug="acme")

    assert (response.status_code, response["HX-Trigger"]) == (401, "session-expired")


def test_member_of_says_who_belongs(workspace: Workspace, editor: User, stranger: User) -> None:
    membership = access.member_of(editor, workspace)

    assert membership is not None
    assert membership.role == Role.EDITOR
    assert access.member_of(stranger, workspace) is None
