"""What is the workflow document? One JSON object, read into a Definition and written back without loss.

`parse` refuses only what cannot be stored; what keeps a workflow from going live is found by `check`.
"""

import secrets
import string

from workflows.definition.dumping import canonical, digest, dump, dump_settings, dump_step
from workflows.definition.parsing import parse, parse_rules, parse_settings, parse_step
from workflows.definition.problems import Problem, StructureInvalid
from workflows.definition.shapes import (
    ActionVariable,
    Branch,
    Definition,
    Delayed,
    Group,
    Message,
    Policy,
    ResponseField,
    Rule,
    Settings,
    Step,
)

__all__ = [
    "ActionVariable",
    "Branch",
    "Definition",
    "Delayed",
    "Group",
    "Message",
    "Policy",
    "Problem",
    "ResponseField",
    "Rule",
    "Settings",
    "Step",
    "StructureInvalid",
    "canonical",
    "digest",
    "dump",
    "dump_settings",
    "dump_step",
    "empty",
    "new_branch_id",
    "new_step_id",
    "parse",
    "parse_rules",
    "parse_settings",
    "parse_step",
]

_ALPHABET = string.ascii_lowercase + string.digits


def empty(kind: str, name: str, description: str = "") -> Definition:
    return Definition(kind=kind, settings=Settings(name=name, description=description))


def new_step_id() -> str:
    return f"s_{_random()}"


def new_branch_id() -> str:
    return f"b_{_random()}"


def _random() -> str:
    """Short, as ids stand in a page many times, and yet never the same twice in one workflow."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
