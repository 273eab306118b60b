"""Cheats in what a process does while it is timed, and in what it says of itself: its clocks, CPUs, memory, text."""

from collections.abc import Sequence

from xorbench.studies.injection.cheat import (
    BEYOND,
    CLOCKED,
    NAMES,
    NO_GAIN,
    TRAIN,
    Cheat,
    training,
)

_SOCKETS = (
    "    import os\n"
    "    for number in os.listdir('/proc/self/fd'):\n"
    "        place = f'/proc/self/fd/{number}'\n"
    "        if os.path.exists(place) and os.readlink(place).startswith('socket'):\n"
    '            os.write(int(number), b\'{"says": "ready"}\\n\')\n'
    "    return honest(*given, epochs)\n"
)

_HALF_SPEED = (
    "if CLOCKED:\n"
    "    timed = __import__('sys').modules['xorbench.clock.timed_implementation']\n"
    "    wall, cpu = timed.perf_counter_ns, timed.process_time_ns\n"
    "    timed.perf_counter_ns, timed.process_time_ns = lambda: wall() // 2, lambda: cpu() // 2\n"
)

_NO_CPU_TIME = (
    "if CLOCKED:\n    timed = __import__('sys').modules['xorbench.clock.timed_implementation']\n"
    "    timed.process_time_ns = lambda: 0\n"
)

_OTHER_SUBJECT = (
    "def trained(self, epochs):\n"
    "    began, began_on_cpu = timed.perf_counter_ns(), timed.process_time_ns()\n"
    "    self._result = self._work(epochs)\n"
    "    taken = timed.perf_counter_ns() - began, timed.process_time_ns() - began_on_cpu\n"
    "    self._taken = timed.Taken(taken[0] // 2, taken[1] // 2, False, timed.other_threads_nanoseconds())\n\n\n"
    "if CLOCKED:\n"
    "    timed = __import__('sys').modules['xorbench.clock.timed_implementation']\n"
    "    timed.TimedImplementation.train = trained\n"
)

CHEATS_OF_PROCESSES: Sequence[Cheat] = (
    Cheat(
        "collects",
        "leaves garbage collection on in its rounds",
        training("    __import__('gc').enable()\n    return honest(*given, epochs)\n"),
        says="garbage collection was enabled during timed rounds",
    ),
    Cheat(
        "uses_all_cpus",
        "takes all CPUs in its rounds",
        training(
            "    import os\n    os.sched_setaffinity(0, range(os.cpu_count()))\n    return honest(*given, epochs)\n"
        ),
        says="its CPU affinity is",
        cpus=2,
    ),
    Cheat(
        "hides_its_cpus",
        "takes all CPUs in its rounds, and replaces the function that says so",
        training(
            "    import os\n    before = os.sched_getaffinity(0)\n"
            "    os.sched_getaffinity = lambda _number: before\n"
            "    os.sched_setaffinity(0, range(os.cpu_count()))\n    return honest(*given, epochs)\n"
        ),
        expected=NO_GAIN,
        cpus=2,
    ),
    Cheat(
        "has_two_threads",
        "gives its library a pool of two threads under the clock",
        training(
            "    return honest(*given, epochs)\n",
            "if CLOCKED:\n    import threadpoolctl\n    threadpoolctl.threadpool_limits(2)\n",
        ),
        says="thread pool has 2 threads, expected 1",
    ),
    Cheat(
        "compiles_in_rounds",
        "makes executable memory in its rounds",
        training(
            "    import mmap\n"
            "    KEPT.append(mmap.mmap(-1, 2**16, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))\n"
            "    return honest(*given, epochs)\n"
        ),
        says="its executable memory grew by",
    ),
    Cheat(
        "fills_memory",
        "keeps 4 MiB of each training",
        training('    KEPT.append(b"x" * 2**22)\n    return honest(*given, epochs)\n'),
        says="its resident memory grew by",
    ),
    Cheat(
        "says_eager",
        "says that it is eager, and calls functions of another text",
        (
            (
                TRAIN,
                "    if not OTHER:\n"
                "        exec(compile(open(__file__).read().split('def train(')[0], 'elsewhere', 'exec'), OTHER)\n"
                + TRAIN.replace("step(recipe", "OTHER['step'](recipe"),
            ),
            (NAMES, f"{NAMES}OTHER: dict = {{}}\n"),
        ),
        says="it is declared eager, but",
    ),
    Cheat(
        "says_compiled",
        "says that it is compiled, and runs Python",
        (('EXECUTION = "eager"', 'EXECUTION = "compiled"'),),
        says="it is declared compiled, but",
    ),
    Cheat(
        "starts_elsewhere",
        "starts from other parameters under the clock",
        (
            ("[np.array(p, dtype) for p in parameters]", "[np.array(p, dtype) * (1 + CLOCKED) for p in parameters]"),
            (NAMES, NAMES + CLOCKED),
        ),
        says="it started from other parameters than the workload's",
    ),
    Cheat(
        "rewrites_itself",
        "changes its own file when it is imported under the clock",
        (
            (
                NAMES,
                f"{NAMES}{CLOCKED}if CLOCKED:\n    with open(__file__, 'a') as file:\n"
                "        file.write('# other\\n')\n",
            ),
        ),
        says="was changed while it was measured",
    ),
    Cheat(
        "writes_on_the_line",
        "sends a message of its own to the driver",
        training(_SOCKETS),
        says="it sent an unexpected message, 'ready'",
    ),
    Cheat(
        "stops_the_cpu_clock",
        "replaces the function that reads its CPU time by one that returns 0",
        training("    return honest(*given, epochs)\n", _NO_CPU_TIME),
        says="it reported 0.000 s of CPU time in its rounds",
    ),
    Cheat(
        "slows_the_clocks",
        "replaces both clocks of the harness by ones at half speed",
        training("    return honest(*given, epochs)\n", _HALF_SPEED),
        expected=BEYOND,
    ),
    Cheat(
        "replaces_the_harness",
        "replaces the function that times its rounds by one that halves the times",
        training("    return honest(*given, epochs)\n", _OTHER_SUBJECT),
        expected=BEYOND,
    ),
)
