"""Every example of the chapters prints what stands behind it, and the same under PyTorch."""

from __future__ import annotations

import pytest
from documents import OURS, ROOT, THEIRS, examples, only_ours, printed, without_lines

CHAPTERS = ["docs/storage_and_strides.md", "docs/graph_and_inplace.md"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_example_prints_what_the_chapter_shows(chapter, monkeypatch):
    monkeypatch.chdir(ROOT)  # explain shows paths as seen from here
    pairs = examples(chapter)
    outputs = printed([source for source, _ in pairs])
    for (source, shown), output in zip(pairs, outputs, strict=True):
        assert without_lines(output) == without_lines(shown), source


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_example_prints_the_same_under_torch(chapter):
    pairs = [(source.replace(OURS, THEIRS), shown) for source, shown in examples(chapter) if not only_ours(source)]
    assert sum(bool(shown) for _, shown in pairs) > 15
    assert THEIRS in pairs[0][0] and OURS not in pairs[0][0]
    outputs = printed([source for source, _ in pairs])
    for (source, shown), output in zip(pairs, outputs, strict=True):
        assert output == shown, source


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_lines_of_code_that_a_chapter_points_to_exist(chapter):
    text = (ROOT / chapter).read_text()
    named = {part for part in text.split("`") if part.startswith("minitorch/") and part.endswith(".py")}
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapters_are_ascii_with_exercises_and_answers(chapter):
    text = (ROOT / chapter).read_text()
    assert text.isascii()
    assert "## Exercises" in text and "<summary>Answers</summary>" in text
    assert chapter in (ROOT / "README.md").read_text()
