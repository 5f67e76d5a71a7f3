"""What every app wants from a person, in one list (``domain.md`` S1, Q1)."""

from functools import cache
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from core.todos import Todo


@cache
def _sources():
    """``todos_for`` of every installed app that has one."""
    modules = [
        import_module(f"{app.name}.todos")
        for app in apps.get_app_configs()
        if module_has_submodule(app.module, "todos")
    ]
    return [module.todos_for for module in modules if module.__name__ not in {__name__, "core.todos"}]


def todos_for(user) -> list[Todo]:
    """Everything ``user`` has to do, the most urgent first."""
    return sorted(todo for source in _sources() for todo in source(user))
