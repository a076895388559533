"""A flow's drawing, whatever the flow: nothing overlaps, every link is drawn, and always the same."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.flowchart.drawing import draw
from builder.flowchart.shapes import Chart, Drawing, Link, Point, Rect, Wire

NAMES = [f"n{number}" for number in range(14)]
TARGETS = st.none() | st.sampled_from(NAMES)


@st.composite
def charts(draw_one: st.DrawFn) -> Chart:
    nodes = NAMES[: draw_one(st.integers(1, len(NAMES)))]
    links = draw_one(
        st.lists(
            st.builds(
                Link,
                source=st.sampled_from(nodes),
                target=st.none() | st.sampled_from(nodes),
                width=st.sampled_from([12, 40, 90, 160]),
            ),
            max_size=30,
        )
    )
    return Chart(nodes, links)


def overlap(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def rects(drawing: Drawing) -> list[Rect]:
    return [*drawing.boxes.values(), *(wire.tag for wire in drawing.wires if wire.tag)]


def pieces(wire: Wire) -> Iterator[tuple[Point, Point]]:
    return zip(wire.points, wire.points[1:], strict=False)


def runs_through(piece: tuple[Point, Point], rect: Rect) -> bool:
    (ax, ay), (bx, by) = piece
    return (
        min(ax, bx) < rect.right
        and max(ax, bx) > rect.x
        and min(ay, by) < rect.bottom
        and max(ay, by) > rect.y
    )


@settings(max_examples=250, deadline=None)
@given(charts())
def test_nothing_overlaps(chart: Chart) -> None:
    drawing = draw(chart)

    assert not [pair for pair in combinations(rects(drawing), 2) if overlap(*pair)]


@settings(max_examples=250, deadline=None)
@given(charts())
def test_every_link_is_drawn_from_its_node_to_its_node(chart: Chart) -> None:
    drawing = draw(chart)

    assert [wire.link for wire in drawing.wires] == list(chart.links)
    for wire in drawing.wires:
        source = drawing.boxes[wire.link.source]
        assert wire.points[0] == (source.middle, source.bottom)
        if wire.link.target is not None:
            target = drawing.boxes[wire.link.target]
            assert wire.points[-1] == (target.middle, target.y)
            assert wire.points[-2][1] < target.y, "the arrow points down"


@settings(max_examples=250, deadline=None)
@given(charts())
def test_lines_run_along_or_across_and_through_no_box(chart: Chart) -> None:
    drawing = draw(chart)

    for wire in drawing.wires:
        for piece in pieces(wire):
            (ax, ay), (bx, by) = piece
            assert (ax == bx) != (ay == by)
            assert not any(runs_through(piece, box) for box in drawing.boxes.values())
            others = [other.tag for other in drawing.wires if other.tag and other is not wire]
            assert not any(runs_through(piece, tag) for tag in others)


@settings(max_examples=250, deadline=None)
@given(charts())
def test_everything_lies_within_the_drawing_and_it_is_always_the_same(chart: Chart) -> None:
    drawing = draw(chart)

    whole = Rect(0, 0, drawing.width, drawing.height)
    for rect in rects(drawing):
        assert rect.x >= 0 <= rect.y
        assert rect.right <= whole.width
        assert rect.bottom <= whole.height
    for wire in drawing.wires:
        assert all(0 <= x <= whole.width and 0 <= y <= whole.height for x, y in wire.points)
    assert draw(Chart(list(chart.nodes), list(chart.links))) == drawing


def test_a_flow_goes_down_and_a_return_goes_up_at_the_side() -> None:
    links = [Link("start", "ask"), Link("ask", "answer", width=60), Link("answer", "ask", width=40)]

    drawing = draw(Chart(["start", "ask", "answer"], links))

    start, ask, answer = (drawing.boxes[name] for name in ("start", "ask", "answer"))
    assert start.bottom < ask.y < ask.bottom < answer.y
    assert [wire.is_back for wire in drawing.wires] == [False, False, True]
    assert min(x for x, _ in drawing.wires[2].points) < min(box.x for box in drawing.boxes.values())


def test_what_nothing_leads_to_stands_beside_what_the_start_leads_to() -> None:
    drawing = draw(Chart(["start", "ask", "lost"], [Link("start", "ask")]))

    assert drawing.boxes["lost"].y == drawing.boxes["ask"].y > drawing.boxes["start"].y


def test_one_after_the_other_is_one_straight_line() -> None:
    names = [f"n{number}" for number in range(6)]
    drawing = draw(Chart(names, [Link(a, b) for a, b in pairwise(names)]))

    assert len({box.x for box in drawing.boxes.values()}) == 1
    assert [len(wire.points) for wire in drawing.wires] == [2] * 5


@pytest.mark.parametrize("count", [1, 200])
def test_small_and_large_flows_are_drawn(count: int) -> None:
    """Two ways on from each node, and every fifth one leads back."""
    names = [f"n{number}" for number in range(count)]
    links = [
        Link(name, names[to], width=70)
        for index, name in enumerate(names)
        for to in (index * 2 + 1, index * 2 + 2 if index % 5 else index // 2)
        if to < count and count > 1
    ]

    drawing = draw(Chart(names, links))

    assert len(drawing.boxes) == count
    assert len(drawing.wires) == len(links)


@settings(max_examples=250, deadline=None)
@given(charts())
def test_lines_of_strangers_never_lie_on_each_other(chart: Chart) -> None:
    """Those that share a node may join."""
    for one, other in combinations(draw(chart).wires, 2):
        if one.link.source == other.link.source or (
            one.link.target == other.link.target and one.link.target is not None
        ):
            continue
        across = [
            (ay, min(ax, bx), max(ax, bx))
            for wire in (one, other)
            for (ax, ay), (bx, by) in pieces(wire)
            if ay == by
        ]
        own = len([1 for (_, ay), (_, by) in pieces(one) if ay == by])
        for y, low, high in across[:own]:
            assert not any(
                y == other_y and low <= other_high and other_low <= high
                for other_y, other_low, other_high in across[own:]
            )
