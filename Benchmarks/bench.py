"""Times Apus and its peers in turns (A B A B …) in one run; prints a table and writes it down.

usage: bench.py APUS_PROGRAM [--suite engine|vision|vision-batch] [--peers torch,jax] [--only NAME,NAME]

Peers run under the interpreter that runs this script. Without peers Apus is held against the machine's roofline.
A whole run with the suite's peers writes Benchmarks/results.json, the table in Benchmarks/README.md and
docs/images/benchmark.svg, or those of the suite; any other writes .build/bench/results.json.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

import report
from contestant import THREADS, Contestant, Failure
from Peers.networks import NETWORKS

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)

# Each row, the ratio to the best peer that it is to reach, and how far results may differ: a few units of the last
# place for most, more where training steps magnify them.
ROWS = {
    "mlp": (0.75, 1e-4),
    "tiny-mlp": (0.4, 1e-4),
    "cnn": (0.5, 1e-4),
    "resnet50-infer-1": (0.7, 1e-4),
    "resnet50-infer-16": (0.65, 1e-4),
    "resnet50-train": (0.75, 1e-3),
    "lstm": (0.75, 1e-4),
    "gpt-train": (0.85, 1e-4),
    "gpt2-infer": (0.85, 1e-4),
    "gpt2-decode": (0.9, 1e-4),
    "layernorm-gelu": (0.7, 1e-5),
    "adam": (0.6, 1e-5),
    "loader": (1 / 3, 0),
}

# Rows that need a folder of the user's.
NEEDED = {"photos-loader": "APUS_BENCH_PHOTOS"}


class Suite:
    """Rows that make one table, the peers that a whole run has, and what distinguishes the names of its files."""

    def __init__(self, rows, peers, suffix):
        self.rows, self.peers, self.suffix = rows, peers, suffix


SUITES = {
    "engine": Suite(ROWS, ["torch", "jax"], ""),
    "vision": Suite(
        {f"{name}-1": (1.0, 1e-4) for name in NETWORKS}
        | {"cifar-train": (1.0, 1e-3), "photos-loader": (0.5, 0.05)},
        ["torch"], "-vision"),
    "vision-batch": Suite({f"{name}-8": (1.0, 1e-4) for name in NETWORKS}, ["torch"], "-vision-batch"),
}

TURNS = 7
# A turn lasts about this long, and is at least one run.
TURN_MILLISECONDS = 300
# Of a peer's ways of doing a row, those this much slower than its best after the warm-up are not timed further.
HOPELESS = 1.3


class Bench:
    def __init__(self, program, suite, peers, folder, turns):
        self.program, self.rows, self.peers, self.folder, self.turns = program, suite.rows, peers, folder, turns

    def contestant(self, name, variant=""):
        if name == "apus":
            return Contestant(name, variant, [self.program])
        script = os.path.join(HERE, "Peers", f"{name}_peer.py")
        return Contestant(name, variant, [sys.executable, script, variant, self.folder])

    def variants(self):
        """For each peer and row its ways of doing it, or why there is none."""
        result = {}
        for peer in self.peers:
            with self.contestant(peer, "-") as process:
                for row in self.rows:
                    words = process.ask("variants", row).split(" ", 1)
                    result[peer, row] = ([], words[1]) if words[0] == "none" else (" ".join(words).split(), None)
        return result

    def measure(self, row, variants, roofline):
        """One line of the table."""
        notes, differences = {}, {}
        results = os.path.join(self.folder, f"{row}.results")
        with self.contestant("apus") as apus:
            operations, byte_count = map(float, apus.ask("cost", row).split())
            if self.peers:
                apus.ask("export", row, os.path.join(self.folder, f"{row}.safetensors"))
                apus.ask("check", row, results)
        wanted = [("apus", "")]
        for peer in self.peers:
            ways, reason = variants[peer, row]
            if reason:
                notes[peer] = reason
            for variant in ways:
                label = f"{peer} {variant}"
                try:
                    with self.contestant(peer, variant) as process:
                        differences[label] = float(process.ask("check", row, results))
                except Failure as failure:
                    notes[label] = str(failure)
                    continue
                if differences[label] <= self.rows[row][1]:
                    wanted.append((peer, variant))
                else:
                    notes[label] = f"computes something else: off by {differences[label]:.2g}"
        started, first, times, memory = [], {}, {}, {}
        for name, variant in wanted:
            contestant = self.contestant(name, variant)
            label = f"{name} {variant}".strip()
            try:
                first[label] = contestant.first_step(row)
                warm = contestant.turn(row, 2)
                count = max(1, round(TURN_MILLISECONDS / min(warm)))
                warm = contestant.turn(row, count)
                memory[label] = contestant.peak_memory()
                started.append((contestant, label, statistics.median(warm)))
            except Failure as failure:
                notes[label] = str(failure)
                contestant.close()
        racing = []
        for contestant, label, warm in started:
            best = min(other for one, _, other in started if one.name == contestant.name)
            if warm > HOPELESS * best:
                notes[label] = f"{warm:.4g} ms after the warm-up, not timed further"
                contestant.close()
            else:
                racing.append((contestant, label, max(1, round(TURN_MILLISECONDS / warm))))
                times[label] = []
        for _ in range(self.turns):
            for contestant, label, count in racing:
                times[label] += contestant.turn(row, count)
        for contestant, label, _ in racing:
            memory[label] = max(memory[label], contestant.peak_memory())
            contestant.close()
        medians = {label: statistics.median(values) for label, values in times.items()}

        def best(peer, values):
            return min((value for label, value in values.items() if label.split()[0] == peer), default=None)

        peers = {peer: best(peer, medians) for peer in self.peers}
        fastest = min((value for value in peers.values() if value is not None), default=None)
        limit = max(operations / roofline[0], byte_count / roofline[1]) * 1e3
        names = ["apus", *self.peers]
        return {
            "name": row, "apus_ms": medians["apus"], "peers": peers,
            "ratio_to_best": medians["apus"] / fastest if fastest else None,
            "limit_ms": limit or None, "to_reach": self.rows[row][0],
            "first_step_ms": {name: best(name, first) for name in names},
            "peak_memory_bytes": {name: best(name, memory) for name in names},
            "minimum_ms": {name: best(name, {label: min(v) for label, v in times.items()}) for name in names},
            "ways_ms": medians, "difference": differences, "notes": notes,
        }


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{model}, {os.cpu_count()} cores, {memory / 2**30:.0f} GB, {platform.system()} {platform.release()}"


def versions(peers):
    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    packages = {"torch": ["torch"], "jax": ["jax", "jaxlib"]}
    found = {name: importlib.metadata.version(name) for peer in peers for name in packages.get(peer, [peer])}
    return {"apus": commit or "unknown", "python": platform.python_version(), **found}


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--suite", default="engine", choices=list(SUITES))
    parser.add_argument("--peers", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of each contestant in each row")
    options = parser.parse_args()
    suite = SUITES[options.suite]
    peers = [name for name in options.peers.split(",") if name]
    for peer in peers:
        if not os.path.exists(os.path.join(HERE, "Peers", f"{peer}_peer.py")):
            raise SystemExit(f"there is no peer '{peer}': torch and jax are there")
    only = [name for name in options.only.split(",") if name]
    for name in only:
        if name not in suite.rows:
            raise SystemExit(f"there is no row '{name}': there are {', '.join(suite.rows)}")
    with tempfile.TemporaryDirectory(prefix="apus-bench-") as folder:
        bench = Bench(options.program, suite, peers, folder, options.turns)
        with bench.contestant("apus") as apus:
            written = apus.ask("names").split()
            roofline = tuple(float(word) for word in apus.ask("roofline").split())
        variants = bench.variants()
        results = {
            "machine": machine(), "threads": THREADS, "turns": options.turns, "versions": versions(peers),
            "roofline": {"gflops": roofline[0] / 1e9, "gigabytes_per_second": roofline[1] / 1e9}, "rows": [],
        }
        print(report.heading(results, peers), flush=True)
        failed = []
        for row in [
                name for name in suite.rows if name in only or not only and NEEDED.get(name, "PATH") in os.environ]:
            if row not in written:
                failed.append(f"{row}: apus-bench has no such work")
                continue
            try:
                results["rows"].append(bench.measure(row, variants, roofline))
            except Failure as failure:
                failed.append(f"{row}: {failure}")
                continue
            print(report.line(results["rows"][-1], peers), flush=True)
            for path in os.listdir(folder):
                os.remove(os.path.join(folder, path))
    is_whole = set(peers) >= set(suite.peers) and not only and not failed
    path = os.path.join(*([HERE] if is_whole else [ROOT, ".build", "bench"]), f"results{suite.suffix}.json")
    write_json(path, results)
    if is_whole:
        report.write_files(results, peers, ROOT, suite.suffix)
    print(report.notes(results, peers) + f"\nwritten: {os.path.relpath(path)}")
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()
