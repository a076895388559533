"""What can go wrong with a text that holds tokens?

TemplatingError
├── TokenSyntax     the text cannot be read; carries the position
├── MissingValue    a token names something that does not exist; carries its path
└── NotRendered     a value does not fit its filter, or a limit was passed
"""


class TemplatingError(Exception):
    """`str()` is for the person who wrote the text."""


class TokenSyntax(TemplatingError):
    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class MissingValue(TemplatingError):
    def __init__(self, path: str, parent: str = "", name: str = "") -> None:
        where = (
            f"there is no “{name}” in {parent}" if parent else f"there is no value called “{name or path}”"
        )
        super().__init__(f"{path} does not exist: {where}.")
        self.path = path


class NotRendered(TemplatingError):
    pass
