"""The builder's pages: home, agents, the workflow editor, runs and connections."""

from django.urls import path

from builder.views import (
    agents,
    alerts,
    branches,
    chain,
    changes,
    connections,
    data,
    home,
    panel,
    pausing,
    runs,
    steps,
)

app_name = "builder"
urlpatterns = [
    path("", home.home, name="home"),
    path("w/<slug:slug>/", home.workspace_home, name="workspace"),
    path("w/<slug:slug>/agents/", agents.agents, name="agents"),
    path("agents/<uuid:agent_id>/", agents.agent, name="agent"),
    path("agents/<uuid:agent_id>/workflows/", agents.add_workflow, name="add_workflow"),
    path("workflows/<uuid:workflow_id>/", chain.chain, name="chain"),
    path("workflows/<uuid:workflow_id>/variables/", chain.variables, name="variables"),
    path("workflows/<uuid:workflow_id>/settings/", panel.save_settings, name="settings"),
    path("workflows/<uuid:workflow_id>/settings/form/", panel.redraw_settings, name="redraw_settings"),
    path("workflows/<uuid:workflow_id>/steps/", steps.add, name="add_step"),
    path("workflows/<uuid:workflow_id>/steps/<slug:step_id>/", panel.save_step, name="step"),
    path("workflows/<uuid:workflow_id>/steps/<slug:step_id>/form/", panel.redraw_step, name="redraw_step"),
    path("workflows/<uuid:workflow_id>/steps/<slug:step_id>/menu/", steps.menu, name="step_menu"),
    path(
        "workflows/<uuid:workflow_id>/steps/<slug:step_id>/duplicate/", steps.duplicate, name="duplicate_step"
    ),
    path("workflows/<uuid:workflow_id>/steps/<slug:step_id>/move/", steps.move, name="move_step"),
    path("workflows/<uuid:workflow_id>/steps/<slug:step_id>/enabled/", steps.enable, name="enable_step"),
    path("workflows/<uuid:workflow_id>/steps/<slug:step_id>/delete/", steps.delete, name="delete_step"),
    path("workflows/<uuid:workflow_id>/steps/<slug:step_id>/branches/", branches.add, name="add_branch"),
    path("workflows/<uuid:workflow_id>/branches/<slug:branch_id>/", branches.save, name="branch"),
    path(
        "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/form/", branches.redraw, name="redraw_branch"
    ),
    path("workflows/<uuid:workflow_id>/branches/<slug:branch_id>/menu/", branches.menu, name="branch_menu"),
    path("workflows/<uuid:workflow_id>/branches/<slug:branch_id>/move/", branches.move, name="move_branch"),
    path(
        "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/duplicate/",
        branches.duplicate,
        name="duplicate_branch",
    ),
    path(
        "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/delete/",
        branches.delete,
        name="delete_branch",
    ),
    path("workflows/<uuid:workflow_id>/restore-branch/", branches.restore, name="restore_branch"),
    path("workflows/<uuid:workflow_id>/restore/", steps.restore, name="restore_step"),
    path("workflows/<uuid:workflow_id>/changes/", changes.changes, name="changes"),
    path("workflows/<uuid:workflow_id>/publish/", changes.publish, name="publish"),
    path("workflows/<uuid:workflow_id>/undo/", changes.undo, name="undo"),
    path("workflows/<uuid:workflow_id>/bring-back/", changes.bring_back, name="bring_back"),
    path("workflows/<uuid:workflow_id>/versions/", changes.versions, name="versions"),
    path("workflows/<uuid:workflow_id>/switch/", agents.switch, name="switch"),
    path("workflows/<uuid:workflow_id>/pause/", pausing.pause, name="pause"),
    path("workflows/<uuid:workflow_id>/resume/", pausing.resume, name="resume"),
    path("w/<slug:slug>/runs/", runs.runs, name="runs"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("runs/<uuid:run_id>/cancel/", runs.cancel_run, name="cancel_run"),
    path("runs/<uuid:run_id>/retry/", runs.retry_run, name="retry_run"),
    path("w/<slug:slug>/settings/alerts/", alerts.alerts, name="alerts"),
    path("w/<slug:slug>/settings/alerts/test/", alerts.test_alert, name="test_alert"),
    path("w/<slug:slug>/settings/alerts/secret/", alerts.replace_secret, name="replace_alert_secret"),
    path("w/<slug:slug>/settings/data/", data.data, name="data"),
    path("w/<slug:slug>/settings/data/erase/", data.erase, name="erase"),
    path("w/<slug:slug>/connections/", connections.connections, name="connections"),
    path("w/<slug:slug>/connections/new/<slug:app>/", connections.new_connection, name="new_connection"),
    path("connections/<uuid:connection_id>/", connections.connection, name="connection"),
    path("connections/<uuid:connection_id>/test/", connections.test_connection, name="test_connection"),
    path("connections/<uuid:connection_id>/delete/", connections.remove_connection, name="remove_connection"),
]
