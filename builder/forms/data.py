"""What the page about data accepts: days to keep, whose data to erase, and the word that confirms it."""

from django import forms

from conversations.services.erasing import BY


class RetentionForm(forms.Form):
    payload_days = forms.IntegerField(
        error_messages={"required": "Enter a number of days.", "invalid": "Enter a number of days."}
    )
    run_days = forms.IntegerField(
        error_messages={"required": "Enter a number of days.", "invalid": "Enter a number of days."}
    )


class EraseForm(forms.Form):
    by = forms.ChoiceField(choices=list(BY.items()), error_messages={"required": "Choose one."})
    value = forms.CharField(required=False, max_length=320)
