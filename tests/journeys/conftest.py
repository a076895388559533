"""What the journeys share: the demo workspace of the running stack, seen by a program and by a person."""

import pytest

from tests.support.api import Api
from tests.support.stack import Stack


@pytest.fixture(scope="session")
def api(stack: Stack) -> Api:
    key = stack.manage("create_api_key", "--workspace", "demo", "--name", "journeys").strip()
    return Api(stack.url, key)
