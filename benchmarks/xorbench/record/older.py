"""Upgrade records of older schema versions before they are checked: one function for each version."""

from typing import Any

Json = dict[str, Any]
"""A JSON object, as it was read."""


def upgraded(record: object) -> Any:
    """Return `record`, as read from JSON, upgraded to schema 6 with all of its keys; anything else is not changed.

    Raises ValueError if its schema version is no integer, and KeyError, TypeError or AttributeError if it does not
    match the older version that it states.
    """
    if not isinstance(record, dict):
        return record
    if isinstance(version := record.get("schema"), float):
        raise ValueError(f"$.schema: {version}, expected one of 4, 5 and 6")
    if record.get("schema") == 4:
        record = _from_4(record)
    if record.get("schema") == 5:
        record = _from_5(_with_later_keys(record))
    return _with_later_keys_of_6(record) if record.get("schema") == 6 else record


_LATER = {"gradients_by": None, "lines_of_code": None, "adds": None, "adds_to": None, "file": None, "interpreter": None}
"""The defaults of keys of an implementation that were added within a schema version."""


def _with_later_keys(record: Json) -> Json:
    """Return the record with defaults for missing keys that were added within a schema version."""
    return {
        "products": [],
        **record,
        "settings": {"threads": 1, "sweep": False} | record["settings"],
        "environment": {"others": {}} | record["environment"],
        "implementations": [_LATER | implementation for implementation in record["implementations"]],
    }


def _with_later_keys_of_6(record: Json) -> Json:
    """Return the record with defaults for missing keys that were added within schema 6.

    Before, only epochs could be timed, instructions were counted in trainings of the same lengths, and neither other
    measurements nor processes that were left were noted, nor how far ends of the reference grow apart. Parts that are
    not as expected are left to the check of the types.
    """

    def each(whole: Json, name: str, later: Json) -> Json:
        parts = whole.get(name)
        if not isinstance(parts, list):
            return {}
        return {name: [later | part if isinstance(part, dict) else part for part in parts]}

    found: Json = {"counts": None, "host": None} | record
    if isinstance(counts := found["counts"], dict):
        found["counts"] = counts | each(counts, "rows", {"times": 1})
    found |= each(record, "launches", {"others_timing": False, "left": {}})
    found |= each(record, "timings", {"latency": None}) | each(record, "failures", {"measure": "epoch"})
    if isinstance(timings := found.get("timings"), list):
        found["timings"] = [t | each(t, "ends", {"grown": 0.0}) if isinstance(t, dict) else t for t in timings]
    if isinstance(settings := record.get("settings"), dict):
        found["settings"] = {"measures": ["epoch"]} | settings
    return found


_JUDGED = ("rows", "pairs", "conduct")
"""The lists of verdicts in a report, all of which decided before there was a key that says so."""


def _from_5(record: Json) -> Json:
    """Return a record of schema 5 as one of schema 6.

    Up to schema 5 the judge asked about the workload's own shape only, judged every entry, estimated no bias and named
    no mistakes; its verdicts in both dtypes decided what is timed.
    """
    report = record["gradients"]
    report |= {name: [{"decides": True} | row for row in report[name]] for name in _JUDGED}
    rows = [row | {"not_judged": 0} for row in report["rows"]]
    return record | {"schema": 6, "gradients": report | {"rows": rows, "asked": [], "biases": [], "mistakes": []}}


def _from_4(record: Json) -> Json:
    """Return a record of schema 4 as one of schema 5.

    Rounds of schema 4 were timed by wall time and were all of one length. Their CPU time is not known, and their ends
    were compared but not kept.
    """
    return record | {
        "schema": 5,
        "kind": "sweep" if record.get("settings", {}).get("sweep") else "run",
        "resumed": False,
        "plan_sha256": None,
        "part": None,
        "timings": [_timing_from_4(timing) for timing in record.get("timings", [])],
    }


def _timing_from_4(timing: Json) -> Json:
    rounds = len(timing["round_nanoseconds"])
    epochs = timing["epochs_per_round"]
    kept = {name: value for name, value in timing.items() if name != "epochs_per_round"}
    ledger = {name: value for name, value in timing["ledger"].items() if name not in ("late", "off_trajectory")}
    return kept | {
        "measure": "epoch",
        "epochs": [epochs] * rounds,
        "cpu_nanoseconds": [None] * rounds,
        "ledger": ledger | {"late_nanoseconds": None},
        "usage": None,
        "ends": [],
        "compared_rounds": 0,
    }
