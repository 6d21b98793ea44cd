"""A minimal Django project on pylti1p3's own classes: what the launches are compared with.

    gunicorn bench._bare_pylti1p3:application
    python -m bench._bare_pylti1p3 < registration.json    makes its tables and its one tool

It does what the library's documentation shows and nothing else: no middleware, no session, no
rows written at a launch. Its database connections are kept open as the tool's are, and it caches
in the same Valkey server. KEY_CACHING=1 keeps the platform's key set for two hours, as
`set_public_key_caching` offers; without it the library fetches the set at every launch.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

import environ
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path

env = environ.Env()
if not settings.configured:
    settings.configure(
        SECRET_KEY="only-for-this-benchmark",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="bench._bare_pylti1p3",
        MIDDLEWARE=[],
        INSTALLED_APPS=["pylti1p3.contrib.django.lti1p3_tool_config"],
        DATABASES={
            "default": {
                **env.db("DATABASE_URL"),
                "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}},
            }
        },
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": os.environ["REDIS_URL"],
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )

application = get_wsgi_application()
# Its models can be imported only now, and its types name half of it.
lti = importlib.import_module("pylti1p3.contrib.django")
KEY_CACHING = env.bool("KEY_CACHING", default=True)


def login(request: HttpRequest) -> HttpResponse:
    storage = lti.DjangoCacheDataStorage(cache_name="default")
    begun = lti.DjangoOIDCLogin(request, lti.DjangoDbToolConf(), launch_data_storage=storage)
    response: HttpResponse = begun.redirect(request.POST["target_link_uri"])
    return response


def launch(request: HttpRequest) -> HttpResponse:
    storage = lti.DjangoCacheDataStorage(cache_name="default")
    message = lti.DjangoMessageLaunch(request, lti.DjangoDbToolConf(), launch_data_storage=storage)
    if KEY_CACHING:
        message.set_public_key_caching(storage, cache_lifetime=7200)
    message.get_launch_data()
    return HttpResponseRedirect(f"/launched/{message.get_launch_id()}/")


def launched(request: HttpRequest, launch_id: str) -> HttpResponse:
    """What a later request of the same launch finds; shows that the launch took place."""
    storage = lti.DjangoCacheDataStorage(cache_name="default")
    found = lti.DjangoMessageLaunch.from_cache(
        launch_id, request, lti.DjangoDbToolConf(), launch_data_storage=storage
    )
    return JsonResponse({"sub": found.get_launch_data()["sub"]})


def alive(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive")


urlpatterns = [
    path("lti/login/", login),
    path("lti/launch/", launch),
    path("launched/<launch_id>/", launched),
    path("health/", alive),
]


def prepare(registration: dict[str, str]) -> None:
    """Tables, a key and the platform of ``registration``."""
    call_command("migrate", verbosity=0)
    keys, tools = (apps.get_model("lti1p3_tool_config", name) for name in ("LtiToolKey", "LtiTool"))
    key = keys._default_manager.create(
        name="bench",
        private_key=registration["private_pem"],
        public_key=registration["public_pem"],
    )
    tools._default_manager.create(
        title="bench",
        issuer=registration["issuer"],
        client_id=registration["client_id"],
        auth_login_url=registration["auth_login_url"],
        auth_token_url=registration["token_url"],
        key_set_url=registration["jwks_url"],
        tool_key=key,
        deployment_ids=json.dumps([registration["deployment_id"]]),
    )


if __name__ == "__main__":
    prepare(json.load(sys.stdin))
