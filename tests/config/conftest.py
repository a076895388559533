import pytest

from tests.support.program import Program
from workspaces.models import Workspace


@pytest.fixture
def program(workspace: Workspace) -> Program:
    return Program(workspace)
