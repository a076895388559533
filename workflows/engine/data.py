"""Which values may a field name? The roots of a run, read only when asked for, and secrets only for the call
itself.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn
from uuid import UUID

from connectors.declare import JSON
from workflows.engine import waking
from workflows.engine.claiming import Claim
from workflows.engine.context import RunContext
from workflows.engine.known import moment
from workflows.engine.redact import Revealed
from workflows.templating.errors import NotRendered
from workflows.templating.paths import SECURE_KEY, is_marker
from workflows.templating.tokens import references
from workspaces.services import secrets
from workspaces.vault import Secret
from workspaces.vault.secret import MASK

INPUT_ROOTS = ("variables", "action", "analysis", "session")


def roots(claim: Claim, version_number: int | None, context: RunContext) -> dict[str, Any]:
    """All but `steps`, `loop` and `now`, which the plan adds. Secrets and secure values are sealed."""
    sealed = {"secrets": Sealed("secrets"), "secure": Sealed("secure metadata")}
    given = {root: claim.input.get(root) or {} for root in INPUT_ROOTS}
    run = Lazy(lambda: _run(claim, version_number))
    return {**given, **sealed, "run": run, "conversation": Lazy(lambda: context.values("conversation"))}


def _run(claim: Claim, version_number: int | None) -> dict[str, JSON]:
    return {
        "id": str(claim.run_id),
        "number": claim.number,
        "version": version_number,
        "started_at": moment(claim.started_at),
        "trigger": claim.trigger,
        "event_url": waking.url(claim.run_id),
    }


def secret_paths(value: JSON, given: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """(`secrets` | `secure`, name) for all that a step's fields refer to, action variables that stand for one
    too.
    """
    match value:
        case str():
            for reference in references(value, long=True):
                root, *rest = reference.path
                if not rest:
                    continue
                below = given.get("action") if root == "action" else None
                marked = below.get(str(rest[0])) if isinstance(below, dict) else None
                if root in ("secrets", "secure"):
                    yield str(root), str(rest[0])
                elif is_marker(marked) and isinstance(marked, dict):
                    yield "secure", str(marked[SECURE_KEY])
        case dict():
            for item in value.values():
                yield from secret_paths(item, given)
        case list():
            for item in value:
                yield from secret_paths(item, given)


class Opened:
    """The values of a step with its secrets in the clear, for the fields that accept them; everything read is
    remembered.
    """

    def __init__(
        self, values: Mapping[str, Any], workspace_id: UUID, context: RunContext, revealed: Revealed
    ) -> None:
        self.count = 0
        self._revealed = revealed
        self.clear = {
            **values,
            "secrets": _Looked(lambda key: self._noted(secrets.reveal(workspace_id, key))),
            "secure": _Looked(lambda name: self._noted(context.reveal(name))),
        }
        self.masked = {**values, "secrets": _Looked(lambda _: MASK), "secure": _Looked(lambda _: MASK)}

    def _noted(self, secret: Secret) -> str:
        value = secret.reveal()
        self._revealed.remember(value)
        self.count += 1
        return value


class _Looked(Mapping[str, str]):
    """Found by name only: it cannot be listed."""

    def __init__(self, find: Callable[[str], str]) -> None:
        self._find = find

    def __getitem__(self, name: str) -> str:
        return self._find(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Sealed(Mapping[str, NoReturn]):
    def __init__(self, what: str) -> None:
        self._what = what

    def __getitem__(self, name: str) -> NoReturn:
        raise NotRendered(f"{self._what.capitalize()} cannot be used in this field.")

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Lazy(Mapping[str, JSON]):
    """Read once, when first asked for: a transcript is long, an address is signed, and most steps want
    neither.
    """

    def __init__(self, read: Callable[[], Mapping[str, JSON]]) -> None:
        self._read = read
        self._found: Mapping[str, JSON] | None = None

    @property
    def _values(self) -> Mapping[str, JSON]:
        if self._found is None:
            self._found = self._read()
        return self._found

    def __getitem__(self, name: str) -> JSON:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
