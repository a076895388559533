"""The pages of workspaces: signing in, secrets, API keys."""

from django.urls import path

from workspaces.views import keys, secrets, signing_in

app_name = "workspaces"

urlpatterns = [
    path("login", signing_in.login, name="login"),
    path("logout", signing_in.logout, name="logout"),
    path("welcome/demo", signing_in.open_demo, name="open_demo"),
    path("w/<slug:slug>/settings/secrets/", secrets.index, name="secrets"),
    path("secrets/<uuid:secret_id>/", secrets.change, name="secret"),
    path("secrets/<uuid:secret_id>/delete", secrets.remove, name="remove_secret"),
    path("w/<slug:slug>/settings/keys/", keys.index, name="keys"),
    path("keys/<uuid:key_id>/delete", keys.remove, name="remove_key"),
]
