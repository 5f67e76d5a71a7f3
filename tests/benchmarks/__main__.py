"""``make bench``: speed and memory at 3,000 and at 40,000 people, as a table and as JSON.

Figures of one run compare with one another, not with another machine's. Uses SQLite in a folder of its own, or the
empty database ``BENCH_DATABASE_URL`` points at.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "var" / "bench"
SCRATCH = BENCH / "scratch"


def prepare() -> None:
    """Settings for a scratch installation; must run before Django is loaded."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    database = os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{SCRATCH / 'bench.sqlite3'}"
    os.environ.update(
        DJANGO_SETTINGS_MODULE="partyhub.settings",
        PARTYHUB_VAR=str(SCRATCH),
        DATABASE_URL=database,
        LOG_LEVEL="ERROR",
    )
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    # As in production: with DEBUG on, Django keeps every query in memory.
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    settings.CELERY_TASK_ALWAYS_EAGER = False
    call_command("migrate", verbosity=0)
    if (
        "sqlite" not in database
    ):  # where the scratch file is new anyway, and the audit log refuses to be emptied
        call_command("flush", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def measure(people: int, rows: int, messages: int, only: set[str]) -> dict:
    from tests.benchmarks import learning, university
    from tests.benchmarks import measure as figures

    began = time.perf_counter()
    branches, users = university.found(people)
    secretary, admin = users[0], users[1]
    university.appoint(secretary, "secretary", branches[0])
    university.appoint(admin, "university_admin", branches[0].parent.parent)
    found = {"people": people, "set_up_seconds": round(time.perf_counter() - began, 1)}
    if "home" in only:
        found["home"] = figures.home_page(users)
    if "rights" in only:
        found["rights_secretary"] = figures.branch_rights(secretary)
        found["rights_university"] = figures.branch_rights(admin)
    if "roster" in only:
        found["roster"] = figures.roster_import(secretary, branches[0], rows)
    if "outbox" in only:
        found["outbox"] = figures.outbox(branches, users, messages)
    if "learning" in only:
        found["learning"] = learning.costs(branches, users)
        found["rush"] = learning.rush(branches, users)
        found["month_end"] = learning.month_end(branches, users)
        found["lists"] = learning.lists(branches, users)
    return found


def flatten(value, name: str = ""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flatten(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def show(results: list[dict]) -> None:
    """The table: one line a figure, one column a size."""
    columns = [dict(flatten(result)) for result in results]
    names = list(dict.fromkeys(name for column in columns for name in column))
    width = max(map(len, names))
    for name in names:
        sys.stdout.write(
            f"{name:<{width}}  " + "".join(f"{column.get(name, '')!s:>14}" for column in columns) + "\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[3000, 40000])
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the roster")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--only", nargs="+", default=["home", "rights", "roster", "outbox", "learning"])
    parser.add_argument("--bare-json", action="store_true", help="one size, printed as one line of JSON")
    options = parser.parse_args()
    if options.bare_json:
        prepare()
        figures = measure(options.people[0], options.rows, options.messages, set(options.only))
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    results = [in_a_process_of_its_own(people, options) for people in options.people]
    database = "postgresql" if os.environ.get("BENCH_DATABASE_URL") else "sqlite"
    report = {"at": time.strftime("%Y-%m-%dT%H:%M:%S"), "database": database, "results": results}
    path = BENCH / f"{time.strftime('%Y%m%d-%H%M%S')}-{database}.json"
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    show(results)
    sys.stdout.write(f"\n{path.relative_to(ROOT)}\n")


def in_a_process_of_its_own(people: int, options: argparse.Namespace) -> dict:
    """Every size starts from an empty installation."""
    command = [sys.executable, "-m", "tests.benchmarks", "--bare-json", "--people", str(people)]
    command += ["--rows", str(options.rows), "--messages", str(options.messages), "--only", *options.only]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
