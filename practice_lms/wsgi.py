"""The WSGI application: ``gunicorn practice_lms.wsgi``, one worker and many threads.

One worker, because the state lives in the memory of the process.
"""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "practice_lms.settings"

from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

from practice_lms import settings

application = WhiteNoise(
    get_wsgi_application(), root=settings.STATIC_FILES, prefix="static/", max_age=60
)
