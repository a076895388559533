"""`./run`: the whole of Parley in one terminal, until Ctrl-C."""

import contextlib
import subprocess
import sys
import time

from config.stack import environment, keys, places, processes, readiness
from config.stack.family import Family, family
from config.stack.places import ROOT, Places
from config.stack.terminal import Stop, say, step

TEND_EVERY_S = 0.1


def serve() -> int:
    say("Starting Parley")
    with contextlib.suppress(KeyboardInterrupt), family(places.of_environment()) as members:
        env = bring_up(members, places.web_port())
        _welcome(members.places, env)
        try:
            while True:
                members.tend()
                time.sleep(TEND_EVERY_S)
        except KeyboardInterrupt:
            say("\nStopping …")
    say("Parley has stopped.")
    return 0


def bring_up(members: Family, port: int, **chosen: str) -> dict[str, str]:
    """A whole stack, ready: web and workers answer. Returns the environment its processes have."""
    env = environment.secure(members.places, environment.servers(members) | chosen)
    env = environment.whole(members, env, port)
    if subprocess.run(
        [sys.executable, "-m", "config.stack.prepare"], cwd=ROOT, env=env, check=False
    ).returncode:
        raise Stop("Parley could not be prepared; the lines above say why.")
    with step("Web and workers"):
        for program in processes.of_stack(members.places, env, demo=environment.is_demo(env)):
            members.start(program)
        readiness.wait(members, port)
    return env


def _welcome(at: Places, env: dict[str, str]) -> None:
    lines = [f"\nParley is ready at {env['BASE_URL']}/"]
    if environment.is_demo(env):
        lines += [
            "  Look around   press “Open the demo workspace”",
            f"  Administer    {env['BASE_URL']}/admin/ as admin@example.com",
            f"  Password      {keys.value(at, 'ADMIN_PASSWORD')}",
            f"                kept in {keys.path(at, 'ADMIN_PASSWORD')}",
            f"  Its mails     {env['BASE_URL']}/demo/inbox",
        ]
    else:
        lines.append("  Make yourself an account in another terminal: ./run manage createsuperuser")
    lines += [f"  Logs          {at.log}", "  Stop          Ctrl-C\n"]
    print("\n".join(lines), flush=True)
