"""Agents, workflows and runs over the API."""

from ninja import Router

from workflows.api import agents, events, runs, workflows

router = Router()
router.add_router("", agents.router)
router.add_router("", workflows.router)
router.add_router("", runs.router)
router.add_router("", events.router)
