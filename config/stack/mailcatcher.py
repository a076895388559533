"""The demo's post office: takes every mail, delivers none; they are kept as a Maildir (config.demo.inbox)."""

import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

LARGEST_MAIL_BYTES = 30_000_000


def main(address: str, kept: str) -> None:
    host, _, port = address.rpartition(":")
    office = Controller(
        Mailbox(Path(kept)),
        hostname=host,
        port=int(port),
        data_size_limit=LARGEST_MAIL_BYTES,
        enable_SMTPUTF8=True,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    office.start()
    try:
        signal.pause()
    except KeyboardInterrupt:
        office.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
