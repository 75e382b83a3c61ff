"""The report: one file, everything in it, whole or not at all."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from parity import compare, report
from parity.run import Settings

TEN = Settings(epochs=10)


@pytest.fixture(scope="module")
def page(torch_recording, one_epoch):
    return report.render(compare.compare(one_epoch, torch_recording, torch_recording, intel=False))


def svgs(page):
    return re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)


def test_the_report_names_no_address_and_loads_nothing(page):
    assert "http:" not in page and "https:" not in page
    assert not re.search(r"<(script|link|img|iframe|object|embed|base)\b|\bsrc\s*=|@import", page)
    references = re.findall(r'href="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
    assert references and all(reference.startswith("#") for reference in references)


def test_the_report_holds_four_plots_as_well_formed_svg(page):
    plots = svgs(page)
    assert [re.search('aria-label="([^"]*)"', svg)[1] for svg in plots] == ["losses", "gradients", "accuracy", "timing"]
    for svg in plots:
        ElementTree.fromstring(svg.replace("<svg", '<svg xmlns:xlink="x"', 1))


def test_no_two_elements_share_an_id_and_every_reference_has_its_target(page):
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert {target for target in re.findall(r'[("]#([^)"]*)[)"]', page)} <= set(ids)


def test_every_element_of_the_page_is_closed(page):
    class Balance(HTMLParser):
        open_tags: list[str] = []

        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "br"):
                self.open_tags.append(tag)

        def handle_endtag(self, tag):
            assert self.open_tags.pop() == tag

    parser = Balance()
    parser.feed(page)
    assert parser.open_tags == []


def test_the_report_holds_the_numbers(page, torch_recording, one_epoch):
    assert all(name in page for name in torch_recording.weights)
    assert all(repr(loss) in page for loss in torch_recording.losses)
    assert f"{torch_recording.accuracies[0]:.2f} %" in page
    assert f"{1e3 * torch_recording.seconds_a_step:.2f}" in page
    assert "python -m parity cnn --epochs 1 --dtype float32 --device cpu --seed 0" in page
    assert "Within tolerance" in page and "Not within tolerance" not in page


def test_a_training_that_went_wrong_has_a_report_too(made_up):
    pair = made_up(TEN)
    pair[1].losses[3:] = [float("nan")] * len(pair[1].losses[3:])
    pair[1].gradients["b.bias"] = None
    page = report.render(compare.compare(TEN, *pair, intel=False))
    assert "Not within tolerance" in page and "FAIL" in page
    assert len(svgs(page)) == 4


def test_names_are_escaped(made_up):
    pair = made_up(TEN)
    pair[1].engine = "<b>&"
    page = report.render(compare.compare(TEN, *pair, intel=False))
    assert "<b>" not in page and "&lt;b&gt;&amp;" in page


def test_an_interrupt_while_writing_leaves_the_old_report_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    report.write(path, "old")

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(report.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        report.write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_made_for_a_report_goes_when_no_report_comes(tmp_path):
    with pytest.raises(KeyboardInterrupt), report.report_directory(tmp_path / "new", "r.html"):
        assert (tmp_path / "new").is_dir()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_something_in_it_stays(tmp_path):
    with report.report_directory(tmp_path / "new", "r.html") as path:
        report.write(path, "text")
    assert path.read_text() == "text"
    with pytest.raises(KeyboardInterrupt), report.report_directory(tmp_path / "new", "other.html"):
        raise KeyboardInterrupt
    assert list((tmp_path / "new").iterdir()) == [path]


def test_a_report_cannot_replace_a_directory(tmp_path):
    (tmp_path / "r.html").mkdir()
    with pytest.raises(OSError), report.report_directory(tmp_path, "r.html"):
        pass
