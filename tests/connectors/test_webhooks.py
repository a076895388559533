"""Whoever gets a webhook can tell that it is ours: the signature is that of Standard Webhooks."""

import base64

from connectors import webhooks

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
KNOWN = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""From the test vectors of the specification's reference libraries."""


def test_a_signature_is_the_one_that_the_reference_libraries_expect() -> None:
    assert webhooks.headers([KEY], webhook_id=ID, timestamp=AT, body=BODY) == [
        ("webhook-id", ID),
        ("webhook-timestamp", str(AT)),
        ("webhook-signature", KNOWN),
    ]


def test_while_a_secret_is_replaced_both_sign() -> None:
    new = webhooks.new_secret()
    signature = dict(webhooks.headers([new, KEY], webhook_id=ID, timestamp=AT, body=BODY))[
        "webhook-signature"
    ]

    first, second = signature.split()
    assert second == KNOWN
    assert first.startswith("v1,")
    assert first != KNOWN


def test_secrets_are_long_and_never_the_same() -> None:
    made = {webhooks.new_secret() for _ in range(50)}

    assert len(made) == 50
    assert {len(base64.b64decode(key.removeprefix("whsec_"))) for key in made} == {32}
