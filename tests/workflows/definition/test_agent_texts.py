"""Which texts does an agent have, what do they mention, and how are they rewritten?"""

import pytest

from workflows.definition import agent_document, agent_texts, mentions

DOCUMENT = {
    "schema": 1,
    "name": "Mia",
    "persona": "persona @old",
    "objective": "objective @old",
    "rules": {"shared": "shared @old", "call": "call @old", "chat": "chat @old"},
    "flow": {
        "nodes": [
            {
                "id": "n_start0001",
                "type": "start",
                "name": "@old",
                "message": {"inbound": "in @old", "outbound": "out @old"},
                "outcomes": [{"id": "o_000000001", "name": "always", "description": "when @old"}],
            },
            {
                "id": "n_need00001",
                "type": "turn",
                "name": "Turn",
                "instructions": {"shared": "i @old", "call": "ic @old", "chat": "ih @old"},
                "script": "script @old",
                "notes": "notes @old",
                "outcomes": [{"id": "o_000000002", "name": "done", "description": "if @old"}],
            },
            {
                "id": "n_lookup001",
                "type": "workflow",
                "name": "Run",
                "input": {"order": "value @old"},
            },
            {"id": "n_bye000001", "type": "end", "name": "Bye", "message": "bye @old"},
        ]
    },
}


def test_every_text_that_is_told_is_found_and_rewritten() -> None:
    definition = agent_document.parse(DOCUMENT)  # type: ignore[arg-type]

    after = agent_texts.rewritten(definition, lambda text: mentions.renamed(text, {"old": "new"}))

    texts = [spot.text for spot in agent_texts.spots(definition) if spot.text]
    assert len(texts) == 15
    assert [spot.text for spot in agent_texts.spots(after) if spot.text] == [
        text.replace("@old", "@new") for text in texts
    ]
    assert agent_document.parse(agent_document.dump(after)) == after
    assert after.flow.nodes[0].name == "@old", "a node's name is no text to the agent"
    assert after.flow.nodes[1].notes == "notes @old", "notes are for the team"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@look_up", ["look_up"]),
        ("Call @look_up, then (@refund-order).", ["look_up", "refund-order"]),
        ("first\n@second", ["second"]),
        ("“@quoted” and @last!", ["quoted", "last"]),
        ("mia@shop.example", []),
        ("a@b @", []),
        ("@één @x@y", []),
        ("*@bold*", ["bold"]),
    ],
)
def test_a_mention_begins_where_a_word_may(text: str, names: list[str]) -> None:
    assert [mention.name for mention in mentions.mentions(text)] == names


def test_a_mention_knows_where_it_stands() -> None:
    text = "Call @look_up now"
    (mention,) = mentions.mentions(text)

    assert text[mention.start : mention.end] == "@look_up"


def test_only_whole_names_are_renamed() -> None:
    assert mentions.renamed("@a @ab a@a @a.", {"a": "z"}) == "@z @ab a@a @z."
