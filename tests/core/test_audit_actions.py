"""Whoever writes a new action into the log also says what it is called."""

import ast
import importlib.util
import re
from pathlib import Path

from django.apps import apps
from django.conf import settings

from accounts.rights import RIGHTS
from core.audit.actions import ACTIONS

APPS = ["core", "wecom", "notifications", "accounts", "learning", "appointments", "activities", "partyhub"]
LOOKS_LIKE_AN_ACTION = re.compile(rf"({'|'.join(APPS)})\.[a-z_]+")


def words(tree):
    """Every string of a module; the fixed beginning of one that is put together counts too."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def is_something_else(word):
    """A right, a model or a module is written the same way."""
    app, _, name = word.partition(".")
    is_model = name in apps.all_models.get(app, {})
    return word in RIGHTS or is_model or importlib.util.find_spec(word) is not None


def test_every_action_in_the_code_has_words():
    unnamed = {}
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for word in words(ast.parse(path.read_text(encoding="utf-8"))):
                if not LOOKS_LIKE_AN_ACTION.fullmatch(word) or is_something_else(word):
                    continue
                if not any(
                    action == word or (word[-1] == "_" and action.startswith(word)) for action in ACTIONS
                ):
                    unnamed[word] = str(path.relative_to(settings.BASE_DIR))
    assert unnamed == {}, "add these to core/audit/actions.py"


def test_words_are_short_and_chinese():
    assert {
        action for action, label in ACTIONS.items() if len(label) > 14 or re.search("[A-Za-z]", label)
    } == set()
