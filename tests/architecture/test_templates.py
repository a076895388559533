"""Does every template load, and does none of them need what the content security policy forbids?"""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
SPRITE = (ROOT / "static" / "icons" / "sprite.svg").read_text()
SYMBOLS = frozenset(re.findall(r'<symbol id="([^"]+)"', SPRITE))

FORBIDDEN = {
    "an inline script": r"<script(?![^>]*(\ssrc=|type=\"application/json\"))[^>]*>",
    "an inline style": r"<style|\sstyle\s*=",
    "an inline handler": r"\son[a-z]+\s*=\s*[\"']",
    "a script in htmx": r"\shx-on|\sjs:|hx-vals\s*=\s*[\"']js|hx-trigger\s*=\s*[\"'][^\"']*\[",
    "an escape from escaping": r"\|\s*safe\b|\{%\s*autoescape\s+off|\|\s*safeseq",
    "an address out of the house": r"(src|href|action|hx-[a-z]+)\s*=\s*[\"'](https?:)?//",
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_loads(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_template_is_free_of(path: Path, what: str) -> None:
    assert not re.search(FORBIDDEN[what], path.read_text(), re.IGNORECASE), f"{name(path)} holds {what}"


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_says_what_it_needs_in_its_first_line(path: Path) -> None:
    assert path.read_text().startswith("{# ")


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_icon_that_a_template_names_is_in_the_sprite(path: Path) -> None:
    named = re.findall(r'\{%\s*(?:icon|icon_tile)\s+"([a-z0-9-]+)"', path.read_text())

    assert {f"i-{icon}" for icon in named} <= SYMBOLS


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_module_is_small_and_evaluates_nothing(path: Path) -> None:
    text = path.read_text()
    evaluating = r"\beval\(|new Function|\.innerHTML|insertAdjacentHTML|document\.write|https?://"

    assert len(text.splitlines()) <= 150
    assert not re.search(evaluating, text)
