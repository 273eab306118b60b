"""Tables in four formats: a cell stays a cell, and whatever is in it is shown and does nothing."""

import csv
import io
import os
import pickle
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

from tests.command import COMMITTED
from tests.planted import planted, with_implementation, with_machine
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.record import store
from xorbench.tables.alignment import sides
from xorbench.tables.catalogue import tables
from xorbench.tables.cells import WIDE, Measured, Table, between, plain, with_ends
from xorbench.tables.formats import FORMATS, html, markdown, numbers
from xorbench.tables.latex import PACKAGES, latex

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
    return Table(
        text, pd.DataFrame([{"name": text, "ratio": "1.5"}, {"name": "plain text", "ratio": "2"}]), [note or text]
    )


texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=200), st.text("<>|`$_*\\~[]#&!{}()=-+.1a \n", max_size=40))


@given(texts)
@settings(max_examples=200, deadline=None)
def test_markdown_shows_what_is_in_a_cell(text: str) -> None:
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown(one_cell(text)))
    read = Cells(
        re.sub(r"</table>.*", "", shown, flags=re.DOTALL).replace("<p><strong>", "").replace("</strong></p>", "")
    )
    assert read.tags <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert [cell.strip() for cell in read.cells] == ["name", "ratio", plain(text), "1.5", "plain text", "2"]
    assert {*re.findall(r"<(\w+)", shown)} <= {"p", "strong", *read.tags}


@given(texts)
@settings(max_examples=200, deadline=None)
def test_html_shows_what_is_in_a_cell(text: str) -> None:
    read = Cells(html(one_cell(text)))
    assert read.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert read.cells == ["name", "ratio", plain(text), "1.5", "plain text", "2"]
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
    assert second[1:] == ["plain text", "2"]
    assert not re.match(r"[=+@]", first[1])


def compiled(tmp_path: Path, body: str, options: str = "10pt") -> Path:
    """The document that a real LaTeX makes of it, without a box that is too wide; no LaTeX is an error in CI."""
    if not (found := shutil.which("pdflatex")):
        complain = pytest.fail if os.environ.get("CI") else pytest.skip
        complain("LaTeX tables are not compiled: pdflatex is not installed (Debian: texlive-latex-recommended)")
    lines = [
        f"\\documentclass[{options}]{{article}}\\usepackage{{{','.join(PACKAGES)}}}",
        r"\pdfcompresslevel=0 \pdfobjcompresslevel=0",
        f"\\begin{{document}}\n{body}\n\\end{{document}}\n",
    ]
    (tmp_path / "tables.tex").write_text("\n".join(lines), encoding="utf-8")
    call = [found, "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout, done.stdout[done.stdout.index("Overfull") :][:500]
    return tmp_path / "tables.pdf"


def smallest_text(document: Path) -> float:
    """The smallest size of a font, in points, in a PDF; nothing in it is scaled but the glyphs of bitmap fonts."""
    content = document.read_bytes()
    for a, b, c, d in re.findall(rb"([-.\d]+) ([-.\d]+) ([-.\d]+) ([-.\d]+) [-.\d]+ [-.\d]+ cm\n(?!BI)", content):
        assert abs(float(a) * float(d) - float(b) * float(c)) == pytest.approx(1)
    return min(map(float, re.findall(rb"/F\d+ ([.\d]+) Tf", content)))


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
    compiled(tmp_path, latex([*every, cells]))


@pytest.mark.parametrize("options", ["10pt", "12pt,a4paper"])
def test_the_tables_of_a_record_are_readable_at_the_width_of_a_page(tmp_path: Path, options: str) -> None:
    shown = tables(Analysis(store.read(Path(COMMITTED))))
    assert smallest_text(compiled(tmp_path, latex(shown), options)) >= 7


def test_the_tables_of_a_record_with_long_names_are_readable_too(tmp_path: Path) -> None:
    analysis = planted({name: [0.5] * 6 for name in NASTY[:4]}, command="xorbench run " + NASTY[4])
    assert smallest_text(compiled(tmp_path, latex(tables(analysis)))) >= 7


def wide(columns: int) -> Table:
    lines = [{"name": name, **{f"column {n}": "1.25 (1.20 to 1.30)" for n in range(columns)}} for name in ("a", "b")]
    return Table("Wide", pd.DataFrame(lines))


def test_what_is_too_wide_is_in_landscape_and_what_is_wider_is_split_with_its_first_column_in_each_part() -> None:
    narrow, landscape, split = (latex([wide(columns)]) for columns in (2, 5, 8))
    assert "landscape" not in narrow
    assert landscape.count("\\begin{landscape}") == landscape.count("\\begin{longtable}") == 1
    assert split.count("\\begin{longtable}") == 2
    assert split.count("\\begin{landscape}") == 1
    assert "Wide, part 2 of 2" in split
    for line in [line for line in split.splitlines() if "1.25" in line]:
        assert line.startswith(("a & ", "b & "))
    for n in range(8):
        assert split.count(f"column {n} ") == 2  # at the head of the table and of its further pages


def test_the_conditions_of_a_record_are_printed_once_in_a_document(tmp_path: Path) -> None:
    first, second = Table("One", wide(1).frame, caption="Here."), Table("Two", wide(1).frame, caption="There.")
    text = latex([first, first, second, first])
    assert text.count("Here.") == text.count("There.") == 1
    (name,) = re.findall(r"\\gdef(\\conditions[a-p]+)\{\{.* Here\.", text)
    # It is called after the last table of each series with it.
    assert text.count(f"{name}\n") == 2
    assert text.index(f"\n{name}\n") > text.rindex("One", 0, text.index("Two"))
    assert compiled(tmp_path, text + text).read_bytes().count(b"Here") == 1


def test_a_hostile_record_is_harmless_in_all_formats() -> None:
    for text in NASTY:
        analysis = planted({text: [0.5] * 6}, command=f"xorbench {text}")
        analysis = with_machine(with_implementation(analysis, text, framework=text), cpu=text)
        shown = tables(analysis)
        for ending, write in FORMATS.items():
            written = write(shown)
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
    (columns,) = re.findall(r"\\begin\{longtable\}(.*)", latex([table]))
    assert re.findall(r"\\ragged(\w+)", columns) == ["left", "left", "right"]


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
    assert "longtable" not in latex([Table("Title", pd.DataFrame([]))])


def test_numbers_have_nine_digits_and_exact_integers() -> None:
    assert numbers(pd.DataFrame({"a": [1 / 3], "b": [123456789012]})) == "a,b\n0.333333333,123456789012\n"


def read(table: Table) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(FORMATS["csv"]([table])), comment="#")


def test_in_csv_a_quantity_and_the_ends_of_its_interval_are_numbers() -> None:
    one, other = Interval(1 / 3, 0.25, 0.5), Interval(2_000.0, 1_000.0, 3_000.0)
    lines = [dict(zip(("ratio", "interval"), with_ends(found), strict=True)) for found in (one, other)]
    lines = [{**line, "time, µs": between(found, 1e3)} for line, found in zip(lines, (one, other), strict=True)]
    lines.append({"ratio": "1", "interval": "n/a", "time, µs": "–"})
    found = read(Table("Title", pd.DataFrame(lines, dtype=object)))
    ends = ["time, µs", "time, µs, low", "time, µs, high"]
    assert list(found.columns) == ["table", "ratio", "interval, low", "interval, high", *ends]
    assert list(found["ratio"]) == pytest.approx([0.333333333, 2000, 1], rel=1e-12)
    assert list(found["interval, low"][:2]) == [0.25, 1000]
    assert list(found["interval, high"][:2]) == [0.5, 3000]
    assert list(found.loc[0, ends]) == pytest.approx([333.333333, 250, 500], rel=1e-12)
    assert found.loc[2, ["interval, low", "interval, high", *ends]].isna().all()


def test_in_csv_other_numbers_have_no_separators_and_percentages_are_shares() -> None:
    lines = [{"n": "1,680", "share": "29.7%", "factor": "+0.12"}, {"n": "never", "share": "–", "factor": "-1e-05"}]
    text = FORMATS["csv"]([Table("Title", pd.DataFrame(lines))])
    assert text.splitlines()[:3] == ["table,n,share,factor", "Title,1680,0.297,0.12", "Title,never,,-1e-05"]


def test_in_csv_a_word_in_place_of_a_quantity_is_left_out_only_if_the_line_has_it_elsewhere() -> None:
    timed = {"µs": with_ends(Interval(2.0, 1.0, 3.0))[0], "verdict": "slower"}
    lines = [timed, {"µs": "refused", "verdict": "refused"}, {"µs": "refused", "verdict": "unknown"}]
    text = FORMATS["csv"]([Table("Title", pd.DataFrame(lines, dtype=object))])
    assert text.splitlines()[1:4] == ["Title,2,slower", "Title,,refused", "Title,refused,unknown"]


SWEEP = planted_sweep({REFERENCE: straight(1e6, 0), "other": straight(0, 5e4)})


@pytest.mark.parametrize("analysis", [Analysis(store.read(Path(COMMITTED))), SWEEP], ids=["run", "sweep"])
def test_no_interval_is_a_text_in_the_csv_of_a_record(analysis: Analysis) -> None:
    for table in tables(analysis):
        cells = [
            cell for line in csv.reader(io.StringIO(FORMATS["csv"]([table]))) if line[0][0] != "#" for cell in line
        ]
        assert not [cell for cell in cells if re.search(r"\d\)? to \(?[-\d]", cell)], table.title


def test_a_quantity_keeps_its_numbers_in_a_table() -> None:
    ((cell,),) = Table("Title", pd.DataFrame([{"a": Measured("1.5", value=1.54)}], dtype=object)).frame.to_numpy()
    assert (cell, cell.numbers) == ("1.5", {"value": 1.54})
    assert pickle.loads(pickle.dumps(cell)).numbers == {"value": 1.54}
