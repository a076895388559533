"""Security S1: which addresses may be dialled, decided on what the name resolves to."""

import pytest

from connectors.errors import Blocked, ConnectorError, Unavailable
from connectors.outbound import allowances, guard
from connectors.outbound.guard import Guard
from tests.connectors.outside import names

DENIED = """
    127.0.0.1 127.1 0 0.0.0.0 2130706433 0x7f000001 0177.0.0.1 0x7f.1 169.254.169.254 0xA9FEA9FE 2852039166
    168.63.129.16 100.64.0.1 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 192.0.0.1 192.0.2.1 192.88.99.1
    198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255
    :: ::1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1
    2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%lo fec0::1 ff02::1
""".split()  # noqa: SIM905
PUBLIC = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946")


def a_guard(*allow: str, **known: list[str]) -> Guard:
    return Guard(ports=guard.HTTP_PORTS, allow=allowances.parse(allow), resolve=names(**known))


@pytest.mark.parametrize("address", DENIED)
def test_a_private_or_special_address_is_refused_in_every_spelling(address: str) -> None:
    with pytest.raises(Blocked):
        a_guard().addresses(address, 443)


@pytest.mark.parametrize("address", DENIED)
def test_a_name_that_leads_to_a_denied_address_is_refused(address: str) -> None:
    resolved = names()(address, 1)[0] if ":" not in address else address

    with pytest.raises(Blocked):
        a_guard(shop_example=[resolved]).addresses("shop.example", 443)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_given_back_to_be_dialled(address: str) -> None:
    assert a_guard(shop_example=[address]).addresses("shop.example", 443) == [address]


@pytest.mark.parametrize("private", ["127.0.0.1", "::1", "10.0.0.7", "fd00::7", "169.254.169.254"])
@pytest.mark.parametrize("private_comes_first", [True, False])
def test_one_private_address_among_public_ones_refuses_the_name(
    private: str, private_comes_first: bool
) -> None:
    answers = [private, *PUBLIC] if private_comes_first else [*PUBLIC, private]

    with pytest.raises(Blocked):
        a_guard(shop_example=answers).addresses("shop.example", 443)


@pytest.mark.parametrize("port", [1, 21, 22, 25, 5432, 6379, 11211, 65535])
def test_a_port_that_is_not_of_the_web_is_refused(port: int) -> None:
    with pytest.raises(Blocked):
        a_guard(shop_example=list(PUBLIC)).addresses("shop.example", port)


@pytest.mark.parametrize("host", ["parley.example", "PARLEY.example", "parley.example."])
def test_parleys_own_name_is_refused_even_on_a_public_address(host: str) -> None:
    own = Guard(
        ports=guard.HTTP_PORTS,
        own_hosts=frozenset({"parley.example"}),
        resolve=lambda _host, _seconds: PUBLIC,
    )

    with pytest.raises(Blocked):
        own.addresses(host, 443)


def test_denied_closed_and_unknown_read_the_same() -> None:
    def told(guard: Guard) -> str:
        with pytest.raises(ConnectorError) as refused:
            guard.dial("shop.example", 8080, timeout_s=1)
        return str(refused.value)

    denied = told(a_guard(shop_example=["10.0.0.1"]))
    unknown = told(a_guard())
    closed = told(a_guard("127.0.0.9/32", shop_example=["127.0.0.9"]))

    assert denied == unknown == closed


def test_an_unknown_name_may_be_tried_again() -> None:
    with pytest.raises(Unavailable):
        a_guard().addresses("nowhere.example", 443)


@pytest.mark.parametrize(
    ("entry", "address", "port", "is_open"),
    [
        ("127.0.0.1/32:8025", "127.0.0.1", 8025, True),
        ("127.0.0.1:8025", "127.0.0.1", 8025, True),
        ("127.0.0.1:8025", "127.0.0.1", 8026, False),
        ("127.0.0.1:8025", "127.0.0.2", 8025, False),
        ("10.1.0.0/16", "10.1.2.3", 5432, True),
        ("10.1.0.0/16", "10.2.0.1", 443, False),
        ("[::1]:8025", "::1", 8025, True),
        ("[::1]/128:8025", "::1", 8025, True),
        ("[fd00::]/8", "fd12::7", 443, True),
        ("fd00::/8", "fd12::7", 443, True),
        ("127.0.0.1", "::ffff:127.0.0.1", 443, False),
    ],
)
def test_the_operator_opens_exactly_what_is_listed(
    entry: str, address: str, port: int, is_open: bool
) -> None:
    if is_open:
        assert a_guard(entry).addresses(address, port) == [address]
    else:
        with pytest.raises(Blocked):
            a_guard(entry).addresses(address, port)


@pytest.mark.parametrize("entry", ["localhost:80", "10.0.0.0/40", "*", "1.2.3.4:http", "[::1", "::1:80:90/x"])
def test_an_unreadable_allowance_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        allowances.parse([entry])
