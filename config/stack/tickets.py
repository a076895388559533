"""The demo's ticket desk: an HTTP service that files tickets (POST /tickets) and lists them (GET /tickets).

A repeated Idempotency-Key gets the ticket that the first call made.
"""

import json
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FIRST_NUMBER = 7001
LARGEST_BODY_BYTES = 1_000_000


class Desk:
    """All tickets, in memory and, one JSON line each, in a file that outlives the process."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self.tickets: list[dict[str, Any]] = []
        if kept.exists():
            self.tickets = [json.loads(line) for line in kept.read_text().splitlines()]

    def file(self, fields: dict[str, Any], key: str) -> dict[str, Any]:
        with self._lock:
            for ticket in self.tickets:
                if key and ticket["idempotency_key"] == key:
                    return ticket
            ticket = {
                **fields,
                "id": f"T-{FIRST_NUMBER + len(self.tickets)}",
                "status": "open",
                "created_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "idempotency_key": key,
            }
            with self._kept.open("a") as kept:
                kept.write(json.dumps(ticket) + "\n")
            self.tickets.append(ticket)
            return ticket


class Counter(BaseHTTPRequestHandler):
    """Speaks HTTP for the desk."""

    protocol_version = "HTTP/1.1"
    desk: Desk

    def do_GET(self) -> None:
        if self.path == "/tickets":
            self._answer(200, {"tickets": self.desk.tickets})
        else:
            self._answer(404, {"error": "Only /tickets is here."})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY_BYTES:
            self.close_connection = True
            self._answer(411, {"error": "Send a body of at most 1 MB with its Content-Length."})
            return
        body = self.rfile.read(int(length))
        if self.path != "/tickets":
            self._answer(404, {"error": "File tickets at /tickets."})
            return
        try:
            fields = json.loads(body)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            self._answer(422, {"error": "A ticket is a JSON object."})
            return
        self._answer(201, self.desk.file(fields, self.headers.get("Idempotency-Key", "")))

    def log_message(self, format: str, *args: object) -> None:
        print(format % args, file=sys.stderr)

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(address: str, kept: str) -> None:
    host, _, port = address.rpartition(":")
    Counter.desk = Desk(Path(kept))
    ThreadingHTTPServer((host, int(port)), Counter).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
