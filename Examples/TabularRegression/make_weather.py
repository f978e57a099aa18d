"""Makes weather.csv: tomorrow's highest temperature in Seattle from 19 numbers known today.

The measurements are those of the US National Oceanic and Atmospheric Administration for 2012 to 2015, in the
public domain, as the Python package vega_datasets 0.9.0 carries them:

    pip download --no-deps vega_datasets==0.9.0 && unzip vega_datasets-*.whl
    python3 make_weather.py vega_datasets/_data/seattle-weather.csv > weather.csv
"""

import csv
import datetime
import math
import sys

DAYS_BACK = 4
NAMES = {"precipitation": "rain", "temp_max": "high", "temp_min": "low", "wind": "wind"}

with open(sys.argv[1], newline="") as file:
    rows = list(csv.DictReader(file))

header = [f"{name}_{back}" for back in range(DAYS_BACK) for name in NAMES.values()]
header += ["week_high", "season_sin", "season_cos", "high_tomorrow"]
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(header)
for index in range(6, len(rows) - 1):
    known = [rows[index - back][name] for back in range(DAYS_BACK) for name in NAMES]
    week = sum(float(rows[index - back]["temp_max"]) for back in range(7)) / 7
    day = datetime.date(*map(int, rows[index]["date"].split("/"))).timetuple().tm_yday
    angle = 2 * math.pi * day / 365.25
    season = [f"{week:.3f}", f"{math.sin(angle):.5f}", f"{math.cos(angle):.5f}"]
    writer.writerow(known + season + [rows[index + 1]["temp_max"]])
