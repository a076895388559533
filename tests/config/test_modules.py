"""Is what is served what stands in the modules, small, and is whatever could be misread refused?"""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from config import modules
from config.modules import CannotJoin, Module
from config.staticfiles import ModuleManifestStorage

SOURCES = Path(settings.BASE_DIR) / "static" / "js"
MOST_ZIPPED = 20_000
"""Of what every page loads."""
APART = {f"{name}.js": "" for name in (*modules.SECTIONS, *modules.APART, *modules.CLASSIC)}


def source(name: str) -> str:
    return (SOURCES / name).read_text()


def served(**sources: str) -> Mapping[str, str]:
    return modules.served((APART | {f"{name}.js": text for name, text in sources.items()}).__getitem__)


def test_what_every_page_loads_is_small() -> None:
    files = modules.served(source)

    zipped = sum(len(gzip.compress(files[name].encode())) for name in ("app.js", "theme.js"))
    assert zipped < MOST_ZIPPED, zipped


def test_every_module_is_in_one_of_the_files() -> None:
    files = modules.served(source)

    for path in SOURCES.glob("*.js"):
        if path.name not in ("widget.js", "theme.js"):
            own = Module(path.stem, path.read_text()).body
            assert sum(own in text for text in files.values()) == 1, path.name


def test_a_module_becomes_a_function_that_returns_what_it_exports() -> None:
    app = 'import { open as show } from "./box.js";\nimport * as box from "./box.js";\n\nshow(box.size);\n'
    box = "// A box.\nexport const size = 3; // of nothing\n\nexport function open() {\n  return size;\n}\n"

    assert served(app=app, box=box)["app.js"] == (
        "const $box = (() => {\nconst size = 3;\nfunction open() {\nreturn size;\n}\n"
        "return { size, open };\n})();\n"
        "(() => {\nconst { open: show } = $box;\nconst box = $box;\nshow(box.size);\n})();\n"
    )


def test_what_a_section_shares_with_the_app_comes_from_the_app() -> None:
    shared = 'import { open } from "./box.js";\n'
    files = served(
        app=shared,
        box="export function open() {}\n",
        flow=f'{shared}import "./own.js";\nopen();\n',
        own="go();\n",
    )

    assert files["app.js"].endswith("export { $box };\n")
    assert files["flow.js"] == (
        'import { $box } from "./app.js";\n'
        "(() => {\ngo();\n})();\n"
        "(() => {\nconst { open } = $box;\nopen();\n})();\n"
    )


def test_a_text_that_looks_like_a_comment_stays() -> None:
    app = "const a = \"see // this\";\nconst b = '// that'; // it's his\nconst c = `${a} // ${b}`;\n"

    assert app in served(app=app)["app.js"]


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("const a = `\n// no comment\n`;\n", "a text over several lines"),
        ("/* a // b */\ngo();\n", r"app\.js: /\*"),
        ('import box from "./box.js";\n', "import box"),
        ('import { open, close } from "./box.js";\n', "box.js has no close"),
        ("export default 3;\n", "export default"),
        ("export let a = 3;\n", "export let"),
        ("await go();\n", "await"),
        ('import { open } from "./box.js"\ngo();\n', "import"),
        ('import "./app.js";\n', "app.js imports itself"),
    ],
)
def test_what_is_not_known_is_refused(app: str, said: str) -> None:
    with pytest.raises(CannotJoin, match=said):
        served(app=app, box="export function open() {}\n")


def test_collected_files_hold_the_joined_ones_under_names_of_their_own(tmp_path: Path) -> None:
    sources = FileSystemStorage(SOURCES.parent)
    paths: dict[str, Any] = {f"js/{path.name}": (sources, f"js/{path.name}") for path in SOURCES.glob("*.js")}
    storage = ModuleManifestStorage(tmp_path)
    for name in paths:
        storage.save(name, sources.open(name))
    for _ in storage.post_process(paths):
        pass

    app, flow = (storage.stored_name(f"js/{name}.js") for name in ("app", "flow"))
    assert (tmp_path / app).read_text() == modules.served(source)["app.js"]
    assert f'from "./{Path(app).name}";' in (tmp_path / flow).read_text()
    assert (tmp_path / "js/app.js").read_text() == source("app.js")
