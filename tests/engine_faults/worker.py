"""A worker to be killed: advances one run in a process of its own, as Celery's would."""

import sys
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()
    from workflows.engine.advancing import advance

    advance(UUID(sys.argv[1]), "background")
