"""A chain of 200 steps with splits and loops stays a small page, whatever is in it."""

import gzip
import re
from typing import Any

import pytest
from django.test import Client

from bench._long_chain import long_chain
from tests.support.make import make_agent, make_published_workflow
from workflows.models import Workflow
from workspaces.models import Workspace

MOST_BYTES, MOST_ZIPPED, MOST_ELEMENTS = 150_000, 15_000, 2_400
APART = re.compile(rb"<template.*?</template>", re.DOTALL)
"""What stands in the page without being part of it."""


@pytest.fixture
def workflow(workspace: Workspace) -> Workflow:
    """Ten times a split of two branches with seven steps each, a loop with two, two more: as in the bench."""
    steps: list[Any] = list(long_chain(10))
    return make_published_workflow(make_agent(workspace), "Long", "post_conversation", steps=steps)


def test_a_long_chain_is_a_small_page_of_few_queries(
    client: Client, url: str, django_assert_max_num_queries: Any
) -> None:
    client.get(url)
    with django_assert_max_num_queries(8):
        page = client.get(url).content

    assert page.count(b' id="n-s_') == 200
    assert len(page) <= MOST_BYTES, len(page)
    assert len(zipped := gzip.compress(page)) <= MOST_ZIPPED, len(zipped)
    assert len(elements := re.findall(rb"<[a-z]", APART.sub(b"", page))) < MOST_ELEMENTS, len(elements)
