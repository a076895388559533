"""Which program is calling, and may it? `Authorization: Bearer pk_…`; each route needs a scope."""

from django.http import HttpRequest
from ninja.security.http import HttpAuthBase

from workspaces.api import rate
from workspaces.api.refused import Refused
from workspaces.models import ApiKey
from workspaces.services import api_keys


class ApiRequest(HttpRequest):
    auth: ApiKey
    """With its workspace."""


class Key(HttpAuthBase):
    """Lets a call through whose key has the scope."""

    openapi_scheme = "bearer"
    scope: ApiKey.Scope

    def __call__(self, request: HttpRequest) -> ApiKey:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        key = api_keys.authenticate(token.strip()) if kind.lower() == "bearer" else None
        if key is None:
            message = "Send a valid API key as “Authorization: Bearer pk_…”."
            raise Refused(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})
        rate.spend(key)
        if self.scope not in key.scopes:
            message = f"This needs a key with the scope “{self.scope}”; this one has {', '.join(key.scopes)}."
            raise Refused(403, "scope", message)
        return key


class ReadKey(Key):
    scope = ApiKey.Scope.READ


class RunKey(Key):
    scope = ApiKey.Scope.RUN


class WriteKey(Key):
    scope = ApiKey.Scope.WRITE


READ, RUN, WRITE = ReadKey(), RunKey(), WriteKey()
"""`auth=` of a route; the names of the classes show in the API's description."""
