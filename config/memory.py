"""What does a process that lives long do once all is loaded? The collector of cycles leaves that alone.

Modules, routes and models stay for good: half a million objects that each full collection would walk through
again. Frozen before a fork, their pages also stay shared with the parent.
"""

import gc

NEW_OBJECTS = 20_000
"""Between two looks at the young ones: a request or a run leaves hardly any cycles behind."""


def settle() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
