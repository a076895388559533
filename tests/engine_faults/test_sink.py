"""The judge's own eyes: the sink tells when something came to its door, however late it reads it."""

import smtplib
import socket
import time

from tests.engine_faults.world.whole import World

PUT = b"PUT /ok/x HTTP/1.1\r\nHost: sink\r\nIdempotency-Key: put\r\nContent-Length: 2\r\n\r\n{}"
SLACK_S = 0.01


def test_what_comes_to_a_sink_that_sleeps_is_noted_with_the_time_at_which_it_came(world: World) -> None:
    mail = smtplib.SMTP("127.0.0.1", world.sink.smtp)
    mail.ehlo()
    mail.mail("a@example.com")
    mail.rcpt("ok@example.com")
    mail.docmd("DATA")
    with world.sink.asleep():
        began = time.time()
        mail.send(b"Message-ID: <mail@example.com>\r\n\r\nHello.\r\n.\r\n")
        request = socket.create_connection(("127.0.0.1", world.sink.http))
        request.sendall(PUT)
        sent = time.time()
        time.sleep(0.5)
    world.sink.expect(2)
    request.close()
    mail.close()

    for line in world.sink.lines():
        assert began - SLACK_S <= line["at"] <= sent + SLACK_S, line
