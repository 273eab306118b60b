"""The page on fleets: its costs are those of the records, and its calculations come out."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "benchmarks" / "FLEETS.md"
TEXT = PAGE.read_text(encoding="utf-8")

UNITS = {"": 1.0, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "/s": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9}

_QUANTITY = r"\d[\d,]*(?:\.\d+)?(?: (?:(?:ms|s|min|h|kB|MB|GB)\b|/s))?"
CALCULATIONS = re.findall(rf"({_QUANTITY}(?: [×/] {_QUANTITY})+) = ({_QUANTITY})", TEXT)


def value(quantity: str) -> float:
    number, _, unit = quantity.partition(" ")
    return float(number.replace(",", "")) * UNITS[unit]


@pytest.mark.parametrize(("left", "right"), CALCULATIONS)
def test_a_calculation_comes_out(left: str, right: str) -> None:
    first, *rest = re.split(r" ([×/]) ", left)
    found = value(first)
    for sign, quantity in zip(rest[::2], rest[1::2], strict=True):
        found = found * value(quantity) if sign == "×" else found / value(quantity)
    assert found == pytest.approx(value(right), rel=0.035)  # two digits


def test_there_are_calculations() -> None:
    assert len(CALCULATIONS) >= 10


COSTS = re.findall(r"^\| \[([^\]]+)\]\(([^)]+\.json)\) \|(.+)\|$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("name", "link", "cells"), COSTS)
def test_the_costs_are_those_of_the_records(name: str, link: str, cells: str) -> None:
    record = json.loads((PAGE.parent / link).read_text(encoding="utf-8"))
    implementations, workloads, *seconds, each = (float(cell.replace(",", "")) for cell in cells.split("|"))
    assert record["settings"]["sweep"] is name.startswith("sweep")
    assert implementations == len({timing["implementation"] for timing in record["timings"]})
    assert workloads == len(record["workloads"])
    stages = [record["seconds"][stage] for stage in ("judge", "cold_starts", "launches", "total")]
    assert seconds == [round(stage) for stage in stages]
    assert each == pytest.approx(stages[-1] / implementations / workloads, rel=0.03)


def test_there_are_costs() -> None:
    assert len(COSTS) == 5


def test_the_page_is_short() -> None:
    rendered = re.sub(r"(?s)<!-- study: fleet -->.*?<!-- end -->", "", TEXT)
    assert len(rendered.splitlines()) <= 150
