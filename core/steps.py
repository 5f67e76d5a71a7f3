"""Buttons of the back office: a small form, and the action behind it.

A step names the right it needs. The page offers it on the rows where the person holds that right, looks the row
up again under the same right when the form comes in, and shows a refusal inside the form.
"""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from js_asset import Media
from unfold import widgets
from unfold.enums import ActionVariant

from core.errors import DomainError, Invalid

_CLASSES = [
    (forms.CheckboxInput, widgets.SWITCH_CLASSES),
    (forms.RadioSelect, widgets.RADIO_CLASSES),
    (forms.CheckboxSelectMultiple, widgets.CHECKBOX_CLASSES),
    (forms.ClearableFileInput, widgets.INPUT_CLASSES),
    (forms.Select, widgets.SELECT_CLASSES),
    (forms.Textarea, widgets.TEXTAREA_CLASSES),
    (forms.TextInput, widgets.INPUT_CLASSES),
    (forms.NumberInput, widgets.INPUT_CLASSES),
    (forms.DateInput, widgets.INPUT_CLASSES),
]


class Step(forms.Form):
    """One button. ``run`` calls the action and returns the sentence that says it is done; it may set ``next_url``
    to lead on to what it made instead of back to the page of the button.

    ``right`` is needed on the row; ``note`` is the sentence above the form that says what follows from pressing it.
    """

    slug = ""
    title = ""
    icon = ""
    right = ""
    note = ""
    button = "确定"
    template = "admin/step.html"
    danger = False
    next_url = ""

    def __init__(self, *args, by, row=None, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.by = by
        self.row = row
        self.status = HTTPStatus.OK
        for field in self.fields.values():
            _dress(field.widget)

    @classmethod
    def fits(cls, row, by) -> bool:
        """Whether the button makes sense on this row, now, for this person. The action decides."""
        return True

    def run(self) -> str:
        raise NotImplementedError

    def attempt(self) -> str:
        """Run the action. A refusal lands in the form and gives the empty string."""
        if not self.is_valid():
            self.status = HTTPStatus.UNPROCESSABLE_ENTITY
            return ""
        try:
            return self.run()
        except DomainError as error:
            self.refuse(error)
            return ""

    def refuse(self, error: DomainError) -> None:
        self.status = error.status
        fields = error.fields if isinstance(error, Invalid) else {}
        for name, sentences in fields.items():
            self.add_error(name if name in self.fields else None, sentences)
        if not fields:
            self.add_error(None, str(error))


class DateField(forms.DateField):
    """A date typed with the device's own picker."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class RowField(forms.ModelChoiceField):
    """One row out of many, found by typing. The choices offered are those of the row's own list page.

    ``source``: the model field whose relation it fills, which names the list.
    """

    def __init__(self, source, site=None, **kwargs):
        from django.contrib.admin import site as portal_site

        super().__init__(widget=AutocompleteSelect(source, site or portal_site), **kwargs)


def _dress(widget) -> None:
    if isinstance(widget, AutocompleteSelect) or widget.is_hidden:
        return
    for kind, classes in _CLASSES:
        if isinstance(widget, kind):
            widget.attrs.setdefault("class", " ".join(classes))
            return


class StepPages:
    """Mixed into ``PortalAdmin``: addresses, pages and buttons of the steps."""

    row_steps: tuple[type[Step], ...] = ()
    list_steps: tuple[type[Step], ...] = ()

    def step_urls(self):
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("do/<slug:slug>/", view(self.list_step_view), name=f"{prefix}_list_step"),
            path("<int:object_id>/do/<slug:slug>/", view(self.row_step_view), name=f"{prefix}_row_step"),
        ]

    def step_url(self, step, row=None) -> str:
        prefix = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if row is None:
            return reverse(f"{prefix}_list_step", args=[step.slug])
        return reverse(f"{prefix}_row_step", args=[row.pk, step.slug])

    def page_url(self, row=None) -> str:
        prefix = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{prefix}_change", args=[row.pk]) if row else reverse(f"{prefix}_changelist")

    # Which buttons

    def steps_on(self, user, row):
        """The steps ``user`` may take on ``row`` now."""
        held = {}
        for step in self.row_steps:
            if step.right not in held:
                held[step.right] = self.rows(user, step.right).filter(pk=row.pk).exists()
            if held[step.right] and step.fits(row, user):
                yield step

    def steps_on_list(self, user):
        return [step for step in self.list_steps if step.right in user.rights]

    def with_row_steps(self, request, response):
        row = response.context_data["original"]
        response.context_data["actions_detail"] = [
            _button(step, self.step_url(step, row)) for step in self.steps_on(request.user, row)
        ]
        return response

    def with_list_steps(self, request, response):
        if hasattr(response, "context_data"):
            response.context_data["actions_list"] = [
                _button(step, self.step_url(step)) for step in self.steps_on_list(request.user)
            ]
        return response

    # Pages

    def row_step_view(self, request, object_id, slug):
        step = _named(self.row_steps, slug)
        row = self.rows(request.user, step.right).filter(pk=object_id).first()
        if row is None or not step.fits(row, request.user):
            raise Http404
        return self.step_page(request, step, row)

    def list_step_view(self, request, slug):
        step = _named(self.list_steps, slug)
        if step.right not in request.user.rights:
            raise PermissionDenied
        return self.step_page(request, step)

    def is_still_seen(self, user, row) -> bool:
        """Whether the page of the row is still there: a step may have moved the row out of sight."""
        return self.rows(user, self.view_right).filter(pk=row.pk).exists()

    def step_page(self, request, step, row=None):
        sent = request.method == "POST"
        form = step(*([request.POST, request.FILES] if sent else []), by=request.user, row=row)
        if sent and (done := form.attempt()):
            messages.success(request, done)
            seen = row if row and self.is_still_seen(request.user, row) else None
            return redirect(form.next_url or self.page_url(seen))
        context = {
            **self.admin_site.each_context(request),
            "title": step.title,
            "subtitle": str(row) if row else None,
            "form": form,
            # an editor's import map is a script in the page
            "form_media": Media.from_media(form.media, nonce=request.csp_nonce),
            "opts": self.opts,
            "original": row,
            "back": self.page_url(row),
        }
        return TemplateResponse(request, step.template, context, status=form.status)


def _named(steps, slug):
    for step in steps:
        if step.slug == slug:
            return step
    raise Http404


def _button(step, url: str) -> dict:
    return {
        "title": step.title,
        "icon": step.icon,
        "variant": ActionVariant.DANGER if step.danger else ActionVariant.DEFAULT,
        "attrs": {},
        "path": url,
    }
