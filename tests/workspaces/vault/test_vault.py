"""A ciphertext opens only in its own place, and a clear value does not slip out."""

import copy
import json
import pickle
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured

from workspaces import vault
from workspaces.errors import VaultError
from workspaces.ids import uuid7
from workspaces.vault import keyring

VALUE = "correct horse battery staple"
PLACE = "secret:1:1"


@dataclass
class Holder:
    """A workspace as the vault sees it, without a database."""

    id: UUID = field(default_factory=uuid7)
    wrapped_key: str = ""

    def stored_key(self) -> str:
        return self.wrapped_key

    def keep_key(self, wrapped: str, *, instead_of: str) -> str:
        if self.wrapped_key == instead_of:
            self.wrapped_key = wrapped
        return self.wrapped_key


def test_a_value_comes_back_from_its_place() -> None:
    holder = Holder()

    token = vault.encrypt(holder, VALUE, bound_to=PLACE)

    assert VALUE not in token
    assert vault.decrypt(holder, token, bound_to=PLACE).reveal() == VALUE


def test_the_same_value_never_looks_the_same_twice() -> None:
    holder = Holder()

    tokens = {vault.encrypt(holder, VALUE, bound_to=PLACE) for _ in range(20)}

    assert len(tokens) == 20


@pytest.mark.parametrize("elsewhere", ["secret:2:1", "secret:1:2", "connection:1:1", "secret:1:1 ", ""])
def test_a_ciphertext_moved_to_another_field_or_version_is_refused(elsewhere: str) -> None:
    holder = Holder()
    token = vault.encrypt(holder, VALUE, bound_to=PLACE)

    with pytest.raises(VaultError):
        vault.decrypt(holder, token, bound_to=elsewhere)


def test_a_ciphertext_moved_to_another_workspace_is_refused() -> None:
    here, there = Holder(), Holder()
    token = vault.encrypt(here, VALUE, bound_to=PLACE)
    vault.encrypt(there, VALUE, bound_to=PLACE)

    with pytest.raises(VaultError):
        vault.decrypt(there, token, bound_to=PLACE)


def test_a_ciphertext_moved_together_with_its_key_is_refused() -> None:
    here = Holder()
    token = vault.encrypt(here, VALUE, bound_to=PLACE)

    with pytest.raises(VaultError):
        vault.decrypt(Holder(wrapped_key=here.wrapped_key), token, bound_to=PLACE)


@pytest.mark.parametrize(
    "damaged", ["", "v1:", "v1:AAAA", "v2:AAAA", "v1:" + "A" * 100, "v1:ö", "plain text"]
)
def test_what_is_not_a_ciphertext_is_refused(damaged: str) -> None:
    holder = Holder()
    vault.encrypt(holder, VALUE, bound_to=PLACE)

    with pytest.raises(VaultError):
        vault.decrypt(holder, damaged, bound_to=PLACE)


def test_nothing_can_be_decrypted_before_a_workspace_has_a_key() -> None:
    with pytest.raises(VaultError):
        vault.decrypt(Holder(), "v1:AAAA", bound_to=PLACE)


def test_a_clear_value_does_not_print_format_copy_or_serialise() -> None:
    secret = vault.Secret(VALUE)

    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        f"{secret:>40}",
        "{}".format(secret),  # noqa: UP032
        repr([secret]),
    ]

    assert not [text for text in shown if VALUE in text]
    for leak in (pickle.dumps, json.dumps, copy.deepcopy, hash, lambda value: value == VALUE):
        with pytest.raises(TypeError):
            leak(secret)


@pytest.mark.parametrize(
    "text",
    ["", ",", "short:AAAA", "nothing", "k:!!!", ":" + "A" * 44, "k:" + "A" * 43 + "=,k:" + "B" * 43 + "="],
)
def test_a_bad_list_of_keys_is_refused_without_showing_a_key(text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        keyring.parse(text)

    assert "AAAA" not in str(refused.value)
