"""Count, sum, least and greatest value for each region and metric of a table in
CSV, by one of three engines.

Each answers the whole table or None: the caller then looks for the line that is
at fault.
"""

import io
import re

import pandas
import polars

HEADER = "ts,device,region,metric,value"
COLUMNS = HEADER.split(",")
LIBRARIES = ("pandas", "numpy", "polars")


def plain(text):
    groups = {}
    rows = 0
    for line in text.rstrip().split("\n")[1:]:
        found = _fields(line)
        if found is None:
            return None
        region, metric, value = found
        key = f"{region}|{metric}"
        group = groups.get(key)
        if group:
            group["n"] += 1
            group["sum"] += value
            if value < group["min"]:
                group["min"] = value
            if value > group["max"]:
                group["max"] = value
        else:
            groups[key] = {"key": key, "n": 1, "sum": value, "min": value, "max": value}
        rows += 1
    return {"rows": rows, "groups": list(groups.values())}


_whole = re.compile("-?[0-9]{1,15}").fullmatch


def _fields(line):
    fields = line.split(",")
    if len(fields) != len(COLUMNS):
        return None
    ts, device, region, metric, value = fields
    if not (device and region and metric and _whole(ts) and _whole(value)):
        return None
    return region, metric, int(value)


def faulty_line(text):
    """The number of the first line that is not one of the table, from 1."""
    lines = text.rstrip().split("\n")
    if lines[0] != HEADER:
        return 1
    return next((number for number, line in enumerate(lines[1:], 2) if _fields(line) is None), 0)


def frame(text):
    types = {"device": "str", "region": "str", "metric": "str"}
    try:
        table = pandas.read_csv(
            io.StringIO(text), dtype=types, index_col=False, on_bad_lines="error", keep_default_na=False, na_values=[""]
        )  # NA is a region
    except (ValueError, pandas.errors.ParserError):
        return None
    if list(table.columns) != COLUMNS or table.isna().any(axis=None):
        return None
    if table.empty:
        return {"rows": 0, "groups": []}
    if any(table[name].dtype != "int64" for name in ("ts", "value")):  # told to be, pandas takes 5.0 and 1e3 for one
        return None
    grouped = table.groupby(["region", "metric"])["value"].agg(["count", "sum", "min", "max"])
    return {"rows": len(table), "groups": [_group(key, row) for key, row in zip(grouped.index, grouped.values.tolist())]}


def by_polars(text):
    types = {"ts": polars.Int64, "device": polars.String, "region": polars.String, "metric": polars.String,
             "value": polars.Int64}
    try:
        table = polars.read_csv(text.encode(), schema_overrides=types)
    except (polars.exceptions.PolarsError, ValueError):
        return None
    if table.columns != COLUMNS or any(table.null_count().row(0)):
        return None
    value = polars.col("value")
    grouped = table.group_by("region", "metric").agg(
        value.count().alias("n"), value.sum().alias("sum"), value.min().alias("min"), value.max().alias("max")
    )
    return {"rows": table.height, "groups": [_group(row[:2], row[2:]) for row in grouped.rows()]}


def _group(key, numbers):
    return {"key": "|".join(key), **dict(zip(("n", "sum", "min", "max"), numbers))}


ENGINES = {"plain": plain, "frame": frame, "polars": by_polars}
