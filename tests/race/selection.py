"""Leaves the race tests out on SQLite, where they prove nothing, and says so at the end of the run."""

import pytest
from django.db import connection

_left_out = pytest.StashKey[int]()


def pytest_collection_modifyitems(config, items):
    if connection.vendor == "postgresql":
        return
    races = [item for item in items if item.get_closest_marker("race")]
    items[:] = [item for item in items if not item.get_closest_marker("race")]
    config.hook.pytest_deselected(items=races)
    config.stash[_left_out] = len(races)
    if hasattr(config, "workeroutput"):
        config.workeroutput["races_left_out"] = len(races)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """A worker of xdist is done; every worker has collected everything."""
    node.config.stash[_left_out] = getattr(node, "workeroutput", {}).get("races_left_out", 0)


def pytest_terminal_summary(terminalreporter, config):
    if count := config.stash.get(_left_out, 0):
        terminalreporter.write_line(f"{count} race tests need PostgreSQL: run `make test-services`.")
