"""The step picker: apps, their actions, and one search over both."""

from collections.abc import Callable

import pytest
from django.test import Client

from builder.presenters import picker
from connectors import registry
from connectors.declare import Action, App
from connectors.registry import Registry
from tests.builder.conftest import PREPARE


def test_an_app_with_several_actions_shows_them(client: Client, url: str) -> None:
    page = client.get(f"{url}?add=after:{PREPARE}&app=flow").content.decode()

    assert "All apps" in page
    assert "Set values" in page


def test_the_search_finds_actions_and_apps(client: Client, url: str) -> None:
    page = client.get(f"{url}?add=start&q=request").content.decode()

    assert "Send a request" in page
    assert 'value="rest.request@1"' in page


def test_nothing_found_offers_rest(client: Client, url: str) -> None:
    page = client.get(f"{url}?add=start&q=fax").content.decode()

    assert "Nothing for “fax”" in page
    assert "Use REST API" in page


def test_typing_fetches_only_the_results(htmx: Callable[..., Client], url: str) -> None:
    page = htmx(target="pick-results", query="?add=start").get(f"{url}?add=start&q=mail").content.decode()

    assert 'id="pick-results"' in page
    assert 'id="chain"' not in page


def test_a_delay_is_not_offered_in_an_action_workflow() -> None:
    delay = registry.default().find("flow.delay@1")

    assert delay is not None
    assert delay.action.kinds == ("post_conversation",)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("refund", ["Refund order", "Create refund", "Pay back", "Undo payment"]),
        ("REFUND ord", ["Refund order"]),
        ("nothing", []),
        ("  ", []),
    ],
)
def test_the_best_match_comes_first(query: str, found: list[str]) -> None:
    actions = (
        Action(key="d", label="Undo payment", description="A refund by hand."),
        Action(key="c", label="Pay back", description="", synonyms=("refund",)),
        Action(key="b", label="Create refund", description=""),
        Action(key="a", label="Refund order", description=""),
    )
    shop = Registry([App(slug="shop", name="Shop", description="", actions=actions)])

    assert [known.action.label for known in picker.search(query, shop.actions.values())] == found
