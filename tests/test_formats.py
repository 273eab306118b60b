"""Tables in four formats: a cell stays a cell, and whatever is in it is shown and does nothing."""

import csv
import io
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.planted import planted, with_implementation, with_machine
from xorbench.tables.catalogue import tables
from xorbench.tables.cells import WIDE, Table, plain
from xorbench.tables.formats import FORMATS, LINES_OF_A_PAGE, html, latex, markdown, numbers, sides

NASTY = (
    "<script>alert(1)</script>",
    "\"double\" and 'single' `back` quotes",
    "a|b||c",
    "$x^2$ _under_ __bold__ *stars* ~~gone~~",
    r"\input{/etc/passwd} \def\x{} \\ %comment & # ~ ^ {}",
    "two\nlines\r\nand\ta tab",
    "bell \x07 null \x00 escape \x1b[31m right-to-left \u202e",
    "x" * 10_000,
    "![picture](javascript:alert(1)) [link](http://x) <a href=x>",
    "=cmd|' /C calc'!A0",
    "-->]]>&lt;&amp;&#60;",
    "# heading",
    "1. list",
    "- list --- ?` !`",
    "é ñ Ü 中文 🙂 µ × –",
    "<!-- end -->",
)


class Cells(HTMLParser):
    """The text of all cells, and the names of all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"class", "scope", "style"}  # type: ignore[attr-defined]
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells and data.strip():
            self.cells[-1] += data


def one_cell(text: str, note: str = "") -> Table:
    return Table(text, pd.DataFrame([{"name": text, "ratio": "1.5"}, {"name": "plain", "ratio": "2"}]), [note or text])


texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=200), st.text("<>|`$_*\\~[]#&!{}()=-+.1a \n", max_size=40))


@given(texts)
@settings(max_examples=200, deadline=None)
def test_markdown_shows_what_is_in_a_cell(text: str) -> None:
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown(one_cell(text)))
    read = Cells(
        re.sub(r"</table>.*", "", shown, flags=re.DOTALL).replace("<p><strong>", "").replace("</strong></p>", "")
    )
    assert read.tags <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert [cell.strip() for cell in read.cells] == ["name", "ratio", plain(text), "1.5", "plain", "2"]
    assert {*re.findall(r"<(\w+)", shown)} <= {"p", "strong", *read.tags}


@given(texts)
@settings(max_examples=200, deadline=None)
def test_html_shows_what_is_in_a_cell(text: str) -> None:
    read = Cells(html(one_cell(text)))
    assert read.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert read.cells == ["name", "ratio", plain(text), "1.5", "plain", "2"]
    whole = FORMATS["html"]([one_cell(text)])
    assert {*re.findall(r"<(\w+)", re.sub(r"<style>.*?</style>", "", whole, flags=re.DOTALL))} == {
        *("html", "meta", "title", "section", "h2", "div", "p"),
        *read.tags,
    }


@given(texts)
@settings(max_examples=200, deadline=None)
def test_csv_gives_back_what_is_in_a_cell_and_no_formula(text: str) -> None:
    head, first, second, *_ = csv.reader(io.StringIO(FORMATS["csv"]([one_cell(text)])))
    assert head == ["table", "name", "ratio"]
    assert first[1].removeprefix("'") == plain(text).removeprefix("'")
    assert first[2] == "1.5"
    assert second[1:] == ["plain", "2"]
    assert not re.match(r"[=+@]", first[1])


def compiled(tmp_path: Path, body: str) -> str:
    """What a real LaTeX says when it makes a document of it; skipped by name where there is none, an error in CI."""
    if not (found := shutil.which("pdflatex")):
        complain = pytest.fail if os.environ.get("CI") else pytest.skip
        complain("LaTeX tables are not compiled: pdflatex is not installed (Debian: texlive-latex-recommended)")
    packages = r"\documentclass{article}\usepackage{booktabs,graphicx}"
    (tmp_path / "tables.tex").write_text(
        f"{packages}\\begin{{document}}\n{body}\n\\end{{document}}\n", encoding="utf-8"
    )
    call = [found, "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


def test_latex_compiles_whatever_is_in_a_cell(tmp_path: Path) -> None:
    drawn: list[str] = []

    @given(texts)
    @settings(max_examples=150, deadline=None, database=None)
    def collect(text: str) -> None:
        drawn.append(text)

    collect()
    frame = pd.DataFrame([{text: "1.5", "name": text} for text in dict.fromkeys((*NASTY, *drawn))][:1]).T
    every = [Table(text, frame, [text], warnings=[text], caption=text) for text in NASTY]
    cells = Table("all", pd.DataFrame({"name": list(dict.fromkeys((*NASTY, *drawn)))}), [])
    compiled(tmp_path, "\n".join(f"{latex(table)}\\clearpage" for table in (*every, cells)))


def test_the_tables_of_a_record_compile_and_one_longer_than_a_page_is_several(tmp_path: Path) -> None:
    analysis = planted({name: [0.5] * 6 for name in NASTY[:4]}, command="xorbench run " + NASTY[4])
    text = "\n".join(map(latex, tables(analysis)))
    assert compiled(tmp_path, text.replace("\\end{table}", "\\end{table}\\clearpage"))
    long = Table("Long", pd.DataFrame({"n": [str(n) for n in range(LINES_OF_A_PAGE + 1)]}))
    assert latex(long).count("\\begin{table}") == 2
    assert latex(long).count("Long, continued") == 1
    assert all(f"\n{n} \\\\" in latex(long) for n in range(LINES_OF_A_PAGE + 1))


def test_a_hostile_record_is_harmless_in_all_formats() -> None:
    for text in NASTY:
        analysis = planted({text: [0.5] * 6}, command=f"xorbench {text}")
        analysis = with_machine(with_implementation(analysis, text, framework=text), cpu=text)
        for ending, write in FORMATS.items():
            written = write(tables(analysis))
            assert "<script>" not in written.replace("\\<script>", "") or ending in ("csv", "tex")
            assert "x" * 4000 not in written
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", written)


def test_numbers_stand_on_the_right() -> None:
    table = Table(
        "Title", pd.DataFrame([{"a": "1.5", "b": "1.0 to 2.0", "c": "x y"}, {"a": "refused", "b": "–", "c": "1"}])
    )
    rule = markdown(table).splitlines()[3]
    assert [(cell.strip()[0], cell.strip()[-1]) for cell in rule.strip("|").split("|")] == [
        ("-", ":"),
        ("-", ":"),
        ("-", "-"),
    ]
    assert r"\begin{tabular}{rrl}" in latex(table)


def test_the_smallest_numbers_stand_on_the_right_too() -> None:
    lines = [{"a": "2e-05 to 700", "b": "0.1 (2e-05 to 700)"}, {"a": WIDE, "b": f"0.4 ({WIDE})"}]
    assert sides(Table("Title", pd.DataFrame(lines))) == ["right"] * 2


def test_everything_under_a_table_is_in_every_format() -> None:
    table = Table("Title", pd.DataFrame([{"a": "–"}]), ["A note."], ["Beware."], "Somewhere.")
    for write in FORMATS.values():
        text = write([table])
        for part in ("A note.", "Beware.", "Somewhere.", "not measured."):
            assert part in text


def test_an_empty_table_says_so() -> None:
    assert "Nothing to show." in markdown(Table("Title", pd.DataFrame([])))


def test_numbers_have_nine_digits_and_exact_integers() -> None:
    assert numbers(pd.DataFrame({"a": [1 / 3], "b": [123456789012]})) == "a,b\n0.333333333,123456789012\n"
