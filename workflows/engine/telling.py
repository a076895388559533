"""Which ends of runs does the rest of Parley hear of? Runs of production that failed or were held back.

A row of the outbox, written by the statement that ends the run: whoever sees the one sees the other. It holds
ids and an error code, nothing of what the run took or gave; what follows from it is decided later, in
services.alerts. Tests of a workflow are not told.
"""

FAILED = "run.failed"
QUARANTINED = "run.quarantined"


def insert(topic: str, *, ended: str, code: str, path: str, once: str) -> str:
    """`ended` is the part of the statement that returns the runs' `id`; the others are SQL expressions."""
    return f"""
  INSERT INTO outbox (id, workspace_id, topic, dedupe_key, payload, available_at, attempts)
  SELECT gen_random_uuid(), r.workspace_id, '{topic}', '{topic}:' || {once},
    jsonb_build_object('run', r.id, 'workflow', r.workflow_id, 'code', {code}, 'path', {path}),
    clock_timestamp(), 0
  FROM {ended} e JOIN run r ON r.id = e.id WHERE r.kind = 'production'
  ON CONFLICT (dedupe_key) DO NOTHING"""  # noqa: S608 - made of constants
