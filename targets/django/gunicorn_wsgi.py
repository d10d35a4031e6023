"""The process model of WSGI: gunicorn's master, and workers of eight threads."""

from core.worker_wsgi import Worker as worker_class
from core.worker_wsgi import post_worker_init
from core.workers import HEADER_BYTES as limit_request_field_size
from core.workers import SETTINGS, pre_fork

__all__ = ["limit_request_field_size", "limit_request_line", "post_worker_init", "pre_fork", "worker_class"]

globals().update(SETTINGS)
limit_request_line = 8190  # the most that it takes; preset: 4094
threads = 8
