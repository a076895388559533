"""How do many small modules become one file a page, without what only people read?

What stands in `static/js` runs in a browser as it is. What is served is written from it at `collectstatic`:
each module becomes a function that is called at once and returns what the module exports, in the order in
which a browser would run them. A section is a script that only some pages load; what it shares with the app
comes from `app.js`.

Only the forms of import and export below are known. Whatever else stands in a module is refused, as is a text
over several lines: so a line that begins with `//` is a comment, wherever it stands.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

APP = "app"
SECTIONS = ("all", "chat", "flow", "mentioning")
"""Loaded by the pages that need them, or with the first use (dock.js)."""
APART = ("widget_frame",)
"""For pages that do not load the app."""
CLASSIC = ("theme",)
"""No module: runs before the first paint."""

IMPORT = re.compile(
    r'^import (?:(?:\{(?P<names>[^}]*)\}|\* as (?P<whole>\w+)) from )?"\./(?P<of>\w+)\.js";\n', re.M
)
EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (?P<name>\w+))", re.M)
EXPORTED = re.compile(r"^export \{ (?P<names>[\w, ]+) \};\n", re.M)
UNKNOWN = re.compile(r"^(?:import|export)\b.*|.*\bimport\.meta\b.*|^await\b.*|.*/\*.*", re.M)
REMARK = re.compile(r"""\s+// [^"'`]*$""")
"""Behind code. A text that holds the two strokes would end behind them: with a quote."""

type Read = Callable[[str], str]


class CannotJoin(Exception):
    """A module says something that this does not understand."""


@dataclass(frozen=True)
class Module:
    name: str
    text: str

    @cached_property
    def imports(self) -> tuple[re.Match[str], ...]:
        return tuple(IMPORT.finditer(self.text))

    @cached_property
    def exports(self) -> tuple[str, ...]:
        together = [name for found in EXPORTED.finditer(self.text) for name in _names(found["names"])]
        return (*(found["name"] for found in EXPORT.finditer(self.text)), *together)

    @cached_property
    def body(self) -> str:
        rest = EXPORT.sub("", EXPORTED.sub("", IMPORT.sub("", self.text)))
        if unknown := UNKNOWN.search(rest):
            raise CannotJoin(f"{self.name}.js: {unknown[0].strip()}")
        return bare(rest, self.name)


def served(read: Read) -> dict[str, str]:
    """File name → what is served under it. `read` gives the source of a module."""
    modules = _Modules(read)
    app = modules.order(APP)
    sections = {name: modules.order(name, without=app) for name in SECTIONS}
    shared = {found["of"] for own in sections.values() for one in own for found in one.imports} & {
        one.name for one in app
    }
    files = {APP: _joined(app) + _line("export", sorted(shared))}
    for name, own in sections.items():
        wanted = sorted({found["of"] for one in own for found in one.imports} & shared)
        files[name] = _line("import", wanted, f' from "./{APP}.js"') + _joined(own)
    files |= {name: _joined(modules.order(name)) for name in APART}
    files |= {name: bare(read(f"{name}.js"), name) for name in CLASSIC}
    return {f"{name}.js": text for name, text in files.items()}


def bare(text: str, name: str) -> str:
    """Without indentation, comments and empty lines."""
    return "".join(f"{line}\n" for line in _bare_lines(text, name))


def _bare_lines(text: str, name: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.count("`") % 2:
            raise CannotJoin(f"{name}.js: a text over several lines: {line.strip()}")
        kept = REMARK.sub("", line).strip()
        if kept and not kept.startswith("//"):
            yield kept


class _Modules:
    def __init__(self, read: Read) -> None:
        self.read = read
        self.known: dict[str, Module] = {}

    def order(self, entry: str, without: tuple[Module, ...] = ()) -> tuple[Module, ...]:
        """The entry and all that it imports; each after what it imports itself."""
        done: dict[str, Module] = {}
        self._visit(entry, done, frozenset(one.name for one in without), ())
        return tuple(done.values())

    def _visit(
        self, name: str, done: dict[str, Module], others: frozenset[str], above: tuple[str, ...]
    ) -> None:
        if name in done or name in others:
            return
        if name in above:
            raise CannotJoin(
                f"{name}.js imports itself, by way of {' and '.join(above[above.index(name) + 1 :])}"
            )
        module = self.module(name)
        for found in module.imports:
            self._visit(found["of"], done, others, (*above, name))
            self._check(module, found)
        done[name] = module

    def _check(self, module: Module, found: re.Match[str]) -> None:
        wanted = {name.partition(" as ")[0] for name in _names(found["names"] or "")}
        if missing := wanted - set(self.module(found["of"]).exports):
            raise CannotJoin(f"{module.name}.js: {found['of']}.js has no {' and no '.join(sorted(missing))}")

    def module(self, name: str) -> Module:
        if name not in self.known:
            self.known[name] = Module(name, self.read(f"{name}.js"))
        return self.known[name]


def _joined(modules: tuple[Module, ...]) -> str:
    return "".join(_called(one) for one in modules)


def _called(module: Module) -> str:
    """With `$` before its name: within it the plain name may be something else."""
    taken = "".join(_taken(found) for found in module.imports)
    given = f"return {{ {', '.join(module.exports)} }};\n" if module.exports else ""
    kept = f"const ${module.name} = " if module.exports else ""
    return f"{kept}(() => {{\n{taken}{module.body}{given}}})();\n"


def _taken(found: re.Match[str]) -> str:
    if found["whole"]:
        return f"const {found['whole']} = ${found['of']};\n"
    names = [name.replace(" as ", ": ") for name in _names(found["names"] or "")]
    return f"const {{ {', '.join(names)} }} = ${found['of']};\n" if names else ""


def _line(word: str, modules: list[str], rest: str = "") -> str:
    return f"{word} {{ {', '.join(f'${name}' for name in modules)} }}{rest};\n" if modules else ""


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
