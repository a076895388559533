"""What stands on the left of the chain: a step, a branch, the step picker, or the workflow's settings?"""

from builder.presenters import branch, panel, picker, settings
from builder.presenters.branch import BranchPanel
from builder.presenters.chain import SETTINGS, Chosen
from builder.presenters.opened import Opened
from builder.presenters.panel import StepPanel, Typing
from builder.presenters.picker import PickerPanel
from builder.presenters.settings import Offer, SettingsPanel
from builder.presenters.step_test import StepTest
from workflows.definition.anchors import parse_anchor
from workflows.definition.problems import OperationRefused

type Left = StepPanel | BranchPanel | PickerPanel | SettingsPanel


def left(
    opened: Opened,
    chosen: Chosen,
    *,
    typing: Typing | None = None,
    query: str = "",
    app: str = "",
    offer: Offer | None = None,
    is_new: bool = False,
    test: StepTest | None = None,
) -> Left:
    if chosen.add and opened.can_edit and (found := _picker(opened, chosen.add, query, app)):
        return found
    replaced = opened.places.get(chosen.replace)
    if replaced and opened.can_edit:
        return picker.picker(opened, target=picker.replacing(opened, replaced), query=query, app_slug=app)
    place = opened.places.get(chosen.step)
    if place and (chosen_branch := branch.branch_of(place, chosen.branch)):
        return branch.branch_panel(opened, place, chosen_branch, typing, is_new=is_new)
    if place:
        return panel.step_panel(opened, place, typing, is_new=is_new, test=test)
    is_gone = chosen.step not in ("", SETTINGS)
    return settings.settings_panel(
        opened,
        typing,
        notice="That step is no longer here." if is_gone else "",
        offer=offer,
        is_chosen=bool(chosen.step),
    )


def _picker(opened: Opened, add: str, query: str, app: str) -> PickerPanel | None:
    try:
        anchor = parse_anchor(add)
    except OperationRefused:
        return None
    place = opened.places.get(anchor.id)
    if anchor.kind == "after" and place is None:
        target = picker.adding(opened, "start", None)
        return picker.picker(opened, target=target, query=query, app_slug=app, moved=True)
    return picker.picker(opened, target=picker.adding(opened, add, place), query=query, app_slug=app)
