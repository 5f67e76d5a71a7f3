"""``docs/messages.md``, written from the catalogue so that the two cannot differ."""

from notifications.catalogue import KINDS, SWITCHABLE, Category, Kind

HEAD = """# Messages

Written by `manage.py document_messages` from `notifications/catalogue.py`; a test fails when the two differ.
Words in braces are filled in by the action that says it. Titles hold at most 128 bytes, texts 512.

Quiet hours (22:00–07:30 unless the person chose others) hold for every level but 立刻. What may wait comes as one
card a day between 08:05 and 08:24. Nothing here names a third person or says what a person is.
"""


def text() -> str:
    """The whole page in Markdown."""
    return HEAD + "".join(_section(category) for category in Category)


def _section(category: Category) -> str:
    kinds = {name: kind for name, kind in KINDS.items() if kind.category == category}
    switch = "can be switched off" if category in SWITCHABLE else "always sent"
    rows = "\n".join(_row(name, kind) for name, kind in kinds.items())
    return (
        f"\n## {category.label} ({switch})\n\n"
        "| Kind | To | When | Level | Daily digest | Title | Text | Buttons |\n"
        f"|---|---|---|---|---|---|---|---|\n{rows}\n"
    )


def _row(name: str, kind: Kind) -> str:
    facts = [f"{key} {value}" for key, value in kind.rows]
    buttons = "、".join(button.label for button in kind.buttons) or kind.button
    cells = [
        f"`{name}`",
        kind.to,
        kind.when,
        kind.level.label,
        "yes" if kind.goes_into_digest else "",
        kind.title,
        " / ".join([*facts, *kind.text.splitlines()]),
        buttons,
    ]
    return f"| {' | '.join(cells)} |"
