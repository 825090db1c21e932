"""Files appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from macrotrade._files import atomically


def begin_and_break_off(file: Path) -> None:
    with atomically(file) as temporary:
        temporary.write_text("ha", encoding="utf-8")
        raise OSError("disk full")


def test_a_file_is_there_when_its_writing_has_ended_and_nothing_else_is(tmp_path: Path) -> None:
    file = tmp_path / "new" / "page.html"

    with atomically(file) as temporary:
        temporary.write_text("whole", encoding="utf-8")
        assert not file.exists()
        assert temporary.suffix == ".html"

    assert [path.name for path in file.parent.iterdir()] == ["page.html"]
    assert file.read_text(encoding="utf-8") == "whole"


def test_a_writing_that_breaks_off_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("old", encoding="utf-8")

    with pytest.raises(OSError, match="disk full"):
        begin_and_break_off(file)

    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert file.read_text(encoding="utf-8") == "old"


def test_two_who_write_one_file_do_not_write_into_each_other(tmp_path: Path) -> None:
    file = tmp_path / "page.html"

    with atomically(file) as one, atomically(file) as other:
        one.write_text("one", encoding="utf-8")
        other.write_text("other", encoding="utf-8")
        assert one != other

    assert file.read_text(encoding="utf-8") == "one"


def test_a_file_may_be_read_by_those_who_may_read_what_one_writes_plainly(tmp_path: Path) -> None:
    plain, file = tmp_path / "plain.txt", tmp_path / "whole.txt"
    plain.write_text("", encoding="utf-8")

    with atomically(file) as temporary:
        temporary.write_text("", encoding="utf-8")

    assert file.stat().st_mode == plain.stat().st_mode
