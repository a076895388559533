"""The pages of an agent: its sections, its flow, its versions, and its copies."""

from django.urls import path

from builder.forms.agent_sections import SECTIONS
from builder.views import agent_copies, agent_pages, agent_versions, channels, flow

urlpatterns = [
    path("w/<slug:slug>/agents/import/", agent_copies.bring_in, name="import_agent"),
    *(
        path(f"agents/<uuid:agent_id>/{name}/", agent_pages.section, {"name": name}, name=f"agent_{name}")
        for name in SECTIONS
    ),
    *(
        path(f"agents/<uuid:agent_id>/{name}/form/", agent_pages.redraw_section, {"name": name})
        for name in SECTIONS
    ),
    path("agents/<uuid:agent_id>/channels/", channels.channels, name="agent_channels"),
    path("agents/<uuid:agent_id>/channels/widget/", channels.save_widget, name="save_widget"),
    path(
        "agents/<uuid:agent_id>/channels/widget/secret/", channels.replace_widget_secret, name="widget_secret"
    ),
    path("agents/<uuid:agent_id>/channels/phone/", channels.save_phone_line, name="save_phone_line"),
    path("agents/<uuid:agent_id>/channels/inquiry/", channels.save_inquiry, name="save_inquiry"),
    path("agents/<uuid:agent_id>/changes/", agent_versions.changes, name="agent_changes"),
    path("agents/<uuid:agent_id>/publish/", agent_versions.publish, name="publish_agent"),
    path("agents/<uuid:agent_id>/undo/", agent_versions.undo, name="undo_agent"),
    path("agents/<uuid:agent_id>/bring-back/", agent_versions.bring_back, name="bring_back_agent"),
    path("agents/<uuid:agent_id>/versions/", agent_versions.versions, name="agent_versions"),
    path("agents/<uuid:agent_id>/versions/compare/", agent_versions.compare, name="compare_versions"),
    path("agents/<uuid:agent_id>/versions/<int:number>/", agent_versions.version, name="agent_version"),
    path("agents/<uuid:agent_id>/versions/<int:number>/restore/", agent_versions.restore),
    path("agents/<uuid:agent_id>/versions/<int:number>/revert/", agent_versions.revert),
    path("agents/<uuid:agent_id>/clone/", agent_copies.clone, name="clone_agent"),
    path("agents/<uuid:agent_id>/export/", agent_copies.export, name="export_agent"),
    path("agents/<uuid:agent_id>/archive/", agent_copies.archive, name="archive_agent"),
    path("agents/<uuid:agent_id>/flow/", flow.flow, name="flow"),
    path("agents/<uuid:agent_id>/flow/nodes/", flow.add, name="add_node"),
    path("agents/<uuid:agent_id>/flow/nodes/<slug:node_id>/", flow.save, name="save_node"),
    path("agents/<uuid:agent_id>/flow/nodes/<slug:node_id>/form/", flow.redraw, name="redraw_node"),
    path("agents/<uuid:agent_id>/flow/nodes/<slug:node_id>/delete/", flow.remove, name="remove_node"),
    path("agents/<uuid:agent_id>/flow/restore/", flow.restore, name="restore_node"),
]
