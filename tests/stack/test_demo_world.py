import smtplib
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

from config.demo import inbox
from config.stack import places, tickets


def test_a_repeated_ticket_is_filed_once(tmp_path: Path) -> None:
    desk = tickets.Desk(tmp_path / "tickets.jsonl")

    first = desk.file({"subject": "Broken"}, "key-1")
    again = desk.file({"subject": "Broken"}, "key-1")
    other = desk.file({"subject": "Late"}, "")

    assert again == first
    assert other["id"] != first["id"]


def test_tickets_outlive_the_desk(tmp_path: Path) -> None:
    tickets.Desk(tmp_path / "tickets.jsonl").file({"subject": "Broken"}, "key-1")

    reopened = tickets.Desk(tmp_path / "tickets.jsonl")

    assert [ticket["subject"] for ticket in reopened.tickets] == ["Broken"]


def test_the_inbox_shows_caught_mails_newest_first_with_blind_copies(tmp_path: Path) -> None:
    office = Controller(Mailbox(tmp_path / "mail"), hostname="127.0.0.1", port=places.free_port())
    office.start()
    with smtplib.SMTP("127.0.0.1", office.port) as post:
        for subject in ("First", "Second"):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = "mia@example.com", "ann@example.com", subject
            mail.set_content("Thank you, Ann.")
            post.send_message(mail, to_addrs=["ann@example.com", "blind@example.com"])
    office.stop()

    second, first = inbox.mails(tmp_path / "mail")

    assert (first.subject, second.subject) == ("First", "Second")
    assert second.sender == "mia@example.com"
    assert "blind@example.com" in second.recipients
    assert second.text.strip() == "Thank you, Ann."
