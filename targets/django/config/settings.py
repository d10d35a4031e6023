"""Django's settings: what a JSON service keeps, and nothing it does not use."""

import logging

from core.config import config
from core.database import django_settings

SECRET_KEY = "signs nothing here"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "config.urls"
APPEND_SLASH = False
DATABASES = django_settings()
INSTALLED_APPS = ["shop"] if DATABASES else []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # sets Content-Length
USE_I18N = False
USE_TZ = True

# The guard in core/limits.py stands before Django with the contract's own limits.
DATA_UPLOAD_MAX_MEMORY_SIZE = None
DATA_UPLOAD_MAX_NUMBER_FIELDS = None  # of a query, too
FILE_UPLOAD_MAX_MEMORY_SIZE = max(config.body_bytes, config.image_bytes, config.data_bytes)

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "core.layers.LocalLayer",
        "CONFIG": {"messages": config.reader_messages, "size": config.reader_bytes},
    }
}

# No access log, on either stack. What fails inside reaches stderr; a client's fault does not.
LOGGING_CONFIG = None
logging.getLogger("django.request").addFilter(lambda record: bool(record.exc_info))
logging.getLogger("django.security").setLevel(logging.CRITICAL)  # a Host that is none, and the like: answered with 400
logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg.startswith("Exception in ASGI application"))
logging.getLogger("asyncio").addFilter(lambda record: record.msg != "socket.send() raised exception.")  # its peer has gone
