"""static/css/marks.css: has every icon that CSS draws, as the sprite has it, and no other."""

import re

from connectors import registry
from tests.architecture.test_templates import ROOT, SPRITE, TEMPLATES

SHEET = (ROOT / "static" / "css" / "marks.css").read_text()
SYMBOL = re.compile(r'<symbol id="(?P<name>[^"]+)" (?P<how>[^>]*)>(?P<lines>.*?)</symbol>')


def rule(symbol: re.Match[str]) -> str:
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" {symbol["how"]}>{symbol["lines"]}</svg>'
    for plain, written in {'"': "'", "currentColor": "#000", "#": "%23", "<": "%3C", ">": "%3E"}.items():
        drawing = drawing.replace(plain, written)
    return f'  .m-{symbol["name"]} {{ --m: url("data:image/svg+xml,{drawing}"); }}'


def test_the_sheet_has_the_icons_of_all_actions_and_those_that_templates_name() -> None:
    texts = "".join(path.read_text() for path in TEMPLATES)
    wanted = set(re.findall(r"\bm-(i-[a-z-]+)", texts))
    wanted |= {known.face.icon for known in registry.default().actions.values()}

    rules = {
        rule(one) for one in SYMBOL.finditer(SPRITE) if one["name"] in wanted and "currentColor" in one["how"]
    }
    assert {line for line in SHEET.splitlines() if line.startswith("  .m-")} == rules
