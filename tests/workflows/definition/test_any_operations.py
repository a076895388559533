"""Whatever people do to a chain, in any order: names stay unique, tokens known, the document readable."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.declare import JSON
from tests.support.definitions import make_definition, make_registry, make_vocabulary
from workflows.definition import (
    branch_operations,
    check,
    check_tokens,
    copying,
    document,
    operations,
    reach,
    replacing,
    texts,
    walk,
)
from workflows.definition.chain import Chain
from workflows.definition.check_settings import view_of
from workflows.definition.check_tokens import Spot
from workflows.definition.document import Branch, Definition, Group, Rule, Step
from workflows.definition.names import Names, viewpoint
from workflows.definition.operations import Anchor, OperationRefused
from workflows.definition.walk import Place
from workflows.templating import tokens

REGISTRY = make_registry()
ACTIONS = ("shop.find@1", "shop.send@1", "flow.split@1", "flow.loop@1")
LABELS = ("Look up", "look up", "Send!", "日本", "x" * 80, "steps", "42")


@dataclass(frozen=True)
class Edit:
    """Numbers stand for steps, places and labels; they are taken modulo how many there are."""

    verb: str
    step: int
    other: int


EDITS = st.lists(
    st.builds(
        Edit,
        st.sampled_from(
            [
                *("add", "move", "remove", "restore", "rename", "duplicate", "refer"),
                *("copy", "paste", "replace"),
                *("branch", "branch_ruled", "branch_moved", "branch_copied", "branch_removed", "unwrap"),
            ]
        ),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=25,
)


def anchors(definition: Definition) -> Sequence[Anchor]:
    found = [operations.START]
    for place in walk.places(definition):
        found.append(Anchor("after", place.step.id))
        found += [Anchor("head", branch.id) for branch in place.step.branches]
        found += [Anchor("body", place.step.id)] if place.step.body is not None else []
    return found


class Desk:
    """A draft under edit, with the last removed step at hand."""

    def __init__(self) -> None:
        self.draft = make_definition()
        self.removed: operations.Removed | None = None
        self.copied: JSON = None

    def apply(self, edit: Edit) -> None:
        places = list(walk.places(self.draft))
        if edit.verb == "add" or not places:
            self.draft, _ = operations.add_step(
                self.draft,
                anchor=self._anchor(edit.other),
                action_ref=ACTIONS[edit.step % len(ACTIONS)],
                registry=REGISTRY,
            )
            return
        self._change(edit, places[edit.step % len(places)], places[edit.other % len(places)])

    def _change(self, edit: Edit, place: Place, other: Place) -> None:
        step_id = place.step.id
        if place.step.branches:
            branches = place.step.branches
            self._change_branch(edit, place, branches[edit.other % len(branches)])
        match edit.verb:
            case "move":
                self.draft = operations.move_step(self.draft, step_id, self._anchor(edit.other))
            case "remove":
                whole = self.draft
                self.draft, self.removed = operations.remove_step(whole, step_id)
                assert operations.restore_step(self.draft, self.removed) == whole
            case "restore" if self.removed:
                self.draft = operations.restore_step(self.draft, self.removed)
            case "rename":
                known = _known_references(self.draft)
                self.draft, _ = operations.rename_step(self.draft, step_id, LABELS[edit.other % len(LABELS)])
                assert _known_references(self.draft) == known
            case "duplicate":
                self.draft, _ = operations.duplicate_step(self.draft, step_id)
            case "copy":
                self.copied = json.loads(json.dumps(document.dump_step(place.step)))
            case "paste" if self.copied:
                copied = copying.read_step(self.copied, registry=REGISTRY)
                before = _count(self.draft)
                self.draft, _ = copying.paste_step(self.draft, copied, self._anchor(edit.other))
                assert _count(self.draft) == before + sum(1 for _ in walk.steps_below(copied))
            case "replace":
                before = _count(self.draft)
                action = ACTIONS[edit.other % len(ACTIONS)]
                self.draft = replacing.replace_action(self.draft, step_id, action, registry=REGISTRY)
                assert _count(self.draft) == before
            case "refer" if place.step.action == "shop.find@1":
                token = f"{{{{ steps.{other.step.slug}.output }}}}"
                self.draft = operations.configure_step(
                    self.draft, step_id, registry=REGISTRY, inputs={"order": token}
                )

    def _change_branch(self, edit: Edit, place: Place, branch: Branch) -> None:
        before, step = self.draft, place.step
        match edit.verb:
            case "branch":
                self.draft, _ = branch_operations.add_branch(before, step.id)
            case "branch_ruled":
                rule = Rule(left=f"{{{{ steps.{step.slug}.output }}}}", op="exists")
                when = Group(mode="any", rules=(rule,))
                self.draft = branch_operations.set_branch_rules(before, branch.id, when)
            case "branch_moved":
                self.draft = branch_operations.move_branch(before, branch.id, edit.other - 15)
            case "branch_copied":
                self.draft, _ = branch_operations.duplicate_branch(before, branch.id)
            case "branch_removed":
                self.draft = branch_operations.remove_branch(before, branch.id)
                assert branch_operations.restore_branch(self.draft, step, branch.id) == before
            case "unwrap":
                self.draft, self.removed = operations.remove_step(before, step.id, keep_branch=branch.id)
                assert operations.restore_step(self.draft, self.removed) == before
                assert _count(before) - _count(self.draft) == _count_other(step, branch)

    def _anchor(self, number: int) -> Anchor:
        found = anchors(self.draft)
        return found[number % len(found)]


def _count(definition: Definition) -> int:
    return sum(1 for _ in walk.places(definition))


def _count_other(step: Step, kept: Branch) -> int:
    """The step itself and what stands in its other branches."""
    return 1 + sum(
        1
        for branch in step.branches
        if branch is not kept
        for child in branch.steps
        for _ in walk.steps_below(child)
    )


def _known_references(definition: Definition) -> int:
    slugs = {place.step.slug for place in walk.places(definition)}
    return sum(slug in slugs for slug in _referred(definition))


def _referred(definition: Definition) -> list[str]:
    return [
        str(reference.path[1])
        for place in walk.places(definition)
        for _, text in texts.strings(dict(place.step.inputs), "")
        for reference in tokens.references(text)
    ]


@settings(max_examples=120, deadline=None)
@given(edits=EDITS)
def test_any_sequence_of_operations_keeps_the_document_whole(edits: list[Edit]) -> None:
    desk = Desk()

    for edit in edits:
        try:
            desk.apply(edit)
        except OperationRefused:
            continue

        steps = [place.step for place in walk.places(desk.draft)]
        ids = [step.id for step in steps] + [branch.id for branch in walk.branches(desk.draft)]
        assert len(set(ids)) == len(ids)
        assert len({step.slug for step in steps}) == len(steps)
        for step in steps:
            if step.branches:
                assert [branch.otherwise for branch in step.branches].index(True) == len(step.branches) - 1

    again = document.parse(document.dump(desk.draft), kind="action", registry=REGISTRY)
    assert again == desk.draft
    found = check.check(desk.draft, registry=REGISTRY, vocabulary=make_vocabulary())
    slugs = {place.step.slug for place in walk.places(desk.draft)}
    unknown = [slug for slug in _referred(desk.draft) if slug not in slugs]
    assert sum(problem.code == "unknown_step" for problem in found) == len(unknown)


@settings(max_examples=60, deadline=None)
@given(edits=EDITS)
def test_what_the_picker_offers_the_check_accepts(edits: list[Edit]) -> None:
    desk = Desk()
    for edit in edits:
        with suppress(OperationRefused):
            desk.apply(edit)
    names = Names(desk.draft, REGISTRY, make_vocabulary(), Chain(desk.draft))
    sample: JSON = {"total": {"net": 1}, "items": [{"name": "Cup", "tags": [["x"]]}], "own key": [1]}
    samples = {place.step.id: sample for place in names.chain.places}

    for at in (None, *names.chain.places):
        view = viewpoint(names, at)
        spot = Spot(label="Text", view=view, accepts_secure=True, allows_tags=True)
        offered = reach.reachable(
            desk.draft,
            at.step.id if at else None,
            registry=REGISTRY,
            vocabulary=names.vocabulary,
            samples=samples,
        )
        for entry in (entry for group in offered for entry in group.entries):
            assert not list(check_tokens.problems(entry.token, "", spot, names))
            assert not list(check_tokens.problems(entry.token_without_tags, "", spot, names))
            for field in {"message", "order_key"}.difference(entry.not_in) if at is None else ():
                early = replace(spot, view=view_of(field, names))
                assert not list(check_tokens.problems(entry.token, "", early, names))
