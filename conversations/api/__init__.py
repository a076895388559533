"""Conversations over the API, and what is called in them."""

from ninja import Router

from conversations.api import calls, conversations, messages, personalization

router = Router()
router.add_router("", conversations.router)
router.add_router("", messages.router)
router.add_router("", calls.router)
router.add_router("", personalization.router)
