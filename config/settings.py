"""All settings, from the environment, with defaults for development."""

import time
from pathlib import Path

from celery.schedules import crontab
from django.utils.csp import CSP
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import database, env
from config.beat import Every

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Who and where ----------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=True)
DEMO = env.flag("DEMO")
DEMO_MAIL = env.text("DEMO_MAIL")  # host:port of the demo's mail catcher and ticket desk; set by ./run
DEMO_TICKETS = env.text("DEMO_TICKETS")
STARTED_AT = env.number("STARTED_AT", time.time())
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
SECRET_KEY = env.required("SECRET_KEY", development="development-only", debug=DEBUG)
VAULT_KEYS = env.required(
    "VAULT_KEYS", development="dev:" + "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMhISE=", debug=DEBUG
)
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,testserver")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []

# --- Django -----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "workspaces",
    "connectors.app_config.ConnectorsConfig",  # connectors.apps are the apps Parley talks to
    "workflows",
    "conversations",
    "builder",
    "config",
]
MIDDLEWARE = [
    "config.middleware.request_id",
    "config.middleware.json_errors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workspaces.context.shell",
                "builder.context.overdue",
            ],
            "builtins": ["workspaces.templatetags.ui"],
        },
    }
]
AUTH_USER_MODEL = "workspaces.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.staticfiles.ModuleManifestStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]  # TLS ends at the proxy in front of Parley

# --- Browser security -------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# --- Where the truth and the hints live -------------------------------------------------------------------
POOL_SIZE = int(env.number("POOL_SIZE", 20))
DATABASES = {"default": database.of(env.text("DATABASE_URL", "postgresql:///parley"), pool_size=POOL_SIZE)}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "parley"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # A cache that is away is done without: no page waits for it to come back.
        "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 1, "retry": Retry(NoBackoff(), 0)},
    }
}

# --- Celery: a doorbell, never the truth (docs/adr/0003) ------------------------------------------------
WORKER_GRACE_S = env.number("WORKER_GRACE_S", 45)
CELERY_BROKER_URL = env.celery_broker(REDIS_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "background"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = WORKER_GRACE_S
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Else Celery ends the pool of a forked worker around each task: config/celery.py gives connections back.
CELERY_DB_REUSE_MAX = 2**31
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "priority_steps": [0],  # else each queue is four lists
    "ack_emulation": False,  # a hint may be lost with its worker: the run's lease ends, the sweep comes by
    "socket_connect_timeout": 0.3,
    "socket_timeout": 1,
}
CELERY_TASK_TIME_LIMIT = 20 + 300 + 30
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")

# --- The engine -------------------------------------------------------------------------------------------
LIVE_EXECUTOR = env.text("LIVE_EXECUTOR", "celery")
ENGINE_LEASE_MARGIN_S = env.number("ENGINE_LEASE_MARGIN_S", 10)
ENGINE_SWEEP_S = env.number("ENGINE_SWEEP_S", 5)
ENGINE_HINT_AGE_S = env.number("ENGINE_HINT_AGE_S", 15)
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "workflows.sweep", "schedule": Every(ENGINE_SWEEP_S), "options": {"queue": "system"}},
    "prune": {
        "task": "workflows.prune",
        "schedule": crontab(hour=3, minute=17),
        "options": {"queue": "system"},
    },
    "conversations": {
        "task": "conversations.sweep",
        "schedule": Every(ENGINE_SWEEP_S),
        "options": {"queue": "system", "expires": 30},
    },
    "heartbeat-live": {
        "task": "workflows.heartbeat",
        "schedule": Every(5),
        "kwargs": {"lane": "live"},
        "options": {"queue": "live", "expires": 10},
    },
    "heartbeat-background": {
        "task": "workflows.heartbeat",
        "schedule": Every(5),
        "kwargs": {"lane": "background"},
        "options": {"queue": "background", "expires": 10},
    },
    "heartbeat-system": {
        "task": "workflows.heartbeat",
        "schedule": Every(5),
        "kwargs": {"lane": "system"},
        "options": {"queue": "system", "expires": 10},
    },
}

# --- The outside world ------------------------------------------------------------------------------------
OUTBOUND_ALLOW = env.words("OUTBOUND_ALLOW")
API_RATE = int(env.number("API_RATE", 600))
EMAIL_URL = env.text("EMAIL_URL")
LLM_BASE_URL = env.text("LLM_BASE_URL")
LLM_API_KEY = env.text("LLM_API_KEY")
LLM_MODEL = env.text("LLM_MODEL")
LLM_PRICE = env.text("LLM_PRICE")  # of a million tokens, asked and answered: 0.15/0.60
LLM_TOTAL_S = env.number("LLM_TOTAL_S", 60)
LLM_SILENCE_S = env.number("LLM_SILENCE_S", 15)

LOGGING_CONFIG = "config.logs.configure"
LOGGING: dict[str, object] = {}
