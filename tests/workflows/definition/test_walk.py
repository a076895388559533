"""Where each step stands: path, number, anchor and what surrounds it."""

from tests.support.definitions import make_branch, make_definition, make_step, step_id
from workflows.definition import walk


def test_every_step_has_its_path_number_and_anchor() -> None:
    definition = make_definition(
        make_step("first"),
        make_step("split", "flow.split@1", branches=[
            make_branch("l", make_step("a"), make_step("b")),
            make_branch("r"),
        ]),
        make_step("loop", "flow.loop@1", body=[make_step("c")]),
    )  # fmt: skip

    found = [
        (place.step.slug, place.path, place.number, str(place.anchor)) for place in walk.places(definition)
    ]

    assert found == [
        ("first", "steps[0]", "1", "start"),
        ("split", "steps[1]", "2", f"after:{step_id('first')}"),
        ("a", "steps[1].branches[0].steps[0]", "2a.1", "head:b_l00000000"),
        ("b", "steps[1].branches[0].steps[1]", "2a.2", f"after:{step_id('a')}"),
        ("loop", "steps[2]", "3", f"after:{step_id('split')}"),
        ("c", "steps[2].body[0]", "3.1", f"body:{step_id('loop')}"),
    ]


def test_a_place_knows_what_surrounds_it() -> None:
    loop = make_step("loop", "flow.loop@1", body=[make_step("inner")])
    definition = make_definition(make_step("split", "flow.split@1", branches=[make_branch("l", loop)]))

    place = walk.find(definition, step_id("inner"))

    assert place is not None
    assert [(parent.step.slug, parent.branch is None) for parent in place.parents] == [
        ("split", False),
        ("loop", True),
    ]


def test_the_27th_branch_is_aa() -> None:
    branches = [make_branch(f"n{n}", make_step(f"s{n}")) for n in range(28)]
    definition = make_definition(make_step("split", "flow.split@1", branches=branches))

    assert [place.number for place in walk.places(definition)][26:29] == ["1z.1", "1aa.1", "1ab.1"]
