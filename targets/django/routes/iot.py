"""Devices that send readings in batches, and what their readings were by the minute.

SQL as the other stack has it: what these rows measure is the insertion.
"""

import re

from django.db import connection, transaction
from django.urls import path

from core.database import insert_readings
from core.errors import Refusal, not_found
from core.methods import blocking, methods
from core.wire import answer, json_body, query_integer, whole

DEVICE = re.compile("[a-z0-9-]{1,64}")
METRIC = re.compile("[a-z0-9_]{1,32}")
MINUTE_MS = 60_000
MOST_READINGS = 1000
MOST_MINUTES = 1440
MOST = 2**53 - 1


@blocking
def store(request):
    body = json_body(request)
    device, rows = check(body.get("device"), body.get("readings"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO device (id) VALUES (%s) ON CONFLICT DO NOTHING", [device])
        insert_readings(cursor, device, rows)
    return answer({"stored": len(rows)}, 202)


def check(device, readings):
    """The device and its (metric, ts, value)s."""
    if not isinstance(device, str) or not DEVICE.fullmatch(device):
        raise invalid(field="device")
    if not isinstance(readings, list) or not 1 <= len(readings) <= MOST_READINGS:
        raise invalid(field="readings")
    rows = [row_of(reading) for reading in readings]
    if None in rows:
        raise invalid(index=rows.index(None))
    return device, rows


def invalid(**details):
    return Refusal(422, "invalid", f"{next(iter(details))} is not valid", **details)


def row_of(reading):
    if not isinstance(reading, dict):
        return None
    ts, metric = whole(reading.get("ts"), 0, MOST), reading.get("metric")
    value = whole(reading.get("value"), -(2**31), 2**31 - 1)
    if ts is None or value is None or not isinstance(metric, str) or not METRIC.fullmatch(metric):
        return None
    return metric, ts, value


@blocking
def summary(request, id):
    """Minutes since the epoch, from the first to before the second."""
    if not DEVICE.fullmatch(id):
        raise not_found()
    metrics = request.GET.getlist("metric")
    if len(metrics) != 1 or not METRIC.fullmatch(metrics[0]):
        raise Refusal(400, "bad_request", "metric is not valid")
    start = query_integer(request.GET, "from", least=0, most=9_999_999_999)
    end = query_integer(request.GET, "to", least=start, most=start + MOST_MINUTES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM device WHERE id = %s", [id])
        if not cursor.fetchone():
            raise not_found()
        cursor.execute(
            "SELECT ts / 60000, count(*), min(value), max(value), sum(value) "
            "FROM reading WHERE device_id = %s AND metric = %s AND ts >= %s AND ts < %s "
            "GROUP BY ts / 60000 ORDER BY 1",
            [id, metrics[0], start * MINUTE_MS, end * MINUTE_MS],
        )
        buckets = [dict(zip(("minute", "n", "min", "max", "sum"), row, strict=True)) for row in cursor]
    return answer({"device": id, "buckets": buckets})


urlpatterns = [
    path("api/readings", methods(POST=store)),
    path("api/devices/<str:id>/summary", methods(GET=summary)),
]
