"""The school's calendar. College and university keep it."""

from django.contrib import admin

from accounts.admin.steps.calendar import ChangeDay, ChangeTerm, LoadHolidays, SaveDay, SaveTerm
from core.admin import PortalAdmin
from core.calendar import CalendarDay, Term


@admin.register(Term)
class TermAdmin(PortalAdmin):
    view_right = "core.change_calendar"
    list_display = ["name", "starts_on", "ends_on"]
    fields = ["name", ("starts_on", "ends_on")]
    list_steps = (SaveTerm,)
    row_steps = (ChangeTerm,)


@admin.register(CalendarDay)
class CalendarDayAdmin(PortalAdmin):
    view_right = "core.change_calendar"
    list_display = ["day", "kind", "name", "provisional"]
    list_filter = ["kind", "provisional"]
    date_hierarchy = "day"
    fields = ["day", "kind", "name", "provisional"]
    list_steps = (SaveDay, LoadHolidays)
    row_steps = (ChangeDay,)
