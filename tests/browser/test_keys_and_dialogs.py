"""Can everything be reached without a mouse, and does the focus always come back?"""

from playwright.sync_api import Page, expect


def test_the_chain_is_one_tab_stop_and_arrows_walk_it(desk: Page) -> None:
    desk.get_by_role("link", name="Step 1", exact=True).focus()
    desk.keyboard.press("ArrowDown")
    expect(desk.get_by_role("link", name="Step 2", exact=True)).to_be_focused()
    desk.keyboard.press("End")
    expect(desk.get_by_role("link", name="Step 3", exact=True)).to_be_focused()

    assert desk.locator("#chain .t[tabindex='0']").count() == 1


def test_tab_reaches_the_buttons_of_the_step_that_has_the_focus(desk: Page) -> None:
    desk.get_by_role("link", name="Step 2", exact=True).focus()
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Actions for step 2")).to_be_focused()
    desk.keyboard.press("Tab")

    expect(desk.get_by_role("link", name="Add step after 2")).to_be_focused()


def test_a_card_menu_opens_by_key_moves_by_arrows_and_gives_the_focus_back(desk: Page) -> None:
    desk.get_by_role("link", name="Step 2", exact=True).focus()
    desk.keyboard.press("Shift+F10")
    expect(desk.get_by_role("link", name="Rename")).to_be_focused()
    desk.keyboard.press("ArrowDown")
    expect(desk.get_by_role("link", name="Delete").last).to_be_focused()
    desk.keyboard.press("Escape")

    expect(desk.get_by_role("link", name="Actions for step 2")).to_be_focused()


def test_a_question_opens_in_the_dialog_and_escape_returns_to_where_it_was_asked(desk: Page) -> None:
    link = desk.get_by_role("link", name="Delete")
    link.click()
    expect(desk.get_by_role("dialog", name="Delete step 1?")).to_be_visible()
    desk.keyboard.press("Escape")

    expect(desk.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()


def test_cancel_closes_the_dialog_without_leaving_the_page(desk: Page) -> None:
    desk.get_by_role("link", name="Delete").click()
    desk.get_by_role("dialog").get_by_role("link", name="Cancel").click()

    expect(desk.get_by_role("dialog")).to_be_hidden()
    assert desk.url.endswith("/desk/1")


def test_the_panel_is_resized_by_keys_and_keeps_its_width(desk: Page) -> None:
    edge = desk.get_by_role("separator", name="Panel width")
    before = int(edge.get_attribute("aria-valuenow") or 0)
    edge.focus()
    edge.press("ArrowRight")
    expect(edge).to_have_attribute("aria-valuenow", str(before + 16))
    desk.reload()

    expect(edge).to_have_attribute("aria-valuenow", str(before + 16))


def test_the_theme_is_kept(desk: Page) -> None:
    desk.get_by_role("button", name="Switch between light and dark").click()
    chosen = desk.locator("html").get_attribute("data-theme")
    desk.reload()

    expect(desk.locator("html")).to_have_attribute("data-theme", chosen or "")
