"""Steps between tabs by way of the clipboard, and names given where a step stands, by the keyboard."""

from playwright.sync_api import Page, expect

from tests.browser.test_branches import workflow  # noqa: F401 - fixture
from tests.browser.test_editor import editor_page, person  # noqa: F401 - fixtures
from tests.support import waiting


def test_a_split_is_copied_into_another_tab_and_cut_from_this_one(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="2. Choose", exact=True).focus()
    page.keyboard.press("Control+c")
    expect(page.locator("#live")).to_have_text("2. Choose copied")

    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("link", name="4. Finish", exact=True).focus()
    other.keyboard.press("Control+v")
    expect(other.get_by_role("link", name="5. Choose", exact=True)).to_be_visible()
    expect(other.get_by_role("link", name="5b.2. Third", exact=True)).to_be_visible()
    expect(other.locator("#panel-h")).to_contain_text("Step 5, Choose")
    other.close()

    page.reload()
    page.get_by_role("link", name="5. Choose", exact=True).focus()
    page.keyboard.press("Control+x")
    expect(page.get_by_role("link", name="5. Choose", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="4. Finish", exact=True)).to_be_focused()
    page.keyboard.press("Control+v")
    expect(page.get_by_role("link", name="5. Choose", exact=True)).to_be_visible()

    page.evaluate("navigator.clipboard.writeText('only words')")
    page.get_by_role("link", name="1. Prepare", exact=True).focus()
    page.keyboard.press("Control+v")
    expect(page.locator(".toast-error")).to_contain_text("This is no copied step")


def test_a_step_is_renamed_where_it_stands(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="1. Prepare", exact=True).focus()
    page.keyboard.press("F2")
    expect(page.get_by_label("Name of step 1.")).to_be_focused()
    page.keyboard.type("Something else")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="1. Prepare", exact=True)).to_be_focused()

    page.keyboard.press("F2")
    page.keyboard.type("Get ready")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="1. Get ready", exact=True)).to_be_focused()

    page.get_by_role("link", name="4. Finish", exact=True).dblclick(position={"x": 30, "y": 8})
    expect(page.get_by_label("Name of step 4")).to_be_focused()
    page.keyboard.type("The end")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("link", name="4. The end", exact=True)).to_be_visible()


def test_the_outline_finds_a_step_and_jumps_to_it(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("button", name="Fold branch Large").click()
    page.get_by_role("link", name="1. Prepare", exact=True).focus()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_contain_text("2b.1.")
    expect(page.locator("#outline-search")).to_be_focused()
    page.keyboard.type("third")
    expect(page.locator("[data-jump]:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="2b.2. Third", exact=True)).to_be_focused()


def centre(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, selector: str, to: str) -> None:
    page.mouse.move(*centre(page, selector))
    page.mouse.down()
    x, y = centre(page, to)
    page.mouse.move(x, y - 20)
    page.mouse.move(x, y, steps=4)
    expect(page.locator(f"{to}[data-over]")).to_have_count(1)


def test_a_step_is_dragged_to_a_place_and_escape_leaves_it(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.set_viewport_size({"width": 1280, "height": 1300})
    place = '.plus[href$="after:s_prepare0"]'
    drag(page, "#n-s_second00 > .tile", place)
    page.keyboard.press("Escape")
    expect(page.locator("[data-drop]")).to_have_count(0)
    page.mouse.up()
    expect(page.get_by_role("link", name="2b.1. Second", exact=True)).to_be_visible()

    drag(page, "#n-s_second00 > .tile", place)
    page.mouse.up()
    expect(page.get_by_role("link", name="2. Second", exact=True)).to_be_focused()
    expect(page.get_by_role("link", name="3b.1. Third", exact=True)).to_be_visible()

    page.locator("#n-s_second00 > .tile").click()
    expect(page.locator("#panel-h")).to_contain_text("Step 2, Second")


def scrolled(page: Page) -> float:
    return float(page.locator("#chain").evaluate("chain => chain.scrollTop"))


def test_at_its_edges_the_chain_moves_along_with_what_is_dragged(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.set_viewport_size({"width": 1280, "height": 480})
    page.locator("#n-s_finish00 > .tile").scroll_into_view_if_needed()
    assert scrolled(page) > 200
    page.mouse.move(*centre(page, "#n-s_finish00 > .tile"))
    page.mouse.down()
    box = page.locator("#chain").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 60)
    page.mouse.move(middle, box["y"] + 5)
    waiting.until(lambda: scrolled(page) == 0, seconds=30, what="the chain is at its top")

    place = '.plus[href$="after:s_prepare0"]'
    page.mouse.move(*centre(page, place), steps=4)
    expect(page.locator(f"{place}[data-over]")).to_have_count(1)
    page.mouse.move(middle, box["y"] + box["height"] - 5)
    waiting.until(lambda: scrolled(page) > 100, seconds=30, what="the chain goes down again")
    page.mouse.move(middle, box["y"] + 5)
    waiting.until(lambda: scrolled(page) == 0, seconds=30, what="the chain is at its top again")
    page.mouse.move(*centre(page, place), steps=4)
    expect(page.locator(f"{place}[data-over]")).to_have_count(1)
    page.mouse.up()
    expect(page.get_by_role("link", name="2. Finish", exact=True)).to_be_focused()
