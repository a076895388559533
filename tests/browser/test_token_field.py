"""Does a token field open the picker where it should, and only there?"""

import re

import pytest
from playwright.sync_api import Page, expect

PICKER = "#var-pop"


def typed(desk: Page, text: str, field: str = "#path") -> None:
    desk.locator(field).press_sequentially(text)


@pytest.mark.parametrize("before", ["", "a ", "(", "[", '"', "'", ",", "=", ">", "x = {"])
def test_a_slash_opens_the_picker_where_a_word_may_begin(desk: Page, before: str) -> None:
    typed(desk, f"{before}/")

    expect(desk.locator(PICKER)).to_be_visible()


@pytest.mark.parametrize("before", ["https:", "https:/", "1", "orders", "."])
def test_a_slash_inside_a_word_an_address_or_a_date_stays_a_slash(desk: Page, before: str) -> None:
    typed(desk, f"{before}/")

    expect(desk.locator(PICKER)).to_be_hidden()
    expect(desk.locator("#path")).to_have_value(f"{before}/")


def test_enter_inserts_the_chosen_variable_in_place_of_the_slash_and_the_search(desk: Page) -> None:
    typed(desk, "/orders?via=/chan")
    desk.keyboard.press("Enter")

    expect(desk.locator("#path")).to_have_value("/orders?via={{ conversation.channel }}")
    expect(desk.locator(PICKER)).to_be_hidden()
    expect(desk.locator("#path")).to_be_focused()


def test_the_first_slash_of_a_path_opens_and_typing_on_closes_without_a_trace(desk: Page) -> None:
    typed(desk, "/orders today ")

    expect(desk.locator(PICKER)).to_be_hidden()
    expect(desk.locator("#path")).to_have_value("/orders today ")


def test_escape_leaves_the_slash_which_then_stays_quiet(desk: Page) -> None:
    typed(desk, "/")
    desk.keyboard.press("Escape")
    typed(desk, "chan")

    expect(desk.locator(PICKER)).to_be_hidden()
    expect(desk.locator("#path")).to_have_value("/chan")


def test_backspace_over_the_slash_closes_the_picker(desk: Page) -> None:
    typed(desk, "/")
    desk.keyboard.press("Backspace")

    expect(desk.locator(PICKER)).to_be_hidden()


def test_two_braces_open_the_picker_and_are_replaced(desk: Page) -> None:
    typed(desk, "Hi {{chan")
    desk.keyboard.press("Tab")

    expect(desk.locator("#path")).to_have_value("Hi {{ conversation.channel }}")


def test_an_insertion_can_be_undone_by_the_browser(desk: Page) -> None:
    typed(desk, "/chan")
    desk.keyboard.press("Enter")
    desk.keyboard.press("ControlOrMeta+z")

    expect(desk.locator("#path")).to_have_value("/chan")


def test_arrows_choose_and_a_screen_reader_is_told_which(desk: Page) -> None:
    typed(desk, "/")
    field = desk.locator("#path")
    expect(field).to_have_attribute("aria-controls", "vars")
    first = field.get_attribute("aria-activedescendant")
    desk.keyboard.press("ArrowDown")

    assert field.get_attribute("aria-activedescendant") != first
    chosen = desk.locator(f"{PICKER} [aria-selected=true]")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")


def test_right_opens_what_an_object_holds_and_left_goes_back(desk: Page) -> None:
    typed(desk, "/")
    inner = desk.locator('[data-path="steps.order.output.email"]')
    expect(inner).to_be_hidden()
    desk.keyboard.press("ArrowRight")
    expect(inner).to_be_visible()
    desk.keyboard.press("ArrowLeft")

    expect(inner).to_be_hidden()


def test_each_item_of_a_list_is_a_loop_where_tags_are_allowed_and_joined_elsewhere(desk: Page) -> None:
    inner = desk.locator('[data-path="steps.order.output.items[…].name"]')
    typed(desk, "/each")
    desk.keyboard.press("Enter")
    expect(desk.locator("#path")).to_have_value("{{ steps.order.output.items | join: ', ' }}")
    typed(desk, " /items name")
    expect(inner).to_be_hidden()
    desk.keyboard.press("Escape")

    desk.locator("#body").fill("")
    typed(desk, "/items name", field="#body")
    expect(inner).to_be_visible()
    desk.keyboard.press("Enter")
    expect(desk.locator("#body")).to_have_value(
        "{% for item in steps.order.output.items %}{{ item.name }}\n{% endfor %}"
    )


def test_with_a_mouse_the_mark_opens_what_is_inside_and_the_row_inserts(desk: Page) -> None:
    typed(desk, "/")
    first = desk.locator('[data-path="steps.order.output.items.first"]')
    desk.locator('[data-path="steps.order.output"] [data-turn]').click()
    desk.locator('[data-path="steps.order.output.items"] [data-turn]').click()
    expect(first).to_be_visible()
    expect(first.locator("[data-turn]")).to_have_count(0)
    first.click()

    expect(desk.locator("#path")).to_have_value("{{ steps.order.output.items.first }}")


def test_what_is_not_known_yet_in_a_field_is_not_offered_there(desk: Page) -> None:
    number = desk.locator('[data-path="run.number"]')
    typed(desk, "/number")
    expect(number).to_be_visible()
    desk.keyboard.press("Escape")
    typed(desk, "/num", field="#when")

    expect(desk.locator(PICKER)).to_contain_text("No variable matches.")
    expect(number).to_be_hidden()


def test_a_type_that_never_fits_is_said_beside_it(desk: Page) -> None:
    typed(desk, "/items", field="#when")

    expect(desk.locator('[data-path="steps.order.output.items"]')).to_contain_text("needs a date and time")


def test_a_secret_is_offered_only_where_it_is_allowed(desk: Page) -> None:
    secret = desk.locator('[data-path="secrets.TOKEN"]')
    typed(desk, "/tok")
    expect(secret).to_have_attribute("aria-disabled", "true")
    desk.keyboard.press("Escape")
    typed(desk, " /tok", field="#body")
    expect(secret).to_have_attribute("aria-disabled", "false")
    desk.keyboard.press("Enter")

    expect(desk.locator("#body")).to_have_value(re.compile(r"\{\{ secrets\.TOKEN \}\}"))


def test_the_button_beside_the_label_does_the_same_for_a_mouse(desk: Page) -> None:
    desk.get_by_role("button", name="Insert variable into Path").click()
    desk.locator(f"{PICKER} [role=option]", has_text="Channel").click()

    expect(desk.locator("#path")).to_have_value("{{ conversation.channel }}")


def test_the_picker_opens_under_the_field(desk: Page) -> None:
    typed(desk, "/")
    field = desk.locator("#path").bounding_box()
    popup = desk.locator(PICKER).bounding_box()

    assert field and popup
    assert 0 <= popup["y"] - (field["y"] + field["height"]) < 16
    assert abs(popup["x"] - field["x"]) < 4


def test_tokens_are_painted_by_their_source_and_unknown_ones_are_marked(desk: Page) -> None:
    desk.locator("#body").fill("{{ analysis.mood }} {{ secrets.TOKEN }} {{ nowhere.x }}")

    marks = desk.locator("#body").locator("xpath=preceding-sibling::div/mark")
    assert [mark.get_attribute("data-v") for mark in marks.all()] == ["analysis", "secrets", "bad"]


def test_a_one_line_field_takes_neither_enter_nor_pasted_line_breaks(desk: Page) -> None:
    field = desk.locator("#path")
    field.fill("one\ntwo")
    field.press("Enter")

    expect(field).to_have_value("one two")


def test_nothing_opens_while_a_word_is_being_composed(desk: Page) -> None:
    desk.locator("#path").evaluate(
        """field => {
            const typed = {bubbles: true, data: "/", inputType: "insertText", isComposing: true};
            field.focus();
            field.value = "/";
            field.setSelectionRange(1, 1);
            field.dispatchEvent(new InputEvent("input", typed));
        }"""
    )

    expect(desk.locator(PICKER)).to_be_hidden()
