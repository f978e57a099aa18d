"""Scores of Apus and its peers on twelve tables, on the same folds; prints a table and writes it down.

usage: tabular.py APUS_PROGRAM TABLES [--quality fast|good|best] [--peers sklearn] [--only NAME,NAME] [--output FILE]

TABLES is what sets.py wrote. The test rows of a fold are given to Apus by --test, which looks at them once, at the end; the
scores are computed here, from its predictions, as those of the peers are.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

NUMBERS = ("rmse",)


def score(metric, truth, predicted, classes, positive):
    if metric == "rmse":
        return float(np.sqrt(np.mean((truth - predicted) ** 2)))
    labels = np.array([classes.index(name) for name in truth])
    if metric == "auc":
        from sklearn.metrics import roc_auc_score

        return float(roc_auc_score(labels == classes.index(positive), predicted[:, classes.index(positive)]))
    right = predicted[np.arange(len(labels)), labels] / predicted.sum(axis=1)
    return float(-np.mean(np.log(np.clip(right, 1e-15, 1))))


def standard_error(metric, truth, predicted, classes, positive, draws=200):
    random = np.random.default_rng(0)
    rows = len(truth)
    values = []
    for _ in range(draws):
        chosen = random.integers(0, rows, rows)
        try:
            values.append(score(metric, truth[chosen], predicted[chosen], classes, positive))
        except ValueError:
            pass
    return float(np.std(values))


def apus(program, folder, fold, description, quality, extra):
    """Apus's predictions for the test rows of a fold, CPU seconds of the fit, bytes of the model, what it said."""
    training, test = f"{folder}/fold{fold}-train.csv", f"{folder}/fold{fold}-test.csv"
    with tempfile.TemporaryDirectory() as work:
        command = [program, "fit", training, "--target", description["target"], "--test", test, "--quality", quality,
                   "--output", f"{work}/run"] + extra
        if description["types"]:
            command += ["--types", ",".join(f"{name}={kind}" for name, kind in description["types"].items())]
        if description.get("time"):
            command += ["--split", f"time:{description['time']}"]
        command += ["--task", "regression" if description["metric"] in NUMBERS else "classification"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        fitted = subprocess.run(command, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if fitted.returncode != 0:
            raise RuntimeError(fitted.stdout[-2000:] + fitted.stderr[-2000:])
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        subprocess.run([program, "predict", "--model", f"{work}/run", test, "--csv", "--output", f"{work}/out.csv"],
                       check=True, capture_output=True)
        table = pd.read_csv(f"{work}/out.csv", keep_default_na=False)
        size = os.path.getsize(f"{work}/run/model.safetensors")
        return table, seconds, size, fitted.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("tables")
    parser.add_argument("--quality", default="fast")
    parser.add_argument("--peers", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--output", default="")
    parser.add_argument("--extra", default="")
    arguments = parser.parse_args()
    only = [name for name in arguments.only.split(",") if name]
    results = []
    for name in sorted(os.listdir(arguments.tables)):
        path = f"{arguments.tables}/{name}"
        if only and name not in only or not os.path.exists(f"{path}/set.json"):
            continue
        description = json.load(open(f"{path}/set.json"))
        metric, classes = description["metric"], description["order"]
        rows = {}
        for fold in range(description["folds"]):
            kinds = {column: str for column in description["types"]}
            read = {"keep_default_na": False, "na_values": [""], "dtype": kinds}
            training = pd.read_csv(f"{path}/fold{fold}-train.csv", **read)
            test = pd.read_csv(f"{path}/fold{fold}-test.csv", **read)
            truth = test[description["target"]].to_numpy()
            found = {}
            if "sklearn" in arguments.peers:
                from peers import predictions

                skipped = ["knn", "svm"] if len(training) > 30000 else []
                found |= {peer: (values, seconds, 0) for peer, (values, seconds) in
                          predictions(training, test, description["target"], classes, skipped).items()}
            table, seconds, size, said = apus(arguments.program, path, fold, description, arguments.quality,
                                              arguments.extra.split())
            if classes:
                values = np.stack([table[f"probability {label}"].to_numpy(float) if f"probability {label}" in table
                                   else np.zeros(len(table)) for label in classes], axis=1)
            else:
                values = table["prediction"].to_numpy(float)
            found["apus"] = (values, seconds, size)
            for peer, (values, seconds, size) in found.items():
                rows.setdefault(peer, []).append({
                    "score": score(metric, truth, values, classes, description["positive"]), "seconds": seconds,
                    "bytes": size,
                    "error": standard_error(metric, truth, values, classes, description["positive"])})
        line = {"set": name, "metric": metric, "folds": description["folds"]}
        for peer, folds in rows.items():
            line[peer] = {
                "score": float(np.mean([fold["score"] for fold in folds])),
                "error": float(np.sqrt(np.mean([fold["error"] ** 2 for fold in folds]) / len(folds))),
                "seconds": float(np.mean([fold["seconds"] for fold in folds])), "bytes": int(folds[0]["bytes"])}
        results.append(line)
        print(f"{name:18} {metric:8} " + "  ".join(
            f"{peer} {line[peer]['score']:.4f}" + (f" ({line[peer]['seconds']:.0f} s)" if peer == "apus" else "")
            for peer in rows), flush=True)
    if arguments.output:
        json.dump(results, open(arguments.output, "w"), indent=1)


main()
