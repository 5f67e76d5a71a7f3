"""Finds what a package says to people: the strings of its templates and modules that are meant to be translated."""

import ast
import re
from pathlib import Path

from django.utils.translation.template import templatize

_CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "translate",
}
_IN_TEMPLATE = re.compile(
    r"""\b_?n?gettext\(\s*(u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))|\b_\(\s*(u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))"""
)


def of_package(package, *, without=()):
    """The msgids of the templates and python files of an installed package."""
    root = Path(package.__file__).parent
    found = set()
    for path in root.rglob("*"):
        if any(part in path.parts for part in without):
            continue
        if path.suffix == ".html":
            found |= set(_of_template(path.read_text(encoding="utf-8")))
        elif path.suffix == ".py":
            found |= set(_of_module(path.read_text(encoding="utf-8")))
    return {msgid for msgid in found if msgid.strip()}


def _of_template(text):
    for match in _IN_TEMPLATE.finditer(templatize(text)):
        yield ast.literal_eval(match[1] or match[2])


def _of_module(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _CALLS and node.args:
            for argument in node.args[:2] if node.func.id.startswith("n") else node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
