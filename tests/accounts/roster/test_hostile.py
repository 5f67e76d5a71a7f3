"""Every hostile file is refused by the reading process with the sentence that names why."""

import pytest

from accounts.roster import reading
from accounts.roster.reading import read_table
from accounts.roster.sample import workbook as sample
from core.errors import Invalid
from tests.accounts.roster.hostile import REFUSED


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_a_reason(case, tmp_path):
    build, sentence = REFUSED[case]
    path = tmp_path / "file"
    path.write_bytes(build())
    with pytest.raises(Invalid) as refusal:
        read_table(path)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("greed", "sentence"),
    [("x = [bytes(1_000_000) for _ in range(400)]", reading.TOO_BIG), ("while True: pass", reading.TOO_LONG)],
)
def test_what_no_rule_foresaw_dies_with_its_process(tmp_path, monkeypatch, greed, sentence):
    """The reader, made greedy inside its limits of memory and time."""
    folder = tmp_path / "greedy"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "reader.py").write_text(
        "import sys; from pathlib import Path\n"
        "from accounts.roster import limits, workbook\n"
        "workbook.CPU_SECONDS = 1\n"
        f"def read(path):\n    {greed}\n"
        "workbook.read = read\nworkbook.main(Path(sys.argv[1]))\n",
        encoding="utf-8",
    )
    with pytest.raises(Invalid) as refusal:
        reading.run("greedy.reader", tmp_path / "file", folders=[tmp_path])
    assert str(refusal.value) == sentence


def test_a_full_roster_is_read(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(sample(10_000, branch="第一党支部"))
    table = read_table(path)
    assert len(table.rows) == 10_000
    assert len(table.columns) == 16
