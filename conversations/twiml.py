"""What is Twilio told to do with a call? Its markup, built by a library and never by hand."""

from xml.etree import ElementTree as Tree

RESPONSE = "Response"


def relay(*, socket: str, after: str, attributes: dict[str, str], ticket: str) -> str:
    """Hands the call to a websocket; when that is over Twilio asks `after` how to go on."""
    response = Tree.Element(RESPONSE)
    connect = Tree.SubElement(response, "Connect", action=after, method="POST")
    noun = Tree.SubElement(connect, "ConversationRelay", {"url": socket, **attributes})
    Tree.SubElement(noun, "Parameter", name="ticket", value=ticket)
    return _text(response)


def dial(destination: str) -> str:
    """A number, or a SIP address."""
    response = Tree.Element(RESPONSE)
    dial = Tree.SubElement(response, "Dial")
    if destination.startswith("sip:"):
        Tree.SubElement(dial, "Sip").text = destination
    else:
        Tree.SubElement(dial, "Number").text = destination
    return _text(response)


def hang_up() -> str:
    response = Tree.Element(RESPONSE)
    Tree.SubElement(response, "Hangup")
    return _text(response)


def _text(response: Tree.Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + Tree.tostring(response, encoding="unicode")
