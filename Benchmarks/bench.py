"""Times Apus and its peers in turns (A B A B …) in one run, prints a table and writes results.json.

usage: bench.py APUS_PROGRAM RESULTS_JSON [--peers torch] [--only NAME]

Peers run under the interpreter that runs this script. Without peers Apus is reported alone.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys

NAMES = ["mlp", "tiny-mlp", "cnn", "matmul"]
# Runs per turn: about as long for every work.
COUNTS = {"mlp": 40, "tiny-mlp": 300, "cnn": 4, "matmul": 4}
TURNS = 7


class Contestant:
    def __init__(self, name, command):
        self.name = name
        environment = dict(os.environ, OMP_NUM_THREADS="2")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def turn(self, work, count):
        self.process.stdin.write(f"{work} {count}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise SystemExit(f"{self.name}, {work}: {answer or 'no answer'}")
        first, *times = map(float, answer.split())
        return first, times

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("results")
    parser.add_argument("--peers", default="")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    peers = [name for name in options.peers.split(",") if name]
    contestants = [Contestant("apus", [options.program])]
    for peer in peers:
        script = os.path.join(here, "Peers", f"{peer}_peer.py")
        if not os.path.exists(script):
            raise SystemExit(f"there is no peer '{peer}'")
        contestants.append(Contestant(peer, [sys.executable, script]))
    rows = []
    print(f"{'work':<10} " + " ".join(f"{c.name + ' ms':>12}" for c in contestants) + "   ratio to best peer")
    for work in [name for name in NAMES if options.only in ("", name)]:
        times = {c.name: [] for c in contestants}
        first = {}
        for contestant in contestants:  # warm-up, apart from what is reported
            first[contestant.name], _ = contestant.turn(work, COUNTS[work])
        for _ in range(TURNS):
            for contestant in contestants:
                times[contestant.name] += contestant.turn(work, COUNTS[work])[1]
        median = {name: statistics.median(values) for name, values in times.items()}
        best_peer = min((median[p] for p in peers), default=None)
        ratio = median["apus"] / best_peer if best_peer else None
        rows.append({
            "name": work, "apus_ms": median["apus"], "apus_min_ms": min(times["apus"]),
            "peers": {p: median[p] for p in peers}, "peers_min": {p: min(times[p]) for p in peers},
            "ratio_to_best": ratio, "first_step_ms": first,
        })
        cells = " ".join(f"{median[c.name]:>12.4f}" for c in contestants)
        print(f"{work:<10} {cells}   {f'{ratio:.2f}' if ratio else '-'}", flush=True)
    for contestant in contestants:
        contestant.close()
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    versions = {p: importlib.metadata.version(p) for p in peers}
    report = {"machine": model, "cores": os.cpu_count(), "threads": 2, "versions": versions, "rows": rows}
    temporary = options.results + ".new"
    with open(temporary, "w") as file:
        json.dump(report, file, indent=2)
        file.write("\n")
    os.replace(temporary, options.results)


main()
