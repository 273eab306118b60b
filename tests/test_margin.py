"""The study of the judge's margin: it finds what is outside, and its table says so."""

import json

import numpy as np

from xorbench.contract import REFERENCE
from xorbench.studies import margin
from xorbench.studies.margin import Worst, searched
from xorbench.tables.studies.margin import table_of


def worst(of_bound: float, questions: int) -> Worst:
    return Worst(REFERENCE, "hidden", "float64", questions, of_bound, "W1[0, 0]", "there", ["0x0.0p+0"])


def test_the_larger_error_stays_and_questions_add_up() -> None:
    found = margin._larger(worst(0.5, 10), worst(0.25, 5))
    assert (found.of_bound, found.questions) == (0.5, 15)
    found = margin._larger(found, worst(0.75, 1))
    assert (found.of_bound, found.questions) == (0.75, 16)


def test_a_search_does_not_get_better_than_its_start_and_is_inside() -> None:
    found = searched(REFERENCE, "neuron", "float64", seed=1)
    again = searched(REFERENCE, "neuron", "float64", seed=1)
    assert found == again
    assert 0.2 < found.of_bound <= 1
    assert np.isfinite([float.fromhex(value) for value in found.parameters]).all()


def test_the_table_has_questions_and_searches() -> None:
    data = {
        "seed": 3,
        "steps": 400,
        "questions": [vars(worst(0.75, 1_000))],
        "search_seconds": 60.0,
        "searches": [vars(worst(0.9, 2)) | {"starts": 2}],
    }
    line = table_of(json.loads(json.dumps(data))).frame.iloc[0]
    assert line["questions"] == "1,000"
    assert line["largest error / bound"] == "0.750"
    assert line["points of the search"] == "800"
    assert line["search: largest error / bound"] == "0.900"
