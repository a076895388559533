"""How does a call come in, and how does it go on afterwards? One conversation for each call of Twilio's.

A ticket goes with the call from our own markup to the websocket: a signed handshake that somebody has seen
opens nothing by itself, and the numbers are those that Twilio told us in a signed request.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from django.core import signing

from conversations.models import Conversation, PhoneLine
from conversations.services import ending, starting
from conversations.services.starting import Opening

SALT = "parley.call"
TICKET_S = 15 * 60
DIALLED = re.compile(r"\+?[0-9][0-9 ()/.-]{2,30}|sip:[A-Za-z0-9_.+-]+@[A-Za-z0-9.:-]{1,200}")


@dataclass(frozen=True)
class Call:
    sid: str
    caller: str
    called: str
    is_outbound: bool

    @property
    def person(self) -> str:
        return self.called if self.is_outbound else self.caller


def ticket(line: PhoneLine, call: Call) -> str:
    return signing.dumps([line.pk.hex, call.sid, call.caller, call.called, call.is_outbound], salt=SALT)


def call_of(line: PhoneLine, ticket: str, sid: str) -> Call | None:
    """None when the ticket is not ours, too old, or of another line or call."""
    try:
        line_id, *values = signing.loads(ticket, salt=SALT, max_age=TICKET_S)
        call = Call(*values)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return call if UUID(line_id) == line.pk and call.sid == sid else None


def answer(line: PhoneLine, call: Call) -> Conversation:
    """The same call again, after a broken line, goes on where it was. Raises InputInvalid."""
    opening = Opening(
        agent=line.agent,
        channel="call",
        direction="outbound" if call.is_outbound else "inbound",
        customer={"phone": call.person[:320]} if call.person else {},
        metadata={"twilio_call": call.sid},
        external_id=external_id(call.sid),
    )
    return starting.start(opening).conversation


def find(line: PhoneLine, sid: str) -> Conversation | None:
    rows = Conversation.objects.select_related("workspace", "agent__live_version", "agent_version")
    found: Conversation | None = rows.filter(agent_id=line.agent_id, external_id=external_id(sid)).first()
    return found


def hung_up(conversation: Conversation) -> None:
    ending.end(conversation, by="person")


def transferred_to(conversation: Conversation) -> str:
    """A number or a SIP address; empty when it is not transferred, or to what no telephone can dial."""
    destination = conversation.ended_reason.strip() if conversation.ended_by == "transfer" else ""
    return destination if DIALLED.fullmatch(destination) else ""


def external_id(sid: str) -> str:
    return f"twilio:{sid}"[:200]
