"""The panel in a browser: fields say how they read while one types; what is named can be made on the way."""

from playwright.sync_api import Page, Route, expect

from tests.browser.test_editor import editor_page, person, workflow  # noqa: F401 - fixtures
from tests.support.runs import rung
from workflows.engine.advancing import advance
from workflows.models import Run


def test_a_field_says_how_it_reads_and_which_of_its_tokens_name_nothing(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="2. Finish", exact=True).click()
    expect(page.locator("#panel-h")).to_have_text("Step 2, Finish")
    field = page.get_by_label("Value 1, value")
    field.fill("Say {{ steps.prepare.output.greeting }} to {{ steps.nobody.output }}")

    line = page.locator("#i-values-1-pv")
    expect(line).to_contain_text("Say steps.prepare.output.greeting to steps.nobody.output")
    expect(line).to_contain_text("There is no step “nobody”.")
    marks = field.locator("xpath=preceding-sibling::div/mark")
    expect(marks.nth(0)).to_have_attribute("data-v", "steps")
    expect(marks.nth(1)).to_have_attribute("data-v", "bad")

    field.fill("Say hello")
    expect(line).to_be_empty()


def test_a_variable_is_made_while_its_name_is_written(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="2. Finish", exact=True).click()
    expect(page.locator("#panel-h")).to_have_text("Step 2, Finish")
    field = page.get_by_label("Value 1, value")
    field.fill("")
    field.press_sequentially("/plan")
    expect(page.locator("#v-new")).to_contain_text("Create variable “plan”")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(field).to_have_value("{{ variables.plan }}")
    expect(page.locator("#toasts")).to_contain_text("Variable plan was made")
    expect(page.locator("#i-values-1-pv")).to_have_text("Reads: variables.plan")
    expect(field).to_be_focused()


def test_a_step_is_tried_out_as_it_stands_on_the_screen(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="1. Prepare", exact=True).click()
    page.get_by_label("Value 1, value").fill("only typed")
    with rung():
        page.locator("#tab-test").click()
        page.get_by_role("button", name="Test this step").click()
        expect(page.get_by_role("heading", name="Result")).to_be_visible()
        advance(Run.objects.get().pk, "background")
        expect(page.locator("#test-result")).to_contain_text("only typed")
    expect(page.locator("#tab-test")).to_contain_text("Done")
    expect(page.locator("[data-unsaved-state]")).to_have_text("Unsaved changes")

    page.get_by_role("link", name="Setup", exact=True).click()
    expect(page.get_by_label("Value 1, value")).to_have_value("only typed")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-unsaved-state]")).to_contain_text("Saved")
    page.get_by_role("link", name="2. Finish", exact=True).click()
    expect(page.locator("#panel-h")).to_have_text("Step 2, Finish")
    page.get_by_label("Value 1, value").fill("{{ steps.prepare.output.greeting }}")
    expect(page.locator("#i-values-1-pv")).to_have_text("Reads: only typed")


def test_a_late_answer_does_not_open_a_panel_again(editor_page: Page) -> None:  # noqa: F811
    page, held = editor_page, list[Route]()
    page.get_by_role("link", name="1. Prepare", exact=True).click()
    page.get_by_label("Value 1, value").fill("changed")
    page.route("**/*?step=*", lambda route: held.append(route), times=1)
    page.get_by_role("link", name="Discard").click()
    page.get_by_role("link", name="Close step").click()
    expect(page.get_by_role("link", name="Close step")).to_have_count(0)
    assert len(held) == 1

    held[0].continue_()

    page.wait_for_timeout(500)
    expect(page.get_by_role("link", name="Close step")).to_have_count(0)
