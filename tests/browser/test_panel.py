"""The panel in a browser: fields say how they read while one types; what is named can be made on the way."""

from playwright.sync_api import Page, expect

from tests.browser.test_editor import editor_page, person, workflow  # noqa: F401 - fixtures


def test_a_field_says_how_it_reads_and_which_of_its_tokens_name_nothing(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="2. Finish", exact=True).click()
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
