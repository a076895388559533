"""Does the focus ever fall to the page's body? Whoever works by keys or listens would be at its top again."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_branches import workflow  # noqa: F401 - fixtures
from tests.browser.test_editor import editor_page, person  # noqa: F401 - fixtures


def stays(page: Page, seen: Locator) -> None:
    """`seen` is what the act did; a moment after it, something on the page has the focus."""
    expect(seen.first).to_be_visible()
    expect(page.locator("body:focus-within")).to_have_count(1)


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name, exact=True)


def acts(page: Page, name: str, act: str, role: str = "button") -> None:
    """From the menu of a card or a branch."""
    page.get_by_role("link", name=f"Actions for {name}", exact=True).click()
    page.locator("#menu").get_by_role(role, name=act, exact=True).click()  # type: ignore[arg-type]


def test_whatever_one_does_with_steps_something_keeps_the_focus(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    card(page, "1. Prepare").click()
    stays(page, page.locator("#panel").get_by_role("heading", name="Step 1, Prepare"))
    page.get_by_role("button", name="Add value").click()
    expect(page.get_by_label("Value 2, name")).to_be_focused()
    page.get_by_role("button", name="Remove value 2").click()
    expect(page.get_by_label("Value 2, name")).to_have_count(0)
    expect(page.get_by_role("button", name="Add value")).to_be_focused()
    page.get_by_label("Value 1, value").fill("changed")
    page.get_by_role("link", name="Discard").click()
    stays(page, page.get_by_text("All changes saved"))
    expect(page.get_by_label("Value 1, value")).to_have_value("hello")
    page.get_by_role("link", name="Close step").click()
    expect(card(page, "1. Prepare")).to_be_focused()

    page.get_by_role("link", name="Add step after 1. Prepare").click()
    page.get_by_role("searchbox").fill("set values")
    expect(page.locator("#pick-results input[name=q]")).to_have_value("set values")
    page.locator("#pick-results").get_by_role("button", name="Set values").first.click()
    expect(page.get_by_role("button", name="Add value")).to_be_focused()
    acts(page, "step 2. Set values", "Duplicate")
    stays(page, card(page, "3. Set values (copy)"))
    acts(page, "step 3. Set values (copy)", "Move up")
    expect(card(page, "2. Set values (copy)")).to_be_focused()
    acts(page, "step 2. Set values (copy)", "Disable")
    stays(page, page.locator("#chain").get_by_text("Disabled"))
    acts(page, "step 2. Set values (copy)", "Add note…", "link")
    page.get_by_role("dialog").get_by_role("textbox").fill("For later")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    stays(page, page.locator("#chain").get_by_text("For later"))
    acts(page, "step 2. Set values (copy)", "Delete")
    expect(card(page, "1. Prepare")).to_be_focused()
    page.get_by_role("button", name="Undo", exact=True).click()
    stays(page, card(page, "2. Set values (copy)"))

    acts(page, "branch Small", "Move right")
    expect(card(page, "Small")).to_be_focused()
    page.get_by_role("button", name="Add branch to 4. Choose").click()
    expect(page.get_by_label("Name of the branch")).to_be_focused()


def test_whatever_one_does_with_a_draft_something_keeps_the_focus(editor_page: Page) -> None:  # noqa: F811
    page, dialog = editor_page, editor_page.get_by_role("dialog")
    card(page, "1. Prepare").click()
    page.get_by_label("Value 1, value").fill("changed")
    page.get_by_role("button", name="Save Changes").click()
    expect(page.locator("[data-unsaved-state]")).to_contain_text("Saved")
    expect(page.get_by_role("button", name="Save Changes")).to_be_focused()
    page.get_by_role("link", name="Publish Workflow").click()
    dialog.get_by_role("button", name="Publish Workflow").click()
    stays(page, page.locator("#bar").get_by_text("Live v2"))
    page.locator("#toasts").get_by_role("button", name="Dismiss").first.click()
    expect(page.locator("#toasts [data-dismiss]")).to_have_count(0)
    stays(page, page.locator("#chain"))

    page.get_by_label("Value 1, value").fill("changed again")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-unsaved-state]")).to_contain_text("Saved")
    page.get_by_role("link", name="Undo Changes").click()
    dialog.get_by_role("button", name="Undo Changes").click()
    expect(page.locator("#banner")).to_be_empty()
    stays(page, page.get_by_label("Value 1, value"))
    page.keyboard.press("Control+k")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    stays(page, page.locator("#chain"))
