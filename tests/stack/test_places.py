import socket
import stat
from pathlib import Path

import pytest

from config.stack import keys, places
from config.stack.places import Places
from config.stack.terminal import Stop


def test_a_long_path_still_gets_a_short_socket_folder_of_its_own(tmp_path: Path) -> None:
    deep = Places(tmp_path / ("d" * 100))

    folder = places.sockets(deep)

    assert len(str(folder)) < places.LONGEST_SOCKET_PATH
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.rmdir()


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sockets").mkdir(mode=0o755)

    with pytest.raises(Stop, match="open to others"):
        places.sockets(Places(tmp_path))


def test_a_steady_port_stays_until_another_program_takes_it(tmp_path: Path) -> None:
    kept = tmp_path / "port"
    port = places.steady_port(kept)

    assert places.steady_port(kept) == port
    with socket.create_server(("127.0.0.1", port)):
        assert places.steady_port(kept) != port


@pytest.mark.parametrize("asked", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_named_in_one_line(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", asked)

    with pytest.raises(Stop, match="PORT must be a number"):
        places.web_port()


def test_a_key_is_made_once_and_only_its_owner_may_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    at = Places(tmp_path)

    made = keys.value(at, "SECRET_KEY")

    assert keys.value(at, "SECRET_KEY") == made
    assert stat.S_IMODE(keys.path(at, "SECRET_KEY").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.path(at, "SECRET_KEY").parent.stat().st_mode) == 0o700


def test_a_key_from_the_environment_is_used_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "given")

    assert keys.value(Places(tmp_path), "SECRET_KEY") == "given"
    assert not keys.path(Places(tmp_path), "SECRET_KEY").exists()
