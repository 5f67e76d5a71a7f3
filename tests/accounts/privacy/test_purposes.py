"""Nothing personal is stored without a stated purpose, and every statement is true (``domain.md`` C1)."""

from django.apps import apps
from django.contrib.auth import get_user_model

from accounts.purposes import all_purposes

OURS = {"core", "wecom", "notifications", "accounts", "learning", "appointments", "activities"}


def personal_models():
    """Our models that are a person or point at one."""
    person = get_user_model()
    for model in apps.get_models():
        points = any(field.related_model is person for field in model._meta.get_fields() if field.concrete)
        if model._meta.app_label in OURS and (model is person or points):
            yield model


def stored_fields():
    return {
        (model._meta.label, field.name)
        for model in personal_models()
        for field in model._meta.get_fields()
        if field.concrete and not field.auto_created and not getattr(field, "primary_key", False)
    }


def stated_fields():
    return {(purpose.model, name) for purpose in all_purposes() for name in purpose.fields}


def test_every_personal_field_has_a_purpose():
    assert sorted(stored_fields() - stated_fields()) == []


def test_every_stated_field_exists():
    assert sorted(stated_fields() - stored_fields()) == []


def test_nothing_forbidden_is_stored():
    names = {name for _, name in stored_fields()}
    assert not names & {
        "id_number",
        "id_card",
        "phone",
        "mobile",
        "reading_time",
        "points",
        "rank",
        "location",
    }


def test_what_is_shown_is_held_and_says_whom_it_is_about():
    for purpose in all_purposes():
        model = apps.get_model(purpose.model)
        for name in (*purpose.shown, *filter(None, [purpose.person])):
            model._meta.get_field(name)
        assert purpose.shown
        assert purpose.why
        assert purpose.seen_by
        assert purpose.kept
