"""The demo model: no network, no key. Rules that match, ask, confirm and word; pure."""

from connectors.llm.demo.model import DEMO_MODEL, DemoModel

__all__ = ["DEMO_MODEL", "DemoModel"]
