"""The columns of every frame: their types, their units, what they mean."""

Columns = dict[str, tuple[str, str]]

KEY: Columns = {
    "machine": ("category", "the name of the machine: its CPU, cores and system"),
    "created": ("category", "when the run began, UTC; together with the machine it names the record"),
}

_WHO: Columns = {
    "workload": ("category", "what was trained"),
    "implementation": ("category", "who trained it"),
}

_READINGS: Columns = {
    f"{reading}_{statistic}": ("Float64", f"{text}, of the {which} entry")
    for reading, text in (
        ("of_bound", "error as a share of what rounding explains"),
        ("ulps", "error in units in the last place of the truth"),
        ("absolute", "error"),
    )
    for statistic, which in (("median", "median"), ("largest", "worst"))
}

COLUMNS: dict[str, Columns] = {
    "records": {
        **KEY,
        "file": ("string", "the record, in the folder of records"),
        "sha256": ("string", "of that file"),
        "command": ("string", "what was called"),
        "commit": ("string", "of the suite; +changes where its files were others"),
        "partial": ("boolean", "whether the run was interrupted"),
        "quick": ("boolean", "whether it was a quick one"),
        "sweep": ("boolean", "whether its workloads are points of a sweep"),
        "threads": ("Int64", "that libraries were allowed, on as many CPUs"),
        "unfit": ("string", "why its ratios are not to be believed; nothing where they are"),
        "cpu": ("string", "the model"),
        "cores": ("Int64", "as the system counts them"),
        "system": ("string", "the operating system"),
        "python": ("string", "its version"),
        "launches": ("Int64", "fresh processes of each implementation"),
        "rounds": ("Int64", "turns of each in one launch"),
        "noise_floor": ("Float64", "time of the baseline's second copy over the baseline's"),
        "noise_floor_low": ("Float64", "lower end of its 95 % interval"),
        "noise_floor_high": ("Float64", "upper end of its 95 % interval"),
    },
    "rounds": {
        **KEY,
        "launch": ("Int64", "number of the launch, from 0: the unit of statistics"),
        **_WHO,
        "copy": ("bool", "whether it is the baseline's second copy, the control"),
        "round": ("Int64", "number of the round in its launch, from 0: times of a round are compared"),
        "position": ("Int64", "whose turn it was in the round, from 0"),
        "epochs": ("Int64", "in this round"),
        "nanoseconds": ("Int64", "of wall time that these epochs took"),
        "cpu_nanoseconds": ("Int64", "of CPU time of the process; nothing where it is not known"),
        "waited_nanoseconds": ("Int64", "that its threads waited for a CPU; nothing where the system does not tell"),
        "involuntary_switches": ("Int64", "how often the system took the CPU away; nothing where it does not tell"),
    },
    "timings": {
        **KEY,
        **_WHO,
        "tier": ("string", "idiomatic or tuned; ranks hold within one"),
        "execution": ("string", "eager or compiled"),
        "granularity": ("string", "what one call from Python does"),
        "launches": ("Int64", "in which it was timed"),
        "verdict": ("string", "baseline, faster, slower, not separated, not steady, or why there is no time"),
        "reason": ("string", "the same in a sentence"),
        "rank": ("Int64", "one more than the number of those shown to be faster"),
        "microseconds_per_epoch": ("Float64", "mean over launches of the median long round"),
        "microseconds_low": ("Float64", "lower end of its 95 % interval"),
        "microseconds_high": ("Float64", "upper end of its 95 % interval"),
        "ratio": ("Float64", "time over the baseline's, paired by round"),
        "ratio_low": ("Float64", "lower end of its interval; those of a table hold together with 95 %"),
        "ratio_high": ("Float64", "upper end of it"),
        "start_microseconds": ("Float64", "that a training takes before its first epoch"),
        "start_low": ("Float64", "lower end of its 95 % interval"),
        "start_high": ("Float64", "upper end of it"),
        "idle_share": ("Float64", "time neither running nor waiting for a CPU, over CPU time"),
        "slow_factor": ("Float64", "ratio in rounds in which the machine was slow, over that in the others"),
        "quiet_share": ("Float64", "share of rounds that count, because the machine was not slow"),
    },
    "cold_starts": {
        **KEY,
        **_WHO,
        "import_seconds": ("Float64", "that its import took in a fresh process"),
        "first_call_seconds": ("Float64", "that its first epoch took, with all that is compiled for it"),
        "peak_bytes": ("Int64", "of memory, at the most; nothing where the system does not tell"),
    },
    "beginnings": {
        **KEY,
        **_WHO,
        "starts": ("Int64", "fresh processes"),
        **{
            f"{name}{end}": ("Float64", text if not end else f"{which} end of its 95 % interval")
            for name, text in (
                ("import_seconds", "that its import took"),
                ("first_call_seconds", "that its first epoch took"),
                ("peak_mebibytes", "of memory, at the most"),
            )
            for end, which in (("", ""), ("_low", "lower"), ("_high", "upper"))
        },
        "installed_mebibytes": ("Float64", "of its framework, and all that this requires"),
        "break_even": ("string", "ahead of the baseline: after, until, at once, never, not separated"),
        "break_even_epochs": ("Float64", "after which, or until which"),
        "break_even_low": ("Float64", "the fewest that all intervals together allow"),
        "break_even_high": ("Float64", "the most that they allow"),
    },
    "gradients": {
        **KEY,
        **_WHO,
        "dtype": ("string", "in which the gradient was computed"),
        "parameter": ("string", "the tensor of parameters"),
        "points": ("Int64", "at which it was judged"),
        "verdict": ("string", "inside, outside, failed or missing"),
        "reason": ("string", "why it is not inside"),
        **_READINGS,
    },
    "endings": {
        **KEY,
        **_WHO,
        "epochs": ("Int64", "of the training"),
        "sample": ("Int64", "number of the row of inputs, from 0"),
        "prediction": ("Float64", "for it, after the training"),
        "loss": ("Float64", "half the sum of squared errors, after the training"),
        "verdict": ("string", "inside where it is the known answer"),
    },
    "accuracy": {
        **KEY,
        **_WHO,
        "dtype": ("string", "in which the gradient was computed"),
        "axis": ("string", "logit: of the last layer, on average; scale: of the parameters"),
        "position": ("Float64", "on this axis"),
        "median_digits": ("Float64", "right decimal digits of the median entry"),
        "fewest_digits": ("Float64", "of the worst entry"),
    },
    "trajectories": {
        **KEY,
        **_WHO,
        "epoch": ("Int64", "after which"),
        "from_reference": ("Float64", "the largest difference of a parameter from the reference's"),
        "from_truth": ("Float64", "from a training in 200-bit arithmetic; nothing where that had ended"),
    },
}
