"""What a quiz page sends: one answer, where to go, and what the phone could not save so far."""

import json
from typing import Any

from django import forms
from django.http import QueryDict

SAVE, CHECK, SUBMIT, RECONNECTED = "save", "check", "submit", "reconnected"
MOST_IN_QUEUE = 200


class AnswerForm(forms.Form):
    """``before`` is the answer as the page showed it: who changed nothing has nothing to save."""

    data: QueryDict

    q = forms.IntegerField(min_value=1, max_value=32767)
    sequence = forms.IntegerField(min_value=0)
    mark = forms.BooleanField(required=False)
    before = forms.CharField(required=False, max_length=20_000, strip=False)
    go = forms.RegexField(rf"\A(?:{SAVE}|{CHECK}|{SUBMIT}|{RECONNECTED}|[0-9]{{1,4}})\Z", required=False)
    key = forms.CharField(required=False, max_length=64)
    queue = forms.JSONField(required=False)

    def clean_queue(self) -> list[dict]:
        """Answers in the words of ``submit_attempt``. What a value may be is asked there."""
        rows = self.cleaned_data["queue"] or []
        if not isinstance(rows, list) or len(rows) > MOST_IN_QUEUE or not all(map(_is_answer, rows)):
            raise forms.ValidationError("没存上的答案看不懂。")
        return [
            {"position": row["q"], "value": row["a"], "sequence": row["sequence"], "is_marked": row["mark"]}
            for row in rows
        ]

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.cleaned_data["value"] = [text for text in self.data.getlist("a") if isinstance(text, str)]
        return self.cleaned_data

    @property
    def is_changed(self) -> bool:
        """Whether the page was left differently from how it was shown."""
        return self.cleaned_data["before"] != shown(self.cleaned_data["value"], self.cleaned_data["mark"])


def shown(value: list[str] | None, is_marked: bool) -> str:
    """An answer as a form sends it, as one text to be compared with what comes back. Blanks keep their places."""
    return json.dumps([value if value and any(value) else [], is_marked], ensure_ascii=False)


def _is_answer(row: object) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("q"), int)
        and isinstance(row.get("sequence"), int)
        and isinstance(row.get("mark"), bool)
        and isinstance(row.get("a"), list)
    )
