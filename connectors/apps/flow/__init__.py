"""Flow control: declared like any app; what its steps do is the engine's own (workflows/engine/flow/)."""

from connectors.apps.flow.call_workflow import CALL_WORKFLOW
from connectors.apps.flow.delay import DELAY
from connectors.apps.flow.loop import LOOP
from connectors.apps.flow.respond import RESPOND
from connectors.apps.flow.set_session import SET_SESSION
from connectors.apps.flow.set_values import SET_VALUES
from connectors.apps.flow.split import SPLIT
from connectors.apps.flow.stop import STOP
from connectors.apps.flow.wait_for_event import WAIT_FOR_EVENT
from connectors.declare import App

APP = App(
    slug="flow",
    name="Flow control",
    description="Decide what happens next and when.",
    icon="i-split",
    tone="flow",
    category="flow",
    synonyms=("logic", "control"),
    actions=(
        SPLIT,
        LOOP,
        DELAY,
        WAIT_FOR_EVENT,
        SET_VALUES,
        SET_SESSION,
        CALL_WORKFLOW,
        RESPOND,
        STOP,
    ),
)
