"""The process model of several ASGI processes: gunicorn's master, uvicorn in its workers."""

from core.worker_asgi import Worker as worker_class
from core.workers import SETTINGS, pre_fork

__all__ = ["pre_fork", "worker_class"]

globals().update(SETTINGS)
