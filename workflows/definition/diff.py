"""What changes for people when this draft goes live? Step by step, field by field, in words."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.declare import JSON
from workflows.definition import rule_words, walk
from workflows.definition.catalogue import Catalogue
from workflows.definition.dumping import dump_branch, dump_settings, dump_step
from workflows.definition.shapes import Branch, Definition, Step, Steps
from workflows.definition.walk import Place
from workflows.templating.filters import as_text

type Change = Literal["added", "removed", "moved", "edited"]


@dataclass(frozen=True)
class FieldDiff:
    label: str
    before: str
    after: str
    """Empty: not set."""


@dataclass(frozen=True)
class StepDiff:
    step_id: str
    """Empty for the settings of the workflow."""
    label: str
    change: Change
    fields: tuple[FieldDiff, ...] = ()


def diff(published: Definition | None, draft: Definition, registry: Catalogue) -> list[StepDiff]:
    """The settings first, then the steps in the order of the draft, then those that are gone."""
    before = {} if published is None else {place.step.id: place for place in walk.places(published)}
    after = {place.step.id: place for place in walk.places(draft)}
    moved = set() if published is None else _moved(published, draft)
    changes = [] if published is None else list(_settings(published, draft))
    for step_id, place in after.items():
        if step_id not in before:
            changes.append(StepDiff(step_id, _label(place), "added"))
        else:
            changes += _step(before[step_id], place, is_moved=step_id in moved, registry=registry)
    gone = (place for step_id, place in before.items() if step_id not in after)
    return changes + [StepDiff(place.step.id, _label(place), "removed") for place in gone]


def _label(place: Place) -> str:
    return place.step.label or place.step.slug


def _settings(published: Definition, draft: Definition) -> Iterator[StepDiff]:
    before = _settings_values(published)
    after = _settings_values(draft)
    if fields := tuple(_fields(before, after)):
        yield StepDiff("", "Settings", "edited", fields)


def _settings_values(definition: Definition) -> dict[str, JSON]:
    """Label → value; variables and response fields by name, so that one more is one line more."""
    stored = dump_settings(definition.settings, kind=definition.kind)
    values: dict[str, JSON] = {}
    for key, value in stored.items():
        if key in _LISTS and isinstance(value, list):
            values |= {f"{_LISTS[key]} “{row['name']}”": row for row in value if isinstance(row, dict)}
            values[f"Order of {_LISTS[key].lower()}s"] = [
                row["name"] for row in value if isinstance(row, dict)
            ]
        elif key == "message" and isinstance(value, dict):
            values |= {_MESSAGE[part]: said for part, said in value.items()}
        else:
            values[_SETTINGS[key]] = value
    return values


_LISTS = {"variables": "Action variable", "response": "Response field"}
_SETTINGS = {
    "name": "Name",
    "description": "Description",
    "enabled": "Enabled",
    "deadline_s": "Deadline in seconds",
    "order_key": "Order key",
}
_MESSAGE = {
    "mode": "Action message",
    "text": "Text of the action message",
    "delayed": "Delayed line",
    "failure": "Failure line",
    "timeout": "Timed-out line",
    "confirm": "Question before it is done",
}


def _step(before: Place, after: Place, *, is_moved: bool, registry: Catalogue) -> list[StepDiff]:
    fields = tuple(_fields(_step_values(before.step, registry), _step_values(after.step, registry)))
    if not is_moved:
        return [StepDiff(after.step.id, _label(after), "edited", fields)] if fields else []
    position = FieldDiff("Position", before.number, after.number)
    return [StepDiff(after.step.id, _label(after), "edited" if fields else "moved", (*fields, position))]


def _step_values(step: Step, registry: Catalogue) -> dict[str, JSON]:
    """Label → value of all that a step holds itself."""
    stored = dump_step(step)
    known = registry.find(step.action)
    labels = {field.name: field.label for field in known.action.fields} if known else {}
    values: dict[str, JSON] = {labels.get(name, name): value for name, value in step.inputs.items()}
    values |= {label: stored[key] for key, label in _STEP.items()}
    policy = stored["policy"]
    assert isinstance(policy, dict)
    values |= {label: policy[key] for key, label in _POLICY.items()}
    return values | _branch_values(step)


def _branch_values(step: Step) -> dict[str, JSON]:
    """Label → rules in words; the order of the branches is the order in which they are tried."""
    names = [branch.label or branch.id for branch in step.branches]
    if not names:
        return {}
    values: dict[str, JSON] = {}
    for branch, name in zip(step.branches, names, strict=True):
        label = name if names.count(name) == 1 else f"{name} ({branch.id})"
        stored = {key: value for key, value in dump_branch(branch).items() if key not in ("id", "steps")}
        values[f"Branch “{label}”"] = {_READS: _way_in(branch), **stored}
    return values | {"Order of branches": ", ".join(names)}


def _way_in(branch: Branch) -> str:
    if branch.on_error:
        return "when the step fails"
    if branch.otherwise:
        return "when no other branch matches"
    return rule_words.words(branch.when).replace("**", "") or "no rules yet"


_STEP = {
    "label": "Name",
    "slug": "Name in tokens",
    "action": "Action",
    "connection": "Connection",
    "note": "Note",
    "enabled": "Switched on",
}
_POLICY = {
    "timeout_s": "Give up after (seconds)",
    "retries": "Tries again",
    "on_error": "On an error",
    "on_unknown": "When the outcome is unknown",
}


_READS = "$reads"
"""In a value that reads better in words than as it is stored."""


def _fields(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> Iterator[FieldDiff]:
    for label in {**before, **after}:
        old, new = before.get(label), after.get(label)
        if old != new or type(old) is not type(new):
            read = words(old), words(new)
            yield FieldDiff(label, *(read if read[0] != read[1] else (_stored(old), _stored(new))))


def words(value: JSON) -> str:
    """Nothing for null."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and isinstance(reads := value.get(_READS), str):
        return reads
    return _stored(value)


def _stored(value: JSON) -> str:
    if isinstance(value, dict):
        value = {key: part for key, part in value.items() if key != _READS}
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return as_text(value)


def _moved(published: Definition, draft: Definition) -> set[str]:
    """As few steps as explain the new order: those in another list, and those out of the order of theirs."""
    before, after = dict(_lists(published)), dict(_lists(draft))
    home = {step_id: name for name, ids in before.items() for step_id in ids}
    moved: set[str] = set()
    for name, ids in after.items():
        stayed = [step_id for step_id in ids if home.get(step_id) == name]
        moved |= {step_id for step_id in ids if step_id in home and home[step_id] != name}
        positions = {step_id: index for index, step_id in enumerate(before.get(name, ()))}
        moved |= set(stayed) - _longest_in_order(stayed, positions)
    return moved


def _lists(definition: Definition) -> Iterator[tuple[str, Sequence[str]]]:
    """Every list of steps by what holds it."""
    yield "", _ids(definition.steps)
    for place in walk.places(definition):
        for branch in place.step.branches:
            yield branch.id, _ids(branch.steps)
        if place.step.body is not None:
            yield place.step.id, _ids(place.step.body)


def _ids(steps: Steps) -> Sequence[str]:
    return [step.id for step in steps]


def _longest_in_order(ids: Sequence[str], positions: Mapping[str, int]) -> set[str]:
    """The longest part of `ids` whose old positions increase (patience sorting)."""
    tails: list[int] = []
    at_tail: list[str] = []
    previous: dict[str, str | None] = {}
    for step_id in ids:
        index = bisect_left(tails, positions[step_id])
        previous[step_id] = at_tail[index - 1] if index else None
        tails[index : index + 1] = [positions[step_id]]
        at_tail[index : index + 1] = [step_id]
    kept: set[str] = set()
    current = at_tail[-1] if at_tail else None
    while current is not None:
        kept.add(current)
        current = previous[current]
    return kept
