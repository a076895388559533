"""Which private addresses did the operator open? The entries of OUTBOUND_ALLOW, `CIDR[:port]`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

ENTRY = re.compile(
    r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[0-9.]+))(?P<length>/\d{1,3})?(?::(?P<port>\d{1,5}))?"
)


@dataclass(frozen=True)
class Allowance:
    network: IPv4Network | IPv6Network
    port: int | None
    """None: every port."""

    def covers(self, address: IPv4Address | IPv6Address, port: int) -> bool:
        return self.port in (None, port) and address in self.network


def parse(entries: Iterable[str]) -> tuple[Allowance, ...]:
    return _parse(tuple(entries))


@lru_cache(maxsize=32)
def _parse(entries: tuple[str, ...]) -> tuple[Allowance, ...]:
    return tuple(_allowance(entry) for entry in entries)


def _allowance(entry: str) -> Allowance:
    """`127.0.0.1:8025`, `10.1.0.0/16`, `[::1]:8025`, `fd00::/8`; ValueError for anything else."""
    if parts := ENTRY.fullmatch(entry.strip()):
        network = (parts["six"] or parts["four"]) + (parts["length"] or "")
        return Allowance(ip_network(network, strict=False), int(parts["port"]) if parts["port"] else None)
    return Allowance(ip_network(entry.strip(), strict=False), None)
