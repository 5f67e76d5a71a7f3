"""Keeping terms, holidays and make-up workdays."""

from django import forms
from django.utils import timezone

from core import actions
from core.calendar import CalendarDay, load_holidays
from core.steps import DateField, Step


class SaveTerm(Step):
    slug, title, icon = "add", "添加学期", "add"
    right = "core.change_calendar"
    button = "保存"
    name = forms.CharField(label="名称", max_length=40, help_text="例如“2026—2027 学年第一学期”。")
    starts_on = DateField(label="第一天")
    ends_on = DateField(label="最后一天")

    def run(self):
        actions.save_term(term=self.row, by=self.by, **self.cleaned_data)
        return "已保存。"


class ChangeTerm(SaveTerm):
    slug, title, icon = "change", "修改", "edit"

    def __init__(self, *args, row, **kwargs):
        initial = {"name": row.name, "starts_on": row.starts_on, "ends_on": row.ends_on}
        super().__init__(*args, row=row, initial=initial, **kwargs)


class SaveDay(Step):
    slug, title, icon = "add", "添加日期", "add"
    right = "core.change_calendar"
    button = "保存"
    on = DateField(label="日期")
    kind = forms.ChoiceField(label="类型", choices=CalendarDay.Kind.choices)
    name = forms.CharField(label="名称", max_length=40)
    provisional = forms.BooleanField(
        label="暂定", required=False, help_text="正式通知公布后，暂定的日期会被替换。"
    )

    def run(self):
        actions.save_day(day=self.row, by=self.by, **self.cleaned_data)
        return "已保存。"


class ChangeDay(SaveDay):
    slug, title, icon = "change", "修改", "edit"

    def __init__(self, *args, row, **kwargs):
        initial = {"on": row.day, "kind": row.kind, "name": row.name, "provisional": row.provisional}
        super().__init__(*args, row=row, initial=initial, **kwargs)


class LoadHolidays(Step):
    slug, title, icon = "load", "载入节假日", "event_available"
    right = "core.change_calendar"
    note = (
        "按国务院办公厅公布的放假安排填写全年；还没有公布的年份只填法定节日，并标为暂定。已有的日期保持原样。"
    )
    button = "载入"
    year = forms.IntegerField(
        label="年份", min_value=2020, max_value=2100, initial=lambda: timezone.localdate().year
    )

    def run(self):
        new = load_holidays(year=self.cleaned_data["year"], by=self.by)
        return f"新增 {new} 天。"
