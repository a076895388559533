"""The rule editor: rows become rules and back, rules come and go, nothing typed is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from builder.forms import rules
from builder.forms.typed import Typed
from tests.builder.test_branches import LARGE, SMALL, SPLIT, branching
from tests.support.make import make_member
from workflows.models import Workflow
from workspaces.models import Role, Workspace

NAME = "i.branch.when"
WHEN: Any = {
    "all": [
        {"left": "{{ action.total }}", "op": "lt", "right": 100},
        {
            "any": [
                {"left": "{{ action.kind }}", "op": "one_of", "right": ["a", "b, c"]},
                {"left": "{{ action.day }}", "op": "in_last", "right": {"amount": 2, "unit": "days"}},
            ]
        },
        {"left": "{{ action.total }}", "op": "between", "right": [1, 9.5]},
        {"left": "{{ action.note }}", "op": "exists", "right": None},
    ]
}


@pytest.fixture
def workflow(workspace: Workspace) -> Workflow:
    return branching(workspace)


def form(*rows: dict[str, str], mode: str = "all", **more: str) -> dict[str, Any]:
    """As a browser posts it: every row has every column."""
    filled = [{**rules.EMPTY, **row} for row in rows]
    columns = {f"{NAME}.{column}": [row[column] for row in filled] for column in rules.COLUMNS}
    return {f"{NAME}.kind": mode, "i.branch.label": "Small", **columns, **more}


def save(client: Client, url: str, workflow: Workflow, *rows: dict[str, str], **more: Any) -> Any:
    revision = more.pop("rev", workflow.draft_revision)
    return client.post(f"{url}branches/{SMALL}/", form(*rows, rev=str(revision), **more))


def stored(workflow: Workflow) -> Any:
    workflow.refresh_from_db()
    return workflow.draft["steps"][1]["branches"][0]["when"]


def posted(data: dict[str, Any]) -> Typed:
    post = QueryDict(mutable=True)
    for name, values in data.items():
        post.setlist(name, values if isinstance(values, list) else [values])
    return rules.posted(NAME, post)


def test_what_is_shown_and_posted_back_is_what_was_stored() -> None:
    shown = rules.shown(WHEN)

    assert rules.read(shown, WHEN) == WHEN
    assert rules.read(shown, None) == WHEN
    assert posted(form(*map(dict, shown.rows))) == shown


def test_a_number_is_kept_as_a_number_and_a_token_as_text() -> None:
    read = rules.read(rules.shown(None), None)
    rows = posted(
        form(
            {"left": "{{ a }}", "op": "gt", "right": "7"}, {"left": "{{ a }}", "op": "lt", "right": "{{ b }}"}
        )
    )

    assert read is None
    assert [rule["right"] for rule in rules.read(rows, None)["all"]] == [7, "{{ b }}"]  # type: ignore[index,call-overload,union-attr]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"left": "{{ a }}", "op": "gt", "right": "many"}, "Type a number"),
        ({"left": "{{ a ", "op": "is", "right": "x"}, "never closed"),
        ({"left": "{{ a }}", "op": "size_gt", "right": "1.5"}, "whole number"),
    ],
)
def test_what_cannot_be_stored_is_said_at_its_row(row: dict[str, str], message: str) -> None:
    with pytest.raises(rules.RulesWrong) as wrong:
        rules.read(posted(form({"left": "{{ a }}"}, row)), None)

    assert message in wrong.value.errors[1]


def test_a_group_brings_a_rule_and_goes_with_all_of_them() -> None:
    grown = rules.redraw(rules.redraw(rules.shown(None), "add").form, "add-group")
    assert [row["at"] for row in grown.form.rows] == ["rule", "group", "inner"]
    assert grown.new_row == 2

    longer = rules.redraw(grown.form, "add-in:1")
    assert [row["at"] for row in longer.form.rows] == ["rule", "group", "inner", "inner"]
    assert [row["at"] for row in rules.redraw(longer.form, "remove:1").form.rows] == ["rule"]


@pytest.mark.parametrize("do", ["", "add-in:99", "remove:-1", "remove:x", "explode", "add-in:" + "9" * 50])
def test_a_button_that_makes_no_sense_changes_nothing(do: str) -> None:
    shown = rules.shown(WHEN)

    assert rules.redraw(shown, do).form == shown


def test_rows_that_nobody_would_send_are_put_in_order() -> None:
    rows = posted(form({"at": "inner", "left": "{{ a }}"}, {"at": "group", "op": "is"}, {"at": "what"})).rows

    assert [row["at"] for row in rows] == ["rule", "group", "rule"]
    assert rows[1]["op"] == "any"


# --- in the panel ------------------------------------------------------------------------------------------
def test_rules_are_saved_without_javascript(client: Client, url: str, workflow: Workflow) -> None:
    row = {"left": "{{ steps.prepare.output.greeting }}", "op": "one_of", "right": "hi\r\nhello"}

    response = save(client, url, workflow, row)

    assert response["Location"] == f"{url}?step={SPLIT}&branch={SMALL}"
    assert stored(workflow) == {"all": [{**row, "right": ["hi", "hello"]}]}


def test_the_head_of_the_column_tells_the_new_rules(
    htmx: Callable[..., Client],
    url: str,
    workflow: Workflow,
) -> None:
    row = {"left": "{{ steps.prepare.output.greeting }}", "op": "is", "right": "hi"}

    page = save(htmx(query=f"?step={SPLIT}&branch={SMALL}"), url, workflow, row).content.decode()

    assert f'id="bh-{SMALL}" hx-swap-oob="true"' in page
    assert "greeting <b>is</b> hi" in page
    assert 'id="rev"' in page
    assert "Branch Small saved to draft" in page


def test_what_cannot_be_stored_comes_back_as_typed(client: Client, url: str, workflow: Workflow) -> None:
    before = stored(workflow)

    response = save(client, url, workflow, {"left": "{{ a }}", "op": "gt", "right": "many"})

    page = response.content.decode()
    assert response.status_code == 422
    assert 'href="#r-0-left"' in page
    assert "\nmany</textarea>" in page
    assert stored(workflow) == before


def test_a_branch_keeps_a_name(client: Client, url: str, workflow: Workflow) -> None:
    response = save(client, url, workflow, **{"i.branch.label": " "})

    assert response.status_code == 422
    assert "A branch needs a name." in response.content.decode()


def test_a_rule_is_added_without_saving(client: Client, url: str, workflow: Workflow) -> None:
    before = stored(workflow)
    data = form({"left": "{{ a }}", "right": "typed"}, rev=str(workflow.draft_revision), do="add")

    page = client.post(f"{url}branches/{SMALL}/form/", data).content.decode()

    assert "\ntyped</textarea>" in page
    assert 'id="r-1"' in page
    assert "Unsaved changes" in page
    assert stored(workflow) == before


def test_operators_that_fit_the_field_come_first(client: Client, url: str, workflow: Workflow) -> None:
    data = form({"left": "{{ run.number }}"}, rev=str(workflow.draft_revision))

    page = client.post(f"{url}branches/{SMALL}/form/", data).content.decode()

    assert page.index('optgroup label="Number"') < page.index('optgroup label="Text"')


def test_a_problem_stands_at_its_rule(client: Client, url: str, workflow: Workflow) -> None:
    fine = {"left": "{{ steps.prepare.output.greeting }}", "op": "is", "right": "hi"}
    save(client, url, workflow, fine, {"left": "{{ steps.nowhere.output }}", "op": "is", "right": "x"})

    page = client.get(f"{url}?step={SPLIT}&branch={SMALL}").content.decode()

    assert 'id="r-1-below"' in page
    assert 'id="r-0-below"' not in page
    assert "There is no step “nowhere”" in page


def test_two_who_change_the_same_rules_see_both(client: Client, url: str, workflow: Workflow) -> None:
    other = Client()
    other.force_login(make_member(workflow.workspace, Role.EDITOR))
    seen = workflow.draft_revision
    greeting = {"left": "{{ steps.prepare.output.greeting }}", "op": "is"}
    save(other, url, workflow, {**greeting, "right": "theirs"}, rev=seen)

    response = save(client, url, workflow, {**greeting, "right": "mine"}, rev=seen)

    page = response.content.decode()
    assert response.status_code == 409
    assert "greeting }} is theirs" in page
    assert "greeting }} is mine" in page
    assert stored(workflow)["all"][0]["right"] == "theirs"

    chosen = form({**greeting, "right": "mine"}, rev=str(seen), do="mine:branch.when", conflict="branch.when")
    page = client.post(f"{url}branches/{SMALL}/form/", chosen).content.decode()
    assert "rules-conflict" not in page


def test_two_who_change_two_branches_do_not_meet(client: Client, url: str, workflow: Workflow) -> None:
    seen = workflow.draft_revision
    greeting = {"left": "{{ steps.prepare.output.greeting }}", "op": "is", "right": "x"}
    client.post(f"{url}branches/{LARGE}/", form(greeting, rev=str(seen), **{"i.branch.label": "Huge"}))

    response = save(client, url, workflow, greeting, rev=seen)

    assert response.status_code == 302
    assert stored(workflow)["all"][0]["right"] == "x"
