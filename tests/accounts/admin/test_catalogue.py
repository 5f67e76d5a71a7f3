"""No English is left in what the installed packages say: each of their strings has Chinese words in effect."""

import django_filters
import import_export
import pytest
import unfold
from django.utils import translation

from tests.accounts.admin import msgids

# Words that are the same in Chinese: a pattern of two placeholders.
SAME = {"%(class_name)s %(instance)s"}
# Parts of unfold for packages that are not installed here.
UNUSED = ("constance", "guardian", "simple_history", "location_field", "modeltranslation")


@pytest.mark.parametrize(
    "package", [unfold, import_export, django_filters], ids=lambda package: package.__name__
)
def test_every_string_of_the_package_is_translated(package):
    said = msgids.of_package(package, without=UNUSED) - SAME
    assert len(said) > 30
    with translation.override("zh-hans"):
        english = {msgid for msgid in said if translation.gettext(msgid) == msgid}
    assert english == set(), "write these in locale/zh_Hans and run `make var/.locale`"
