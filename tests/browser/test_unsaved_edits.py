"""Is nothing typed ever lost without being asked, and is nobody asked without a reason?"""

from playwright.sync_api import Page, expect

STATE = "[data-unsaved-state]"
COPY = """() => new Promise((found) => {
  const look = () => {
    const key = Object.keys(localStorage).find((one) => one.startsWith("parley-unsaved:"));
    if (key) found(localStorage[key]); else requestAnimationFrame(look);
  };
  look();
})"""


def test_typing_something_back_makes_the_panel_clean_again(desk: Page) -> None:
    desk.locator("#path").press_sequentially("ab")
    expect(desk.locator(STATE)).to_have_text("Unsaved changes")
    expect(desk.locator("#n-1 .mk.dirty")).to_be_visible()
    desk.keyboard.press("Backspace")
    desk.keyboard.press("Backspace")

    expect(desk.locator(STATE)).to_have_text("All changes saved")
    expect(desk.locator("#n-1 .mk.dirty")).to_have_count(0)


def test_a_clean_panel_lets_go_without_a_question(desk: Page) -> None:
    desk.get_by_role("link", name="Step 2", exact=True).click()

    expect(desk.locator("#step-form")).to_have_attribute("data-card", "n-2")


def test_another_step_is_opened_only_after_a_question_and_keep_editing_keeps_everything(desk: Page) -> None:
    desk.locator("#path").fill("mine")
    desk.get_by_role("link", name="Step 2", exact=True).click()
    expect(desk.get_by_role("dialog")).to_contain_text("Save your edits in “Step 1”?")
    desk.get_by_role("button", name="Keep editing").click()

    expect(desk.locator("#path")).to_have_value("mine")
    expect(desk.locator("#step-form")).to_have_attribute("data-card", "n-1")


def test_discard_goes_on_and_drops_the_edits(desk: Page) -> None:
    desk.locator("#path").fill("mine")
    desk.get_by_role("link", name="Step 2", exact=True).click()
    desk.get_by_role("button", name="Discard", exact=True).click()

    expect(desk.locator("#step-form")).to_have_attribute("data-card", "n-2")


def test_save_and_continue_saves_first(desk: Page) -> None:
    desk.locator("#path").fill("mine")
    desk.get_by_role("link", name="Step 2", exact=True).click()
    with desk.expect_request("**/save"):
        desk.get_by_role("button", name="Save and continue").click()

    expect(desk.locator("#step-form")).to_have_attribute("data-card", "n-2")


def test_a_refused_save_stays_with_its_errors(desk: Page) -> None:
    desk.locator("#path").fill("refuse")
    desk.get_by_role("link", name="Step 2", exact=True).click()
    desk.get_by_role("button", name="Save and continue").click()

    expect(desk.get_by_text("Not valid.")).to_be_focused()
    expect(desk.locator("#path")).to_have_value("refuse")
    expect(desk.locator(STATE)).to_have_text("Unsaved changes")


def test_plain_links_are_guarded_too(desk: Page) -> None:
    desk.locator("#path").fill("mine")
    desk.get_by_role("link", name="Elsewhere").click()
    desk.get_by_role("button", name="Discard", exact=True).click()

    expect(desk).to_have_title("Elsewhere")


def test_back_puts_the_address_back_and_asks(desk: Page) -> None:
    desk.get_by_role("link", name="Step 2", exact=True).click()
    expect(desk.locator("#step-form")).to_have_attribute("data-card", "n-2")
    desk.locator("#path").fill("mine")
    desk.evaluate("history.back()")
    expect(desk.get_by_role("dialog")).to_be_visible()
    desk.get_by_role("button", name="Keep editing").click()

    assert desk.url.endswith("/desk/2")
    expect(desk.locator("#path")).to_have_value("mine")


def test_saving_says_when_and_tells_screen_readers(desk: Page) -> None:
    desk.locator("#path").fill("mine")
    desk.keyboard.press("ControlOrMeta+s")

    expect(desk.locator(STATE)).to_contain_text("Saved ")
    expect(desk.locator("#live")).to_have_text("Step saved to draft")


def test_unsaved_text_survives_a_crash_but_secrets_are_never_copied(desk: Page) -> None:
    desk.locator("#path").fill("mine")
    desk.locator("#password").fill("hunter2-canary")
    kept = desk.evaluate(COPY)
    assert "mine" in kept and "canary" not in kept
    desk.once("dialog", lambda leave: leave.accept())
    desk.reload()
    desk.get_by_role("button", name="Restore it").click()

    expect(desk.locator("#path")).to_have_value("mine")
    expect(desk.locator(STATE)).to_have_text("Unsaved changes")


def test_after_signing_out_elsewhere_the_panel_keeps_its_text(desk: Page) -> None:
    desk.get_by_role("link", name="Expired").click()

    expect(desk.get_by_role("dialog")).to_contain_text("Sign in again to go on")
    expect(desk.locator("#path")).to_be_attached()


def test_a_missing_page_becomes_a_message_and_not_a_panel(desk: Page) -> None:
    desk.get_by_role("link", name="Missing").click()

    expect(desk.locator("#toasts")).to_contain_text("not there any more")
    expect(desk.locator("#path")).to_be_attached()


def test_discarding_shows_what_is_saved_and_guards_again(desk: Page) -> None:
    desk.locator("#path").fill("mine")
    desk.get_by_role("link", name="Discard").click()
    expect(desk.locator("#path")).to_have_value("")
    expect(desk.locator(STATE)).to_have_text("All changes saved")
    desk.locator("#path").fill("again")

    expect(desk.locator(STATE)).to_have_text("Unsaved changes")
