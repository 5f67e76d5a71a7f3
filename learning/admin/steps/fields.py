"""Form fields of editors: rich text, moments, branches and criteria of an audience."""

from django import forms
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import Media, Script
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import Branch
from accounts.roles import Role, Stage

# What ``learning.richtext`` lets through, so that nothing an editor makes is lost when it is saved.
_EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "HardBreak": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https"]},
    "Figure": True,
    "Image": True,
    "Caption": True,
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
}


class _Editor(AdminProseEditorWidget):
    @property
    def media(self):
        return Media(js=[Script("js/rich-text.js", type="module")]) + super().media


class RichTextField(forms.CharField):
    """Rich text, written in the browser's editor. The action sanitises it."""

    def __init__(self, **kwargs):
        widget = _Editor(config={"extensions": _EXTENSIONS}, preset="configurable")
        super().__init__(widget=widget, max_length=50_000, **kwargs)


class MomentField(forms.DateTimeField):
    """A day and a minute in the school's time, picked with the device's own picker."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


class BranchesField(forms.ModelMultipleChoiceField):
    """Several branches out of the tree. ``narrow`` sets which ones ``by`` may choose."""

    def __init__(self, **kwargs):
        super().__init__(
            queryset=Branch.objects.none(), widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs
        )

    def narrow(self, by, right):
        self.queryset = Branch.objects.where(by, right).filter(until=None).with_tree_fields()

    def label_from_instance(self, branch):
        return "　" * branch.tree_depth + branch.name


class RolesField(forms.MultipleChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            choices=Role.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, required=False, **kwargs
        )


class StagesField(forms.MultipleChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            choices=Stage.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, required=False, **kwargs
        )


class GradesField(forms.CharField):
    """Years, separated by anything: ``2024、2025``."""

    def __init__(self, **kwargs):
        super().__init__(required=False, max_length=60, **kwargs)

    def clean(self, value):
        words = "".join(sign if sign.isdecimal() else " " for sign in super().clean(value)).split()
        if any(not 1950 <= int(word) <= 2100 for word in words):
            raise forms.ValidationError("年级写成四位数的年份，例如 2024。")
        return [int(word) for word in words]
