"""How is JSON from outside read without failing on the way? A surprise becomes a problem with its path."""

from collections.abc import Collection, Iterator
from uuid import UUID

from connectors.declare import JSON
from workflows.definition.problems import Problem

MAX_PROBLEMS = 50
"""More than a person reads; a hostile document could make a million."""


class Reader:
    """Collects problems; each reading method gives a usable default when there is one."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.ids: set[str] = set()
        self.slugs: set[str] = set()
        self.steps = 0

    def note(self, path: str, code: str, message: str, *, step_id: str = "", field: str = "") -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(path, code, message, step_id=step_id, field=field))

    def object(self, value: JSON, path: str, keys: Collection[str]) -> dict[str, JSON]:
        if not isinstance(value, dict):
            self.note(path, "wrong_type", "This must be an object.")
            return {}
        for key in value:
            if key not in keys:
                self.note(join(path, key[:60]), "unknown_key", f"“{key[:60]}” is not known here.")
        return value

    def items(self, source: dict[str, JSON], key: str, path: str) -> Iterator[tuple[str, JSON]]:
        """The items of an optional list, each with its path."""
        value = source.get(key, [])
        if isinstance(value, list):
            yield from ((f"{join(path, key)}[{index}]", item) for index, item in enumerate(value))
        else:
            self.note(join(path, key), "wrong_type", "This must be a list.")

    def text(
        self, source: dict[str, JSON], key: str, path: str, default: str = "", *, most: int = 65_536
    ) -> str:
        value = source.get(key, default)
        if not isinstance(value, str):
            self.note(join(path, key), "wrong_type", "This must be a text.")
            return default
        if len(value) > most:
            self.note(join(path, key), "too_long", f"This has at most {most:,} characters.")
            return default
        return value

    def required_text(self, source: dict[str, JSON], key: str, path: str, *, most: int) -> str:
        if key not in source:
            self.note(join(path, key), "missing", f"“{key}” is missing.")
            return ""
        return self.text(source, key, path, most=most)

    def flag(self, source: dict[str, JSON], key: str, path: str, default: bool) -> bool:
        value = source.get(key, default)
        if isinstance(value, bool):
            return value
        self.note(join(path, key), "wrong_type", "This must be true or false.")
        return default

    def number[D](self, source: dict[str, JSON], key: str, path: str, default: D) -> int | float | D:
        value = source.get(key, default)
        if value is default or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self.note(join(path, key), "wrong_type", "This must be a number.")
        return default

    def integer[D](self, source: dict[str, JSON], key: str, path: str, default: D) -> int | D:
        value = source.get(key, default)
        if value is default or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.note(join(path, key), "wrong_type", "This must be a whole number.")
        return default

    def optional_text(self, source: dict[str, JSON], key: str, path: str) -> str | None:
        return None if source.get(key) is None else self.text(source, key, path, most=200)

    def row_id(self, source: dict[str, JSON], key: str, path: str) -> str | None:
        value = self.optional_text(source, key, path)
        try:
            return None if value is None else str(UUID(value))
        except ValueError:
            self.note(join(path, key), "bad_id", "This is not an id.")
            return None


def join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
