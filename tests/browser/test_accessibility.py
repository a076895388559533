"""Does axe find anything in the shared components, open and closed, in both schemes and widths?"""

import pytest
from playwright.sync_api import Page

from tests.support.pages import faults


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_variable_picker_is_clean_while_it_is_open(desk: Page, width: int, theme: str) -> None:
    desk.set_viewport_size({"width": width, "height": 860})
    desk.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    desk.goto(f"{desk.url}#panel")
    desk.locator("#path").press_sequentially("/")

    assert faults(desk, "desk") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_question_is_clean(desk: Page, theme: str) -> None:
    desk.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    desk.get_by_role("link", name="Delete").click()
    desk.get_by_role("dialog").wait_for()

    assert faults(desk, "desk") == []


def test_a_message_is_clean(desk: Page) -> None:
    desk.get_by_role("link", name="Missing").click()
    desk.locator("[data-toast]").wait_for()

    assert faults(desk, "desk") == []
