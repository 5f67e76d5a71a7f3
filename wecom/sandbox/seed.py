"""People and departments from a file; without one, a small made-up university."""

import hashlib
import json
from pathlib import Path

from wecom.sandbox.corp import corp
from wecom.sandbox.records import Department, User

BUILT_IN = Path(__file__).with_name("seed.json")


def load_file(path: Path | None) -> None:
    """Take the people from ``path``, or the built-in ones while it does not exist.

    A file that was taken over before is not read again, so that changes made through the API outlive a restart.
    """
    source = path if path and path.exists() else BUILT_IN
    text = source.read_text(encoding="utf-8")
    mark = hashlib.sha256(text.encode()).hexdigest()
    if mark != corp.seed_mark:
        apply(json.loads(text))
        corp.seed_mark = mark


def apply(data: dict) -> None:
    """Replace departments, members and featured people by those of ``data``."""
    with corp.lock:
        corp.departments = {row["id"]: Department(**row) for row in data["departments"]}
        users = [_user(row) for row in data["users"]]
        corp.users = {user.key: user for user in users}
        corp.featured = data.get("featured", [])
        corp.changes += 1


def _user(row: dict) -> User:
    known = {name: value for name, value in row.items() if name in User.__dataclass_fields__}
    return User(**known | {"gender": str(row.get("gender", "0")), "number": str(row.get("number") or "")})
