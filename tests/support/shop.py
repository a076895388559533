"""A customer's web site for tests: one page, whatever is put in it, on two origins that are not Parley's."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Shop:
    def __init__(self) -> None:
        self.body = ""
        shop = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = (
                    f"<!doctype html><html lang=en><title>Shop</title><main><h1>Shop</h1></main>{shop.body}"
                )
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        port = self._server.server_address[1]
        self.origin, self.other_origin = f"http://localhost:{port}", f"http://127.0.0.1:{port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
