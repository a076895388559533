"""The demo agent *Mia, store support* and her workflows, as the documents the editor shows."""

from connectors.declare import JSON

type Document = dict[str, JSON]

AGENT: Document = {
    "name": "Mia, store support",
    "persona": "You are Mia, the friendly support agent of the Northwind store. You are brief and concrete.",
    "objective": "Tell customers where their order is, and refund orders that arrived broken.",
    "language": "en",
    "time_zone": "Europe/Berlin",
    "channels": ["chat", "call"],
    "variables": [
        {
            "name": "first_name",
            "type": "string",
            "description": "What to call the person.",
            "sample": "Jonas",
            "required": False,
        },
        {
            "name": "shop_country",
            "type": "string",
            "description": "Country of the shop the person came from.",
            "sample": "DE",
            "required": False,
        },
    ],
    "secure_metadata": [{"name": "customer_id", "description": "The shop's own id of the customer."}],
    "analysis": [
        {
            "name": "Intent",
            "key": "intent",
            "type": "enum",
            "choices": ["order_status", "refund", "other"],
            "description": "What did the person want?",
        },
        {
            "name": "Order number",
            "key": "order_number",
            "type": "number",
            "description": "The order the conversation was about.",
        },
        {
            "name": "Resolved",
            "key": "resolved",
            "type": "boolean",
            "description": "Was the person's question answered?",
        },
    ],
}


def flow(*, look_up: str, refund: str) -> Document:
    """Her conversation flow; `look_up` and `refund` are the ids of her action workflows."""
    return {
        "nodes": [
            {
                "id": "n_demostart",
                "type": "start",
                "name": "Hello",
                "message": {
                    "inbound": "Hi {{ variables.first_name | default: 'there' }}, "
                    "this is Mia from Northwind. How can I help?"
                },
                "suggested_replies": ["Where is order 1042?", "I want my money back"],
                "outcomes": [_outcome("o_demoalways", "always", "", "n_demoneed01")],
            },
            {
                "id": "n_demoneed01",
                "type": "turn",
                "name": "Find the need",
                "instructions": {
                    "shared": "Find out what they need. Where an order is, @look_up_order knows; to pay an "
                    "order back there is @refund_order."
                },
                "outcomes": [
                    _outcome("o_demostatus", "Order status", "They ask where an order is.", "n_demolookup"),
                    _outcome("o_demorefund", "Refund", "They want their money back.", "n_demorefund"),
                    _outcome("o_demoperson", "Ask for a person", "They want a human.", "n_demohand01"),
                    _outcome("o_demofinish", "Goodbye", "They need nothing more.", "n_demobye001"),
                ],
            },
            {
                "id": "n_demolookup",
                "type": "workflow",
                "name": "Look up the order",
                "workflow": look_up,
                "outcomes": {
                    "succeeded": "n_demoelse01",
                    "failed": "n_demoelse01",
                    "timed_out": "n_demoelse01",
                },
            },
            {
                "id": "n_demorefund",
                "type": "workflow",
                "name": "Refund the order",
                "workflow": refund,
                "outcomes": {
                    "succeeded": "n_demoelse01",
                    "failed": "n_demoelse01",
                    "timed_out": "n_demohand01",
                },
            },
            {
                "id": "n_demoelse01",
                "type": "turn",
                "name": "Anything else?",
                "instructions": {"shared": "Ask whether there is anything else."},
                "outcomes": [
                    _outcome("o_demoyes001", "Yes", "They have another question or wish.", "n_demoneed01"),
                    _outcome("o_demohuman1", "Ask for a person", "They want a human.", "n_demohand01"),
                    _outcome("o_demono0001", "No", "They need nothing more.", "n_demobye001"),
                ],
            },
            {
                "id": "n_demohand01",
                "type": "end",
                "name": "Hand over",
                "mode": "transfer",
                "destination": "Support line",
                "message": "I am putting you through to a colleague. One moment, please.",
            },
            {
                "id": "n_demobye001",
                "type": "end",
                "name": "Say goodbye",
                "message": "Thank you for talking to Northwind. Goodbye!",
            },
        ]
    }


def _outcome(id_: str, name: str, description: str, to: str) -> JSON:
    return {"id": id_, "name": name, "description": description, "to": to}


ORDER_NUMBER: JSON = {
    "name": "order_number",
    "type": "integer",
    "description": "The number on the receipt, such as 1042.",
    "required": True,
    "source": "spoken",
    "sample": 1042,
}

LOOK_UP_ORDER: Document = {
    "schema": 1,
    "settings": {
        "name": "look_up_order",
        "description": "Find out where an order is and when it arrives. Use it when asked about an order.",
        "message": {"mode": "custom", "text": "One moment, I am looking that up."},
        "deadline_s": 20,
        "variables": [ORDER_NUMBER],
        "response": [
            {
                "name": "found",
                "type": "boolean",
                "description": "Whether there is such an order.",
                "value": "{{ steps.find_order.output.found }}",
            },
            {
                "name": "status",
                "type": "string",
                "description": "Where the order is now.",
                "value": "{{ steps.find_order.output.status }}",
            },
            {
                "name": "eta",
                "type": "string",
                "description": "The day it should arrive, if it is on its way.",
                "value": "{{ steps.find_order.output.eta }}",
            },
        ],
    },
    "steps": [
        {
            "id": "s_demofindorder",
            "slug": "find_order",
            "label": "Find order",
            "action": "demo_store.find_order@1",
            "inputs": {"order_number": "{{ action.order_number }}"},
        }
    ],
}

REFUND_ORDER: Document = {
    "schema": 1,
    "settings": {
        "name": "refund_order",
        "description": "Pay an order back after the person confirmed its number.",
        "message": {
            "mode": "custom",
            "text": "I am starting the refund now.",
            "delayed": {"after_ms": 4000, "text": "Still on it."},
            "failure": "The refund did not work just now. A colleague will take over.",
        },
        "deadline_s": 30,
        "variables": [ORDER_NUMBER],
        "response": [
            {
                "name": "refund_id",
                "type": "string",
                "description": "The number of the refund.",
                "value": "{{ steps.refund.output.refund_id }}",
            },
            {
                "name": "amount",
                "type": "number",
                "description": "The amount paid back, in euros.",
                "value": "{{ steps.refund.output.amount }}",
            },
        ],
    },
    "steps": [
        {
            "id": "s_demorefundfind",
            "slug": "find_order",
            "label": "Find order",
            "action": "demo_store.find_order@1",
            "inputs": {"order_number": "{{ action.order_number }}"},
        },
        {
            "id": "s_demorefundpay",
            "slug": "refund",
            "label": "Refund order",
            "action": "demo_store.refund_order@1",
            "inputs": {
                "order_number": "{{ steps.find_order.output.number }}",
                "reason": "Arrived broken",
            },
        },
    ],
}


def after_the_conversation(tickets: str, mail: str) -> Document:
    """The post-conversation workflow; `tickets` and `mail` are the ids of the demo's connections."""
    return {
        "schema": 1,
        "settings": {
            "name": "After the conversation",
            "description": "Files a ticket, thanks the customer, tells the team what is still open, "
            "and asks two days later whether all is well.",
            "enabled": True,
        },
        "steps": [
            {
                "id": "s_demoticket01",
                "slug": "file_a_ticket",
                "label": "File a ticket",
                "action": "rest.request@1",
                "connection": tickets,
                "inputs": {
                    "method": "POST",
                    "path": "/tickets",
                    "body": {
                        "kind": "json",
                        "value": {
                            "subject": "Talk with {{ conversation.customer.name | default: 'a customer' }}",
                            "order_number": "{{ analysis.order_number | default: 0 }}",
                            "intent": "{{ analysis.intent | default: 'other' }}",
                            "transcript": "{{ conversation.transcript_text }}",
                        },
                    },
                },
            },
            {
                "id": "s_demovalues01",
                "slug": "prepare_the_mail",
                "label": "Prepare the mail",
                "action": "flow.set_values@1",
                "inputs": {
                    "values": [
                        {
                            "name": "greeting",
                            "value": "Hi {{ variables.first_name | default: 'there' }}",
                        },
                        {"name": "ticket", "value": "{{ steps.file_a_ticket.output.body.id }}"},
                    ]
                },
            },
            {
                "id": "s_demothanks01",
                "slug": "thank_the_customer",
                "label": "Thank the customer",
                "action": "email.send@1",
                "connection": mail,
                "inputs": {
                    "to": "{{ conversation.customer.email }}",
                    "subject": "Your conversation with Mia ({{ steps.prepare_the_mail.output.ticket }})",
                    "text": "{{ steps.prepare_the_mail.output.greeting }},\n\n"
                    "thank you for talking to us. We keep your case under "
                    "{{ steps.prepare_the_mail.output.ticket }}.\n\nMia, Northwind store",
                },
            },
            {
                "id": "s_demosplit001",
                "slug": "was_it_solved",
                "label": "Was it solved?",
                "action": "flow.split@1",
                "inputs": {"mode": "first"},
                "branches": [
                    {
                        "id": "b_demoopen0001",
                        "label": "Not solved",
                        "when": {"all": [{"left": "{{ analysis.resolved }}", "op": "is_false"}]},
                        "steps": [_tell_the_team(mail)],
                    },
                    {"id": "b_demosolved01", "label": "Otherwise", "otherwise": True, "steps": []},
                ],
            },
            {
                "id": "s_demowait0001",
                "slug": "wait_two_days",
                "label": "Wait two days",
                "action": "flow.delay@1",
                "inputs": {"mode": "for", "amount": 2, "unit": "days"},
            },
            {
                "id": "s_demoask00001",
                "slug": "ask_if_all_is_well",
                "label": "Ask if all is well",
                "action": "email.send@1",
                "connection": mail,
                "inputs": {
                    "to": "{{ conversation.customer.email }}",
                    "subject": "Is everything all right?",
                    "text": "{{ steps.prepare_the_mail.output.greeting }},\n\n"
                    "two days ago you talked to Mia. Did everything work out? Just answer this mail.\n\n"
                    "Mia, Northwind store",
                },
            },
        ],
    }


def _tell_the_team(mail: str) -> Document:
    return {
        "id": "s_demoteam0001",
        "slug": "tell_the_team",
        "label": "Tell the team",
        "action": "email.send@1",
        "connection": mail,
        "inputs": {
            "to": "support@northwind.example",
            "subject": "Still open: {{ steps.prepare_the_mail.output.ticket }}",
            "text": "{{ conversation.customer.name | default: 'A customer' }} left without an answer.\n\n"
            "{{ conversation.transcript_text }}",
        },
    }
