"""TLS checks the name that was asked for, while the guard dials the address it resolved to."""

from pathlib import Path

import pytest

from connectors.errors import Unavailable
from tests.connectors.certificates import server_context
from tests.connectors.outside import answering, http, names, response, serving

HERE = names(shop_example=["127.0.0.1"], other_example=["127.0.0.1"])


def test_a_name_is_checked_although_its_address_is_dialled(tmp_path: Path) -> None:
    with serving(
        answering(response(b'{"ok": true}')), tls=server_context(tmp_path, "shop.example")
    ) as server:
        reply = http("127.0.0.1", resolver=HERE).request("GET", f"https://shop.example:{server.port}/")

    assert reply.json == {"ok": True}


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(host: str, tmp_path: Path) -> None:
    with (
        serving(answering(response()), tls=server_context(tmp_path, "shop.example")) as server,
        pytest.raises(Unavailable, match="certificate"),
    ):
        http("127.0.0.1", resolver=HERE).request("GET", f"https://{host}:{server.port}/")


def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    unknown = server_context(tmp_path, "shop.example", is_trusted=False)
    with (
        serving(answering(response()), tls=unknown) as server,
        pytest.raises(Unavailable, match="certificate"),
    ):
        http("127.0.0.1", resolver=HERE).request("GET", f"https://shop.example:{server.port}/")
