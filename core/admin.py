"""The back office: one site that lets in nothing it does not know, and the base of every page on it.

Reading is Django's admin, narrowed to what the person may see. Writing is never a model form: every change is a
button with a small form (``core.steps``) that calls an action, so an administrator's change is locked, audited
and announced like any other (``reliability.md`` C4, §3.6).
"""

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from core.steps import StepPages

# Packages whose models are nobody's business here: grants, tokens, sessions, schedules and raw logs.
SHUT_OUT = {"admin", "auth", "axes", "contenttypes", "django_celery_beat", "guardian", "sessions"}

_OF_A_CHOICE = ("exact", "in", "isnull")
_OF_A_DAY = ("year", "month", "day", "gte", "lt")


class Suggestions(AutocompleteJsonView):
    """What fields that are filled by typing offer: rows of the list page, in its words and within its scope."""

    def serialize_result(self, obj, to_field_name):
        return {"id": str(obj.pk), "text": self.model_admin.suggestion(obj)}


class PortalSite(UnfoldAdminSite):
    """Takes page classes derived from ``PortalAdmin`` only, so that a forgotten scope cannot be registered."""

    index_title = "本月，我的支部"

    def register(self, model_or_iterable, admin_class=None, **options):
        """Register as Django does; packages in ``SHUT_OUT`` are left out, anything else unknown stops the start."""
        if admin_class is not None and issubclass(admin_class, PortalAdmin):
            super().register(model_or_iterable, admin_class, **options)
            return
        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple)) else [model_or_iterable]
        if unknown := {model._meta.app_label for model in models} - SHUT_OUT:
            raise ImproperlyConfigured(
                f"{admin_class} does not derive from core.admin.PortalAdmin: derive it, or shut out {unknown}."
            )

    def autocomplete_view(self, request):
        return Suggestions.as_view(admin_site=self)(request)

    def search(self, request, extra_context=None):
        """Closed: unfold keeps results in a cache that outlives the rights they were found with."""
        raise Http404


class PortalAdmin(StepPages, ModelAdmin):
    """A page of the back office. Subclasses say which right opens it and which rows are whose.

    ``view_right`` opens list and detail. ``rows(user, right)`` returns the rows on which ``user`` holds
    ``right``; where rows belong to no branch (the calendar, the outbox) the right anywhere shows everything.
    The buttons are ``row_steps`` and ``list_steps`` of ``core.steps.StepPages``.
    """

    view_right = ""
    list_per_page = 50
    show_full_result_count = False

    def rows(self, user, right: str):
        """The rows on which ``user`` holds ``right``."""
        rows = self.model._default_manager.all()
        return rows if right in user.rights else rows.none()

    def get_queryset(self, request):
        rows = self.rows(request.user, self.view_right)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def suggestion(self, row) -> str:
        """How a row reads where it is chosen by typing."""
        return str(row)

    # What Django asks. No model form ever writes; every button asks for its own right.

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        if not request.user.is_authenticated or self.view_right not in request.user.rights:
            return False
        return obj is None or self.rows(request.user, self.view_right).filter(pk=obj.pk).exists()

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def lookup_allowed(self, lookup, value, request=None):
        """Only what the list's filters name: a guessed lookup could ask about what is not shown (400)."""
        return lookup in self._lookups() and "\x00" not in str(value)

    def _lookups(self) -> set[str]:
        declared = set()
        for item in self.list_filter:
            declared |= {item.parameter_name} if _is_filter(item) else _variants(item, _OF_A_CHOICE)
        return declared | _variants(self.date_hierarchy, _OF_A_DAY)

    def to_field_allowed(self, request, to_field):
        """The primary key only, which autocompletes use; any other column would answer guesses."""
        return to_field == self.opts.pk.attname

    def get_object(self, request, object_id, from_field=None):
        """The row, or 404: what one may not see does not exist."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """The read-only page of a row, with the buttons this person may press on it."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        return self.with_row_steps(
            request, super().changeform_view(request, object_id, form_url, extra_context)
        )

    def changelist_view(self, request, extra_context=None):
        return self.with_list_steps(request, super().changelist_view(request, extra_context))

    def history_view(self, request, object_id, extra_context=None):
        """The audit log of this row, for those who may read it."""
        row = self.get_object(request, object_id)
        if "core.view_audit" not in request.user.rights:
            raise Http404
        log = reverse("admin:core_auditentry_changelist")
        return redirect(f"{log}?subject_type={self.opts.label_lower}&subject_id={row.pk}")

    def get_urls(self):
        return self.step_urls() + super().get_urls()


def _variants(name: str | None, suffixes) -> set[str]:
    return {name, *(f"{name}__{suffix}" for suffix in suffixes)} if name else set()


def _is_filter(item) -> bool:
    return isinstance(item, type) and issubclass(item, SimpleListFilter)
