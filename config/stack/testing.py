"""`./run test`: all tests, with a browser and servers of their own."""

import sys
from collections.abc import Sequence

from config.stack import chromium, environment, managing, places
from config.stack.family import family


def test(arguments: Sequence[str]) -> int:
    browser = chromium.found_or_installed()
    with family(places.of_environment("test")) as members:
        env = environment.servers(members, hasty=True) | {"CHROMIUM": str(browser)}
        return managing.foreground(members, [sys.executable, "-m", "pytest", *arguments], env)
