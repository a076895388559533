"""A chain of 200 steps with splits and loops stays a small page, whatever is in it."""

import gzip
from typing import Any

import pytest
from django.test import Client

from tests.support.make import (
    make_agent,
    make_branch,
    make_loop,
    make_published_workflow,
    make_split,
    make_step,
)
from workflows.models import Workflow
from workspaces.models import Workspace

MOST_BYTES, MOST_ZIPPED = 150_000, 15_000


@pytest.fixture
def workflow(workspace: Workspace) -> Workflow:
    """Ten times: a split of two branches with seven steps each, a loop with two, a few more."""
    steps: list[dict[str, Any]] = [make_step("prepare")]
    for part in range(10):
        left, right = ([make_step(f"{side}_{part}_{at}") for at in range(7)] for side in ("l", "r"))
        branches = [
            make_branch(f"{name} {part}", *inner, op="is", right=name)
            for name, inner in (("Left", left), ("Right", right))
        ]
        steps.append(make_split(*branches, slug=f"choose_{part}"))
        steps.append(make_loop(*(make_step(f"i_{part}_{at}") for at in range(2)), slug=f"each_{part}"))
        steps += [make_step(f"s_{part}_{at}") for at in range(2)]
    return make_published_workflow(make_agent(workspace), "Long", "post_conversation", steps=steps)


def test_a_long_chain_is_a_small_page_of_few_queries(
    client: Client, url: str, django_assert_max_num_queries: Any
) -> None:
    client.get(url)
    with django_assert_max_num_queries(8):
        page = client.get(url).content

    assert page.count(b' id="n-s_') == 201
    assert len(page) <= MOST_BYTES, len(page)
    assert len(zipped := gzip.compress(page)) <= MOST_ZIPPED, len(zipped)
