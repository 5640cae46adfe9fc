"""One JSON object a line in, one out: what every Python side speaks; see harness/types.ts."""

import json
import math
import resource
import sys
import time


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def check(prepared, steps):
    seen = []
    prepared.reset()
    for _ in range(steps):
        loss = prepared.step()
        seen.append({"loss": loss, **prepared.readings()})
    return {"readings": seen}


def sample(prepared, warmup, steps):
    prepared.reset()
    step = prepared.step
    loss = math.nan
    for _ in range(warmup):
        loss = step()
    start = time.perf_counter()
    for _ in range(steps):
        loss = step()
    return {"milliseconds": (time.perf_counter() - start) * 1e3, "loss": loss}


def peak_bytes():
    try:
        # Not ru_maxrss where it can be helped: on Linux it starts with what the parent had when it made this process.
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def serve(description, kinds):
    """Answers until the input ends. `kinds` has a class for every kind of task that this side can do."""
    prepared = None
    say({"description": description})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["op"] == "prepare":
                kind = request["task"]["kind"]
                if kind not in kinds:
                    raise ValueError(f"{kind} is nothing that this side can do")
                prepared = None
                prepared = kinds[kind](request["task"])
                say({})
            elif request["op"] == "check":
                say(check(prepared, request["steps"]))
            elif request["op"] == "memory":
                say({"peakBytes": peak_bytes()})
            else:
                say(sample(prepared, request["warmup"], request["steps"]))
        except Exception as error:  # reported, with its kind, to the runner, which stops
            say({"error": f"{type(error).__name__}: {error}"})
