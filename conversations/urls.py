"""Pages of conversations: the list, one timeline, exports, a member's own chat, the widget, and calls."""

from django.urls import path

from conversations.views import calls, chat, conversations, taking, widget

app_name = "conversations"
urlpatterns = [
    path("agents/<uuid:agent_id>/chat/", chat.chat, name="chat"),
    path("agents/<uuid:agent_id>/chat/dock/", chat.dock, name="dock"),
    path("w/<slug:slug>/conversations/", conversations.conversations, name="conversations"),
    path("w/<slug:slug>/conversations/export/", conversations.export_shown, name="export_shown"),
    path("conversations/<uuid:conversation_id>/", conversations.conversation, name="conversation"),
    path("conversations/<uuid:conversation_id>/take-over/", taking.take_over, name="take_over"),
    path("conversations/<uuid:conversation_id>/say/", taking.say, name="say"),
    path("conversations/<uuid:conversation_id>/hand-back/", taking.hand_back, name="hand_back"),
    path("conversations/<uuid:conversation_id>/export/", conversations.export, name="export"),
    path("widget.js", widget.script, name="widget_script"),
    path("widget/<str:public_key>/", widget.frame, name="widget"),
    path("widget/<str:public_key>/look", widget.look, name="widget_look"),
    path("widget/<str:public_key>/welcome", widget.welcome, name="widget_welcome"),
    path("widget/<str:public_key>/sessions", widget.begin, name="widget_sessions"),
    path("calls/<str:line_key>/", calls.voice, name="call"),
    path("calls/<str:line_key>/after/", calls.after, name="after_call"),
]
