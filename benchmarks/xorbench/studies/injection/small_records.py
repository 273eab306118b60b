"""Small records for the study of faults, which are cut from long ones."""

from collections.abc import Sequence

from xorbench.contract import REFERENCE
from xorbench.record.timing import SERIES
from xorbench.studies.injection.mutations import Json


def reduced(content: Json, names: Sequence[str], workloads: int, launches: int = 4, rounds: int = 6) -> Json:
    """Return a record, reduced to some implementations, workloads, launches and rounds, with one bias."""
    content["workloads"] = content["workloads"][:workloads]
    kept = {workload["name"] for workload in content["workloads"]}

    def is_kept(item: Json) -> bool:
        of = {item[key] for key in ("implementation", "first", "second") if key in item}
        return of <= {*names} and item.get("workload", "hidden") in kept

    report = content["gradients"]
    content["implementations"] = [i for i in content["implementations"] if i["name"] in names]
    for part in (content, report):
        for key in ("timings", "cold_starts", "failures", "products", *report):
            if isinstance(part.get(key), list):
                part[key] = [item for item in part[key] if is_kept(item)]
    bias = {"parameter": "W1", "points": 9, "factor_units": 0.1, "standard_error_units": 0.1, "verdict": "inside"}
    bias |= {"implementation": REFERENCE, "workload": content["workloads"][0]["name"], "dtype": "float64"}
    report |= {"accuracy": report["accuracy"][::20], "faults": report["faults"][:4]}
    report["biases"] = [bias | {"reason": None, "decides": True}]
    report["asked"] = report["asked"] or [
        {"workload": w["name"], "dtype": "float64", "samples": 4, "layer_sizes": w["layer_sizes"], "points": 9}
        for w in content["workloads"]
    ]
    content["launches"] = [launch | {"rounds": rounds} for launch in content["launches"][:launches]]
    content["plan"] |= {"launches": launches, "rounds": rounds, "pilot_launches": 0}
    content["settings"] |= {"launches": None, "rounds": None, "budget_minutes": 5.0}
    content["command"] = f"xorbench {content['kind']}"
    content["timings"] = [timing for timing in content["timings"] if timing["launch"] < launches]
    for timing in content["timings"]:
        timing.update({series: timing[series][:rounds] for series in SERIES})
        for end in timing["ends"]:
            end["round"] %= rounds  # an even number, so that it is a round of the same length
        timing["ends"] = [*{end["round"]: end for end in timing["ends"]}.values()]
        timing["compared_rounds"] = min(rounds, timing["compared_rounds"])
    return ranked(content)


def ranked(content: Json) -> Json:
    """Return a record in which the positions of a round are 0 to k - 1, after rows were left out."""
    together: dict[tuple[int, str], list[Json]] = {}
    for timing in content["timings"]:
        together.setdefault((timing["launch"], timing["workload"]), []).append(timing)
    for timings in together.values():
        for turn, places_of_turn in enumerate(zip(*(t["positions"] for t in timings), strict=True)):
            for timing, place in zip(timings, places_of_turn, strict=True):
                timing["positions"][turn] = sorted(places_of_turn).index(place)
    return content


def smallest(content: Json) -> Json:
    """Return a record of a run, cut to at most 20 kB: two implementations, two launches of four rounds.

    Each list of the report keeps what decides, and a few of its other items.
    """
    other = next(i["name"] for i in content["implementations"] if i["name"] != REFERENCE and not i["interpreter"])
    found = reduced(content, (REFERENCE, other), workloads=1, launches=2, rounds=4)
    report = found["gradients"]
    for key in ("rows", "pairs", "conduct"):
        report[key] = [row for row in report[key] if row["decides"]]
    for key, most in {"pairs": 1, "asked": 1, "accuracy": 2, "faults": 1, "trajectories": 1, "mistakes": 1}.items():
        report[key] = report[key][:most]
    for row in report["rows"][2:]:
        row.update({"ulps": None, "absolute": None})
    found["cold_starts"] = found["cold_starts"][:2]
    for trajectory in report["trajectories"]:
        trajectory.update({key: value[:3] for key, value in trajectory.items() if isinstance(value, list)})
    for timing in found["timings"]:
        timing["ends"] = timing["ends"][:1]
    frameworks = {"python", *(i["framework"] for i in found["implementations"])}
    versions = found["environment"]["versions"]
    found["environment"]["versions"] = {name: versions[name] for name in versions if name in frameworks}
    found["environment"]["others"] = {}
    return found
