"""What the page's shell costs: nothing for who is not signed in, one query otherwise."""

from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from tests.support.make import make_workspace
from workspaces import context
from workspaces.models import Role, User, Workspace


def test_who_is_not_signed_in_costs_no_query(
    rf: RequestFactory, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = rf.get("/")

    with django_assert_num_queries(0):
        assert list(context.shell(request)["memberships"]) == []
        request.user = AnonymousUser()
        assert list(context.shell(request)["memberships"]) == []


def test_a_members_workspaces_are_one_query(
    rf: RequestFactory, workspace: Workspace, editor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_workspace("before", name="A first one").memberships.create(user=editor, role=Role.OWNER)
    make_workspace("not-mine")
    request = rf.get("/")
    request.user = editor

    with django_assert_num_queries(0):
        shell = context.shell(request)
    with django_assert_num_queries(1):
        assert [mine.workspace.name for mine in shell["memberships"]] == ["A first one", "Acme"]
