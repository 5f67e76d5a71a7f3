"""Form fields whose choices end where the rights of the acting person end."""

from django import forms

from accounts.models import Branch, Membership, Office, User
from core.steps import RowField


class PersonField(RowField):
    """One person, found by typing name or number. ``narrow`` sets whom ``by`` may choose."""

    def __init__(self, **kwargs):
        super().__init__(source=Office._meta.get_field("person"), queryset=User.objects.none(), **kwargs)

    def narrow(self, by, right="accounts.view_person"):
        branches = Branch.objects.where(by, right)
        people = Membership.objects.current().filter(branch__in=branches).values("person")
        self.queryset = User.objects.active().filter(pk__in=people)

    def label_from_instance(self, person):
        return f"{person.name}（{person.number}）"


class BranchField(forms.ModelChoiceField):
    """One branch out of the tree. ``narrow`` sets which ones ``by`` may choose."""

    def __init__(self, **kwargs):
        super().__init__(queryset=Branch.objects.none(), empty_label="请选择", **kwargs)

    def narrow(self, by, right, *, kinds=()):
        branches = Branch.objects.where(by, right).filter(until=None)
        if kinds:
            branches = branches.filter(kind__in=kinds)
        self.queryset = branches.with_tree_fields()

    def label_from_instance(self, branch):
        return "　" * branch.tree_depth + branch.name
