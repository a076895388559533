"""The workflows that are measured."""

from connectors.declare import JSON
from workflows.models import Agent, Run, StepRun, WorkflowVersion
from workflows.services import drafting, publishing
from workspaces.services import audit

BY = audit.system("bench")
STEPS = 10
SPLITS = (2, 4, 6, 8)
"""Which of the ten are Splits; the others set values."""


def four_steps(outside: str) -> list[JSON]:
    """A POST, values set from its answer, a branch taken by it, and a GET."""
    number = "{{ action.order_number }}"
    post: dict[str, JSON] = {"kind": "json", "value": {"order": number}}
    paid = when("{{ steps.create.output.body.status }}", "is", "paid")
    return [
        step("create", "rest.request@1", {"method": "POST", "url": f"{outside}/refunds", "body": post}),
        values("named", id="{{ steps.create.output.body.id }}", total="{{ steps.create.output.body.total }}"),
        split("state", branch("paid", when=paid), branch("open", otherwise=True)),
        step("look_up", "rest.request@1", {"method": "GET", "url": f"{outside}/orders/{number}"}),
    ]


def ten_steps() -> list[JSON]:
    found: list[JSON] = [values("step_0", text="Order 0", number=0)]
    last = 0
    for number in range(1, STEPS):
        before = f"{{{{ steps.step_{last}.output.number }}}}"
        if number in SPLITS:
            rule = when(before, "gte", 0)
            found.append(split(f"step_{number}", branch("yes", when=rule), branch("no", otherwise=True)))
        else:
            found.append(values(f"step_{number}", text=f"Order {before}", number=number))
            last = number
    return found


def step(slug: str, action: str, inputs: JSON, **over: JSON) -> dict[str, JSON]:
    return {
        "id": "s_" + slug.replace("_", "").ljust(8, "0"),
        "slug": slug,
        "action": action,
        "inputs": inputs,
        **over,
    }


def values(slug: str, **named: JSON) -> dict[str, JSON]:
    pairs: list[JSON] = [{"name": name, "value": value} for name, value in named.items()]
    return step(slug, "flow.set_values@1", {"values": pairs})


def split(slug: str, *branches: JSON) -> dict[str, JSON]:
    named: list[JSON] = [
        {**found, "id": f"b_{slug.replace('_', '')}{number}".ljust(10, "0")}
        for number, found in enumerate(branches)
        if isinstance(found, dict)
    ]
    return step(slug, "flow.split@1", {"mode": "first"}, branches=named)


def branch(label: str, **over: JSON) -> dict[str, JSON]:
    return {"label": label, "steps": [], **over}


def when(left: JSON, op: str, right: JSON) -> dict[str, JSON]:
    return {"all": [{"left": left, "op": op, "right": right}]}


def publish(agent: Agent, kind: str, steps: list[JSON]) -> WorkflowVersion:
    workflow = drafting.create(agent, kind, f"bench_{kind}", by=BY)
    settings: dict[str, JSON] = dict(workflow.draft["settings"])
    if kind == "action":
        settings["description"] = "Measures the engine."
        settings["variables"] = [{"name": "order_number", "type": "integer", "required": True}]
        settings["response"] = [
            {"name": "status", "type": "string", "value": "{{ steps.look_up.output.body.status }}"},
            {"name": "text", "type": "string", "value": "Order {{ steps.named.output.id }}"},
        ]
    else:
        settings["enabled"] = True
    content = {**workflow.draft, "settings": settings, "steps": steps}
    workflow = drafting.replace(workflow, content, revision=workflow.draft_revision, by=BY)
    publishing.publish(workflow, revision=workflow.draft_revision, by=BY)
    return WorkflowVersion.objects.select_related("workflow", "workspace").get(workflow=workflow)


def check_stored(version: WorkflowVersion, *, steps: int) -> None:
    """All step runs of all runs are there, or the measurement is worth nothing."""
    rows = Run.objects.filter(version=version, status="succeeded").exclude(trigger="bench")
    runs = rows.count()
    stored = StepRun.objects.filter(run__in=rows, status="succeeded").count()
    if stored != runs * steps:
        raise RuntimeError(f"{stored} step runs are stored of {runs} runs with {steps} steps each")
    print(f"    {runs:,} runs succeeded, {stored:,} step runs stored")
