"""The columns of every data frame: type and description, with the unit where there is one."""

Columns = dict[str, tuple[str, str]]

KEY: Columns = {
    "machine": ("category", "name of the machine: CPU, number of cores and operating system"),
    "created": ("category", "time at which the run began, UTC; identifies the record together with the machine"),
}

_WHO: Columns = {
    "workload": ("category", "name of the workload"),
    "implementation": ("category", "name of the implementation"),
}

_READINGS: Columns = {
    f"{reading}_{statistic}": ("Float64", f"error of the {which} entry, {text}")
    for reading, text in (
        ("of_bound", "as a fraction of the rounding bound"),
        ("ulps", "in units in the last place of the true value"),
        ("absolute", "as an absolute difference"),
    )
    for statistic, which in (("median", "median"), ("largest", "worst"))
}

COLUMNS: dict[str, Columns] = {
    "records": {
        **KEY,
        "file": ("string", "file of the record, relative to the folder of records"),
        "sha256": ("string", "SHA-256 of that file"),
        "kind": ("string", "run, sweep, history (releases of a framework) or count (instructions, nothing is timed)"),
        "command": ("string", "command that was run"),
        "commit": ("string", "commit of the suite; ends with +changes if its files differed from that commit"),
        "partial": ("boolean", "whether the run was interrupted"),
        "quick": ("boolean", "whether the run was a quick one (--quick)"),
        "sweep": ("boolean", "whether the workloads are points of a sweep"),
        "threads": ("Int64", "number of threads that libraries may use, on as many CPUs"),
        "unfit": ("string", "reason why the ratios are not usable; empty if they are usable"),
        "cpu": ("string", "model of the CPU"),
        "cores": ("Int64", "number of CPUs that the system reports"),
        "system": ("string", "operating system"),
        "python": ("string", "version of Python"),
        "launches": ("Int64", "number of launches; each is a fresh process of every row"),
        "rounds": ("Int64", "number of rounds per launch"),
        "noise_floor": ("Float64", "A/A ratio: time of the second copy of the baseline over that of the baseline"),
        "noise_floor_low": ("Float64", "lower end of its 95 % interval"),
        "noise_floor_high": ("Float64", "upper end of its 95 % interval"),
    },
    "rounds": {
        **KEY,
        "launch": ("Int64", "number of the launch, from 0; the launch is the unit of statistics"),
        **_WHO,
        "copy": ("bool", "whether the row is the second copy of the baseline (A/A control)"),
        "round": ("Int64", "number of the round in its launch, from 0; times of the same round are compared"),
        "position": ("Int64", "position of the turn in the round, from 0"),
        "epochs": ("Int64", "number of epochs in the round"),
        "nanoseconds": ("Int64", "wall time of these epochs"),
        "cpu_nanoseconds": ("Int64", "CPU time of the process; empty if unknown"),
        "waited_nanoseconds": ("Int64", "time that its threads waited for a CPU; empty if not reported by the system"),
        "involuntary_switches": ("Int64", "preemptions of the process; empty if not reported by the system"),
    },
    "timings": {
        **KEY,
        **_WHO,
        "tier": ("string", "idiomatic or tuned; ranks are within one tier"),
        "execution": ("string", "eager or compiled"),
        "granularity": ("string", "how much of a training one call from Python computes"),
        "launches": ("Int64", "number of launches in which it was timed"),
        "verdict": ("string", "baseline, faster, slower, not separated, not steady, or why there is no time"),
        "reason": ("string", "reason for the verdict, in one line; empty if there is none"),
        "rank": ("Int64", "one more than the number of rows shown to be faster"),
        "microseconds_per_epoch": ("Float64", "time per epoch: mean over launches of the median long round"),
        "microseconds_low": ("Float64", "lower end of its 95 % interval"),
        "microseconds_high": ("Float64", "upper end of its 95 % interval"),
        "ratio": ("Float64", "time over that of the baseline, paired by round"),
        "ratio_low": ("Float64", "lower end of its interval; intervals of a table are simultaneous (95 %)"),
        "ratio_high": ("Float64", "upper end of its interval"),
        "start_microseconds": ("Float64", "time of a training before its first epoch"),
        "start_low": ("Float64", "lower end of its 95 % interval"),
        "start_high": ("Float64", "upper end of its 95 % interval"),
        "idle_share": ("Float64", "time neither running nor waiting for a CPU, over CPU time"),
        "slow_factor": ("Float64", "ratio in rounds in which the machine was slow, over the ratio in the quiet rounds"),
        "quiet_share": ("Float64", "share of rounds in which the machine was not slow; empty if all rounds are used"),
    },
    "cold_starts": {
        **KEY,
        **_WHO,
        "import_seconds": ("Float64", "time of its import in a fresh process"),
        "first_call_seconds": ("Float64", "time of its first epoch, including compilation"),
        "peak_bytes": ("Int64", "peak memory; empty if not reported by the system"),
    },
    "beginnings": {
        **KEY,
        **_WHO,
        "starts": ("Int64", "number of cold starts, each in a fresh process"),
        **{
            f"{name}{end}": ("Float64", text if not end else f"{which} end of its 95 % interval")
            for name, text in (
                ("import_seconds", "mean time of its import"),
                ("first_call_seconds", "mean time of its first epoch, including compilation"),
                ("peak_mebibytes", "mean peak memory"),
            )
            for end, which in (("", ""), ("_low", "lower"), ("_high", "upper"))
        },
        "installed_mebibytes": ("Float64", "size of its framework and everything that it requires"),
        "break_even": (
            "string",
            "when its total time is less than the baseline's: after, until, at once, never, not separated",
        ),
        "break_even_epochs": (
            "Float64",
            "number of epochs after which, or until which, its total time is less than the baseline's",
        ),
        "break_even_low": ("Float64", "smallest number of epochs that all intervals together allow"),
        "break_even_high": ("Float64", "largest number of epochs that all intervals together allow"),
    },
    "gradients": {
        **KEY,
        **_WHO,
        "dtype": ("string", "dtype in which the gradient was computed"),
        "parameter": ("string", "parameter tensor"),
        "points": ("Int64", "number of points at which it was judged"),
        "verdict": ("string", "inside, outside, failed, missing or not offered"),
        "reason": ("string", "reason why the verdict is not inside; empty if it is"),
        "decides": ("bool", "whether the workload is timed in this dtype, so that the verdict decides"),
        **_READINGS,
    },
    "endings": {
        **KEY,
        **_WHO,
        "epochs": ("Int64", "number of epochs of the training"),
        "sample": ("Int64", "number of the sample (row of the inputs), from 0"),
        "prediction": ("Float64", "prediction for this sample after the training"),
        "loss": ("Float64", "half the sum of squared errors after the training"),
        "verdict": ("string", "inside if it agrees with the known answer"),
    },
    "accuracy": {
        **KEY,
        **_WHO,
        "dtype": ("string", "dtype in which the gradient was computed"),
        "axis": ("string", "logit: mean logit of the last layer; scale: scale of the parameters"),
        "position": ("Float64", "position on this axis"),
        "median_digits": ("Float64", "correct decimal digits of the median entry"),
        "fewest_digits": ("Float64", "correct decimal digits of the worst entry"),
    },
    "trajectories": {
        **KEY,
        **_WHO,
        "epoch": ("Int64", "number of epochs after which the parameters were compared"),
        "from_reference": ("Float64", "largest difference of a parameter from that of the reference"),
        "from_truth": ("Float64", "largest difference from a training in 200-bit arithmetic; empty after its end"),
    },
}
