from django import forms

from notifications import actions
from notifications.catalogue import SWITCHABLE, Category
from notifications.models import Preference, QuietHours

NOTES = {
    Category.TALK: "预约、改期，谈话前一小时",
    Category.STUDY: "截止前两天和当天上午",
    Category.ACTIVITY: "报名结果、候补转正，开始前一天",
    Category.PUSH: "每周推送，最多三条",
}


class WishesForm(forms.Form):
    """One's own switches. Every one is saved as soon as it is touched; the page posts all of them each time."""

    quiet = forms.BooleanField(required=False)
    start = forms.TimeField(
        error_messages={"required": "写一个开始时间。", "invalid": "时间写成 22:00 这样。"}
    )
    end = forms.TimeField(error_messages={"required": "写一个结束时间。", "invalid": "时间写成 07:30 这样。"})

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by
        for category in SWITCHABLE:
            self.fields[category.value] = forms.BooleanField(required=False)

    def save(self) -> None:
        data = self.cleaned_data
        actions.save_wishes(
            by=self.by,
            wanted={category.value: data[category.value] for category in SWITCHABLE},
            quiet=data["quiet"],
            start=data["start"],
            end=data["end"],
        )


def stored_wishes(user) -> dict:
    """The page's switches as they are in the database, by two queries."""
    no = set(Preference.objects.filter(person=user, wanted=False).values_list("category", flat=True))
    return {
        "switches": [
            {
                "name": category.value,
                "label": category.label,
                "note": NOTES[category],
                "on": category not in no,
            }
            for category in SWITCHABLE
        ],
        "hours": QuietHours.objects.filter(person=user).first() or QuietHours(person=user),
    }
