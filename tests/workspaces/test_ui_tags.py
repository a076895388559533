"""Do the small marks say the right thing, and escape what people typed?"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from workspaces.templatetags import ui

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class App:
    name: str
    icon: str = ""
    tone: str = ""


def test_an_icon_is_a_symbol_of_the_sprite_and_hidden_from_screen_readers() -> None:
    drawn = ui.icon("plus", "s")

    assert 'class="i s"' in drawn
    assert 'aria-hidden="true"' in drawn
    assert drawn.endswith('sprite.svg#i-plus"/></svg>')


def test_an_app_with_a_mark_shows_it() -> None:
    assert "#b-stripe" in ui.tile(App("Stripe", icon="b-stripe"))


def test_an_app_without_a_mark_gets_its_letter_on_a_hue_that_stays() -> None:
    first, again = ui.tile(App("orders")), ui.tile({"name": "orders"}, "")

    assert ">O</span>" in first
    assert first == again


def test_a_name_is_escaped() -> None:
    assert "<b>" not in ui.tile(App("<b>"))
    assert "<i>" not in ui.badge("<i>")
    assert "<script>" not in ui.json_tree({"<script>": "<script>"})


@pytest.mark.parametrize("state", sorted(ui.STATES))
def test_every_state_has_a_word_beside_its_colour(state: str) -> None:
    assert ui.STATES[state][2] in ui.pill(state)


def test_an_unknown_state_is_shown_in_words() -> None:
    assert "Half done" in ui.pill("half_done")


def test_a_live_workflow_names_its_version() -> None:
    drawn = ui.pill("live", "Live v7", "2 h ago")

    assert "Live v7" in drawn
    assert "· 2 h ago" in drawn


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, ""),
        (0, "0 ms"),
        (12, "12 ms"),
        (400, "0.4 s"),
        (9000, "9.0 s"),
        (42_000, "42 s"),
        (180_000, "3 min"),
    ],
)
def test_a_duration_is_as_exact_as_a_reader_wants_it(milliseconds: int | None, words: str) -> None:
    assert ui.duration(milliseconds) == words


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(days=-2), "in 2 d"),
    ],
)
def test_a_moment_is_told_from_now(since: timedelta, words: str) -> None:
    assert f">{words}</time>" in ui.ago(NOON - since, now=NOON)


def test_no_moment_is_nothing() -> None:
    assert ui.ago(None) == ""


@pytest.mark.parametrize(
    ("name", "letters"), [("Ada Lindqvist", "AL"), ("mia", "Mi"), ("ada@northwind.example", "AN"), ("", "?")]
)
def test_initials(name: str, letters: str) -> None:
    assert ui.initials(name) == letters


def test_json_is_a_tree_of_details_with_types_told_apart() -> None:
    drawn = ui.json_tree({"order": {"total": 64.9, "paid": True, "note": None, "items": ["a"]}})

    assert drawn.count("<details") == 3
    assert '<span class="no">64.9</span>' in drawn
    assert '<span class="bo">true</span>' in drawn
    assert '<span class="str">&quot;a&quot;</span>' in drawn or '<span class="str">"a"</span>' in drawn


def test_a_redacted_value_shows_a_lock() -> None:
    assert "hidden" in ui.json_tree({"token": ui.MASK})


def test_a_long_list_and_a_deep_nest_are_cut() -> None:
    deep: object = "core"
    for _ in range(200):
        deep = [deep]

    assert "300 more" in ui.json_tree(list(range(ui.MOST_CHILDREN + 300)))
    assert ui.json_tree(deep).count("<details") < 60


def test_a_sample_is_a_few_words() -> None:
    assert ui.sample(None) == "no sample yet"
    assert ui.sample([1]) == "1 item"
    assert ui.sample("x" * 100).endswith("…")
