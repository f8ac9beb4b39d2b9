"""All configuration, from the environment. A wrong value stops the start with a sentence."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from vaultportal.directory import mail_server
from vaultportal.env import env_bool, env_choice, env_int, env_list, env_secret, env_str
from vaultportal.ops import logging as portal_logging
from vaultportal.runtime import paths, services
from vaultportal.ui.oidc import environment as oidc

# -- where things are ---------------------------------------------------------------------------

BASE_DIR = paths.BASE_DIR
PORTAL_DATA_DIR = paths.data_dir()
PORTAL_KEY_DIR = paths.key_dir()
PORTAL_KEY_PROVIDER = env_choice("PORTAL_KEY_PROVIDER", "keyfile", ("keyfile", "environment"))

# -- who we are ---------------------------------------------------------------------------------

PORTAL_HOST = env_str("PORTAL_HOST", "127.0.0.1")
PORTAL_PORT = env_int("PORTAL_PORT", 8000, least=1, most=65535)
PORTAL_TLS = env_choice("PORTAL_TLS", "off", ("off", "auto"))
PORTAL_ENVIRONMENT = env_str("PORTAL_ENVIRONMENT")
IS_PRODUCTION = PORTAL_ENVIRONMENT.lower() in {"production", "prod"}
_scheme = "https" if PORTAL_TLS == "auto" else "http"
PUBLIC_BASE_URL = env_str("PUBLIC_BASE_URL", f"{_scheme}://{PORTAL_HOST}:{PORTAL_PORT}").rstrip("/")
if not PUBLIC_BASE_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("PUBLIC_BASE_URL must begin with http:// or https://.")
IS_HTTPS = PUBLIC_BASE_URL.startswith("https://")

DEBUG = env_bool("PORTAL_DEBUG")
if DEBUG and IS_PRODUCTION:
    raise ImproperlyConfigured("PORTAL_DEBUG must be off when PORTAL_ENVIRONMENT is production.")
SECRET_KEY, *SECRET_KEY_FALLBACKS = services.secret_keys()
ALLOWED_HOSTS = env_list("PORTAL_ALLOWED_HOSTS", ("*",))
PORTAL_TRUSTED_PROXIES = env_list("PORTAL_TRUSTED_PROXIES")
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]

# -- apps ---------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "vaultportal.runtime",
    "vaultportal.crypto",
    "vaultportal.identity",
    "vaultportal.audit",
    "vaultportal.events",
    "vaultportal.directory",
    "vaultportal.shipping",
    "vaultportal.api",
    "vaultportal.ops",
    "vaultportal.ui",
    "secrets_app",
    "collections_app",
    "triggers_app",
    "s3vault_app",
    "vaultportal.console.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "oauth2_provider",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "django_htmx",
    "csp",
    # Last, so that it can take the place of pages that the libraries register.
    "vaultportal.console.apps.ConsoleConfig",
]

# API paths pay only for the first of these: see vaultportal/ui/browser.py.
# What every request passes; those to an API pass nothing else (vaultportal/ops/handler.py).
API_MIDDLEWARE = [
    "vaultportal.ops.middleware.RequestMiddleware",
    "s3vault_app.api.paths.PathMiddleware",  # before anybody looks for the route
]
if env_bool("PORTAL_SERVER_TIMING"):
    API_MIDDLEWARE.append("vaultportal.ops.timing.ServerTimingMiddleware")
MIDDLEWARE = [
    *API_MIDDLEWARE,
    "vaultportal.ui.browser.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "vaultportal.ui.browser.PageHeadersMiddleware",
    "vaultportal.ui.browser.CSPMiddleware",
    "vaultportal.ui.browser.HtmxMiddleware",  # above what asks the database, to tell its failures
    "vaultportal.ui.browser.SessionMiddleware",
    "vaultportal.ui.browser.CsrfViewMiddleware",
    "vaultportal.ui.browser.AuthenticationMiddleware",
    "vaultportal.ui.browser.LocaleMiddleware",  # the profile decides: after the person is known
    "vaultportal.ui.browser.MessageMiddleware",
    "vaultportal.ui.browser.PlainWordsMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # asked for by this very name; costs nothing
    "vaultportal.ui.browser.FirstThingsMiddleware",
    "vaultportal.ui.browser.AxesMiddleware",
    "vaultportal.ui.browser.ErrorsMiddleware",
]

ROOT_URLCONF = "vaultportal.urls"
WSGI_APPLICATION = "vaultportal.wsgi.application"
APPEND_SLASH = False

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vaultportal.ui.context.shell",
            ],
        },
    },
]

# -- storage ------------------------------------------------------------------------------------

_database = services.database_settings()
_database["OPTIONS"] = {
    # The pool replaces connections that died; the health check keeps a dead one from a request.
    "pool": {"min_size": 1, "max_size": env_int("PORTAL_DB_POOL", 8, least=1), "timeout": 10},
    "server_side_binding": True,
    # Prepared when it comes a second time on a connection. PgBouncer needs 1.21 for that.
    "prepare_threshold": 1,
} | _database.get("OPTIONS", {})
DATABASES = {"default": _database | {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# -- work in the background ---------------------------------------------------------------------

CELERY_BROKER_URL = services.redis_url()
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {}

# -- people and clients -------------------------------------------------------------------------

AUTH_USER_MODEL = "identity.User"
# No backend of Django, guardian or allauth beside it: theirs would make superusers read everything.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "vaultportal.identity.backends.AccessBackend",
]
PASSWORD_HASHERS = ["vaultportal.identity.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "vaultportal.identity.passwords.LengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
]
SESSION_ENGINE = "vaultportal.identity.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds; a session ends sooner, as the settings page says

# Guardian gives the tables of grants; who may do what is decided in vaultportal/identity/access.py.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False

SILENCED_SYSTEM_CHECKS = [
    "axes.W002",  # its middleware is there under our name, for browsers only
    "guardian.W001",  # its backend is left out on purpose
    "auth.W004",  # user names are unique in any letter case, by a constraint on Lower("username")
]

# -- OAuth2: the strict profile of RFC 9700; directory/oauth/validator.py bends it for one wire --

OAUTH2_PROVIDER_APPLICATION_MODEL = "directory.Application"
PORTAL_TOKEN_SECONDS = env_int("PORTAL_TOKEN_SECONDS", 900, least=30, most=86_400)
OAUTH2_PROVIDER: dict[str, Any] = {
    "OAUTH2_VALIDATOR_CLASS": "vaultportal.directory.oauth.validator.PortalValidator",
    "ACCESS_TOKEN_EXPIRE_SECONDS": PORTAL_TOKEN_SECONDS,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 8 * 3600,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "ALLOW_URI_WILDCARDS": False,
    "SCOPES": {"privx-user": "Everything", "sp:scopes:all": "Everything"},
    "DEFAULT_SCOPES": ["privx-user"],
} | dict.fromkeys(
    (
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT",
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT",
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD",
        "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT",
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS",
        "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE",
        "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN",
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME",
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING",
        "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED",
    ),
    True,
)
CELERY_BEAT_SCHEDULE["directory-sweep"] = {
    "task": "vaultportal.directory.tasks.sweep",
    "schedule": 3600.0,
}
CELERY_BEAT_SCHEDULE["directory-pump"] = {"task": "directory.pump", "schedule": 60.0}

# -- mail: notices to people about their own accounts ----------------------------------------------

# None: no PORTAL_SMTP_HOST is set, and no mail is sent.
PORTAL_MAIL = mail_server.from_environment()
# Whatever a library would send by itself goes nowhere.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# -- language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "vaultportal" / "ui" / "locale"]
FORMAT_MODULE_PATH = ["vaultportal.ui.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

# -- static files -------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = paths.static_root()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Names carry a hash of the content, so browsers keep the files for good.
    "staticfiles": {"BACKEND": "vaultportal.ui.storage.StaticStorage"},
}
# `serve` collects before anything is served; without it the files are taken from their sources.
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS

# -- the browser ----------------------------------------------------------------------------------

_cookie = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{_cookie}session"
CSRF_COOKIE_NAME = f"{_cookie}csrf"
LANGUAGE_COOKIE_NAME = f"{_cookie}language"
THEME_COOKIE_NAME = f"{_cookie}theme"
PERSON_COOKIE_NAME = f"{_cookie}person"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_HTTPS and IS_PRODUCTION else 0
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    },
}

# -- signing in ---------------------------------------------------------------------------------

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "ui:home"
ACCOUNT_ADAPTER = "vaultportal.ui.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {"login": "vaultportal.ui.forms.LoginForm"}
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = False
# Counted in the database instead (axes, directory.throttle): a cache is of one process.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "reauthenticate": None}
MFA_ADAPTER = "vaultportal.ui.accounts.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "vaultportal.ui.second_factor.AuthenticateForm",
    "reauthenticate": "vaultportal.ui.second_factor.ReauthenticateForm",
    "login_webauthn": "vaultportal.ui.passkeys.LoginForm",
    "add_webauthn": "vaultportal.ui.passkeys.AddPasskeyForm",
    "edit_webauthn": "vaultportal.ui.passkeys.RenamePasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
# Providers of OpenID Connect, of which none is in a table; whoever is unknown gets an account only
# if the deployment wants that. Their tokens are not kept, and an e-mail address opens nothing.
PORTAL_OIDC = oidc.providers()
PORTAL_OIDC_CREATE = env_bool("PORTAL_OIDC_CREATE")
SOCIALACCOUNT_ADAPTER = "vaultportal.ui.oidc.adapter.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"provider_class": "vaultportal.ui.oidc.provider.Provider"}
}
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
# Browsers have passkeys on localhost without https, and nowhere else.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
AXES_HANDLER = "vaultportal.ui.lockout.LockoutHandler"
AXES_USERNAME_CALLABLE = "vaultportal.ui.lockout.name_of"
AXES_CLIENT_IP_CALLABLE = "vaultportal.ui.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "vaultportal.ui.lockout.response"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # the audit trail has it
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False

# -- limits -------------------------------------------------------------------------------------

PORTAL_MAX_BODY = env_int("PORTAL_MAX_BODY", 8 * 1024 * 1024, least=1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = PORTAL_MAX_BODY
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# An uploaded file may hold plaintext: it stays in memory and never lies on a disk in clear.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = PORTAL_MAX_BODY

# -- addresses that users choose: vaultportal/outbound --------------------------------------------

# Beside the run-time settings egress.networks and egress.http: networks, and host names too.
TRIGGERS_EGRESS_ALLOW = env_list("TRIGGERS_EGRESS_ALLOW")
TRIGGERS_ALLOW_HTTP = env_bool("TRIGGERS_ALLOW_HTTP")
# Authorities, as PEM, that https is trusted by beside the system's.
PORTAL_EGRESS_CA_FILE = env_str("PORTAL_EGRESS_CA_FILE")

# -- the trail ----------------------------------------------------------------------------------

AUDIT_READS = env_choice("AUDIT_READS", "flush", ("flush", "spool"))
# A copy of each signed checkpoint outside the database; best on another host. "" for none.
AUDIT_CHECKPOINT_FILE = env_str("AUDIT_CHECKPOINT_FILE")
# For each actor or address and each process; the rest is summed up.
AUDIT_REFUSALS_PER_MINUTE = env_int("AUDIT_REFUSALS_PER_MINUTE", 30, least=1)
EVENTS_RETENTION_DAYS = env_int("EVENTS_RETENTION_DAYS", 7, least=1)
# The trail is read through by itself so often; 0 leaves it to people and cron.
AUDIT_VERIFY_HOURS = env_int("AUDIT_VERIFY_HOURS", 24, most=24 * 366)
CELERY_BEAT_SCHEDULE |= {
    "audit-checkpoint": {"task": "vaultportal.audit.tasks.take_checkpoint", "schedule": 3600.0},
    "audit-pump": {"task": "audit.pump", "schedule": 30.0},
    "audit-orphaned-spools": {
        "task": "vaultportal.ops.tasks.ship_orphaned_spools",
        "schedule": 10.0,
    },
    "shipping-pump": {"task": "shipping.pump", "schedule": 5.0, "options": {"expires": 10}},
    "events-sweep": {"task": "vaultportal.events.tasks.sweep_events", "schedule": 600.0},
}

# -- backups --------------------------------------------------------------------------------------

PORTAL_BACKUP_DIR = env_str("PORTAL_BACKUP_DIR")
if PORTAL_BACKUP_DIR:
    PORTAL_BACKUP_DIR = str(Path(PORTAL_BACKUP_DIR).expanduser().absolute())
PORTAL_BACKUP_HOURS = env_int("PORTAL_BACKUP_HOURS", 0, most=24 * 366)  # 0 for none by itself
if PORTAL_BACKUP_HOURS and not PORTAL_BACKUP_DIR:
    raise ImproperlyConfigured("PORTAL_BACKUP_HOURS needs a folder: set PORTAL_BACKUP_DIR.")
PORTAL_BACKUP_KEEP = env_int("PORTAL_BACKUP_KEEP", 14, least=1, most=400)
# Days after which the keys go from a backup that stays; 0 keeps them as long as the backup.
PORTAL_BACKUP_KEYS_DAYS = env_int("PORTAL_BACKUP_KEYS_DAYS", 30, most=32_000)
CELERY_BEAT_SCHEDULE["ops-backups"] = {
    "task": "ops.pump_backups",
    "schedule": 60.0,
    "options": {"expires": 120},
}
CELERY_BEAT_SCHEDULE["ops-tidy-backups"] = {
    "task": "ops.tidy_backups",
    "schedule": 3600.0,
    "options": {"expires": 3600},
}

# -- what is said of the work -------------------------------------------------------------------

PORTAL_ERROR_ANSWER = "vaultportal.api.handlers.answer"
LOGGING = portal_logging.config(
    env_choice("PORTAL_LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
    json=env_choice("PORTAL_LOG_FORMAT", "json", ("json", "text")) == "json",
)

# -- API documents ------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "vaultportal.api.handlers.rest_framework_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vault Portal",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "DISABLE_ERRORS_AND_WARNINGS": False,
}

# -- collections, by the names that Piiano's clients and pages know -------------------------------

PVAULT_DEVMODE = env_bool("PVAULT_DEVMODE")
PVAULT_SERVICE_FORCE_ACCESS_REASON = env_bool("PVAULT_SERVICE_FORCE_ACCESS_REASON")
PVAULT_SERVICE_MAX_PAGE_SIZE = env_int("PVAULT_SERVICE_MAX_PAGE_SIZE", 1000, least=1, most=10_000)
PVAULT_SERVICE_DEFAULT_PAGE_SIZE = env_int(
    "PVAULT_SERVICE_DEFAULT_PAGE_SIZE", 100, least=1, most=PVAULT_SERVICE_MAX_PAGE_SIZE
)
PVAULT_SERVICE_MAX_PAGINATION_REMAINING_COUNT = env_int(
    "PVAULT_SERVICE_MAX_PAGINATION_REMAINING_COUNT", 1000
)
PVAULT_SERVICE_TIMEOUT_SECONDS = env_int("PVAULT_SERVICE_TIMEOUT_SECONDS", 30, least=1)
PVAULT_SERVICE_SUBSTRING_INDEX_REFRESH_INTERVAL = env_int(
    "PVAULT_SERVICE_SUBSTRING_INDEX_REFRESH_INTERVAL", 5, least=1
)
PVAULT_SERVICE_ARCHIVE_PRUNE_INTERVAL = env_int("PVAULT_SERVICE_ARCHIVE_PRUNE_INTERVAL", 0)
PVAULT_DB_MAX_STRING_LENGTH = env_int("PVAULT_DB_MAX_STRING_LENGTH", 2048, least=1)
PVAULT_DB_MAX_BLOB_LENGTH = env_int("PVAULT_DB_MAX_BLOB_LENGTH", 5_000_000, least=1)
PVAULT_DB_MAX_TOKEN_TAGS = env_int("PVAULT_DB_MAX_TOKEN_TAGS", 10, least=1)
PVAULT_DB_GC_RETENTION_HOURS = env_int("PVAULT_DB_GC_RETENTION_HOURS", 720)
PVAULT_FEATURES_DISABLE_CC_LUHN_VALIDATION = env_bool("PVAULT_FEATURES_DISABLE_CC_LUHN_VALIDATION")
# Seconds; 0 is "never expires".
PVAULT_EXPIRATION_ASSOCIATED_OBJECTS = env_int("PVAULT_EXPIRATION_ASSOCIATED_OBJECTS", 0)
PVAULT_EXPIRATION_UNASSOCIATED_OBJECTS = env_int("PVAULT_EXPIRATION_UNASSOCIATED_OBJECTS", 0)
PVAULT_EXPIRATION_TOKENS = env_int("PVAULT_EXPIRATION_TOKENS", 0)
PVAULT_KMS_EXPORT_SEED = env_secret("PVAULT_KMS_EXPORT_SEED")
# The team's own code: docs/actions-reference.md. Its limits are PORTAL_ACTIONS_*, below.
PVAULT_FEATURES_DISABLE_JAVASCRIPT = env_bool("PVAULT_FEATURES_DISABLE_JAVASCRIPT")
# The role that http_call runs with; "" for the caller's own rights.
PVAULT_ACTIONS_HTTP_CALL_ROLE = env_str("PVAULT_ACTIONS_HTTP_CALL_ROLE")

# -- secrets --------------------------------------------------------------------------------------

# Bytes of the JSON text of one secret.
SECRETS_MAX_DATA = env_int("SECRETS_MAX_DATA", 1024 * 1024, least=1024)
SECRETS_KEEP_VERSIONS = env_int("SECRETS_KEEP_VERSIONS", 20, least=1, most=1000)
# Days after which versions that are not current go; 0 keeps them whatever their age.
SECRETS_KEEP_DAYS = env_int("SECRETS_KEEP_DAYS", 0, most=32_000)
# Days for which a reader of the change feed may stay away.
SECRETS_CHANGES_DAYS = env_int("SECRETS_CHANGES_DAYS", 90, least=1)
# PrivX lets owners without vault-add keep personal secrets, and not share them.
SECRETS_SHARING_NEEDS_VAULT_ADD = env_bool("SECRETS_SHARING_NEEDS_VAULT_ADD")
CELERY_BEAT_SCHEDULE["secrets-return-overdue"] = {
    "task": "secrets_app.tasks.return_overdue",
    "schedule": 15.0,
}
CELERY_BEAT_SCHEDULE["secrets-sweep"] = {"task": "secrets_app.tasks.sweep", "schedule": 3600.0}
CELERY_BEAT_SCHEDULE |= {
    "collections.sweep_schema_jobs": {"task": "collections.sweep_schema_jobs", "schedule": 15.0},
    "collections.tell_expired": {"task": "collections.tell_expired", "schedule": 10.0},
    "collections.refresh_pieces": {
        "task": "collections.refresh_pieces",
        "schedule": float(PVAULT_SERVICE_SUBSTRING_INDEX_REFRESH_INTERVAL),
    },
}
if PVAULT_SERVICE_ARCHIVE_PRUNE_INTERVAL:
    CELERY_BEAT_SCHEDULE["collections.prune"] = {
        "task": "collections.prune",
        "schedule": float(PVAULT_SERVICE_ARCHIVE_PRUNE_INTERVAL),
    }

# -- actions --------------------------------------------------------------------------------------

# What one call of the teams' own code may use.
PORTAL_ACTIONS_CPU_MS = env_int("PORTAL_ACTIONS_CPU_MS", 1000, least=10, most=60_000)
PORTAL_ACTIONS_WALL_MS = env_int("PORTAL_ACTIONS_WALL_MS", 5000, least=100, most=300_000)
PORTAL_ACTIONS_MEMORY_MIB = env_int("PORTAL_ACTIONS_MEMORY_MIB", 64, least=4, most=1024)
PORTAL_ACTIONS_OUTPUT_KIB = env_int("PORTAL_ACTIONS_OUTPUT_KIB", 1024, least=1, most=16_384)
PORTAL_ACTIONS_CALLS = env_int("PORTAL_ACTIONS_CALLS", 100, most=10_000)
# Of the code of one bundle, and of an answer that fetch and http_call take.
PORTAL_ACTIONS_CODE_KIB = env_int("PORTAL_ACTIONS_CODE_KIB", 1024, least=1, most=8192)
PORTAL_ACTIONS_FETCH_KIB = env_int("PORTAL_ACTIONS_FETCH_KIB", 1024, least=1, most=8192)
# Calls at once in one process of the portal; one bundle has half of them at most.
PORTAL_ACTIONS_PROCESSES = env_int("PORTAL_ACTIONS_PROCESSES", 8, least=1, most=256)
# Runs in a row that run out of time and switch an action off; 0 for never.
PORTAL_ACTIONS_TIMEOUTS = env_int("PORTAL_ACTIONS_TIMEOUTS", 5, most=1000)
# The user number that code runs as when the portal is run by root; 0 chooses a free one.
PORTAL_ACTIONS_UID = env_int("PORTAL_ACTIONS_UID", 0, most=2**31 - 1)
# "development" runs code where this machine cannot lock it in.
PORTAL_ACTIONS_UNLOCKED = env_choice("PORTAL_ACTIONS_UNLOCKED", "", ("", "development"))
if PORTAL_ACTIONS_UNLOCKED and IS_PRODUCTION:
    raise ImproperlyConfigured(
        "PORTAL_ACTIONS_UNLOCKED must not be set when PORTAL_ENVIRONMENT is production."
    )

# -- triggers: what callers of their API see ------------------------------------------------------

# "lenient" accepts a missing X-SailPoint-Experimental header everywhere.
TRIGGERS_EXPERIMENTAL_HEADER = env_choice(
    "TRIGGERS_EXPERIMENTAL_HEADER", "strict", ("strict", "lenient")
)
# How far the list of invocation statuses reaches back.
TRIGGERS_STATUS_SUCCESS_HOURS = env_int("TRIGGERS_STATUS_SUCCESS_HOURS", 24, least=1)
TRIGGERS_STATUS_FAILURE_HOURS = env_int("TRIGGERS_STATUS_FAILURE_HOURS", 48, least=1)
TRIGGERS_STATUS_ROWS = env_int("TRIGGERS_STATUS_ROWS", 2000, least=1, most=10_000)
# Requests in ten seconds, of each client and API version; 0 for no limit. The vendor has 100, and
# so has a portal with a broker that it shares; one that brings its own is for few.
TRIGGERS_RATE_LIMIT = env_int(
    "TRIGGERS_RATE_LIMIT", 0 if services.embedded_broker() or PVAULT_DEVMODE else 100
)
# Seconds that one request to a subscriber may take, and that a question may hold its caller up.
TRIGGERS_SYNC_TIMEOUT = env_int("TRIGGERS_SYNC_TIMEOUT", 10, least=1, most=60)
# Seconds before each attempt of what is only told, the first included.
TRIGGERS_RETRY_SCHEDULE = [
    float(part)
    for part in env_list(
        "TRIGGERS_RETRY_SCHEDULE",
        ("0", "5", "300", "1800", "7200", "18000", "36000", "50400", "72000", "86400"),
    )
]
# Deliveries to one endpoint at the same time, where its subscription says no other number.
TRIGGERS_MOST_AT_ONCE = env_int("TRIGGERS_MOST_AT_ONCE", 16, least=1, most=1000)
# An endpoint that has failed for so long and so often is switched off.
TRIGGERS_DISABLE_SECONDS = env_int("TRIGGERS_DISABLE_SECONDS", 5 * 86_400, least=1)
TRIGGERS_DISABLE_FAILURES = env_int("TRIGGERS_DISABLE_FAILURES", 50, least=1)
TRIGGERS_LOG_DAYS = env_int("TRIGGERS_LOG_DAYS", 90, least=1)
CELERY_BEAT_SCHEDULE |= {
    # Whatever became of the messages, what is due is found within two seconds.
    "triggers-pump": {
        "task": "triggers.pump",
        "schedule": 2.0,
        "options": {"expires": 10, "queue": "default"},
    },
    "triggers-pump-gates": {
        "task": "triggers.pump_gates",
        "schedule": 2.0,
        "options": {"expires": 10, "queue": "gates"},
    },
    "triggers-replays": {
        "task": "triggers.sweep_replays",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "triggers-prune": {"task": "triggers.prune", "schedule": 3600.0},
    "triggers-expire-approvals": {"task": "triggers.expire_approvals", "schedule": 30.0},
}

# -- S3 vaults: the engine ------------------------------------------------------------------------

# A worker that has not said for so long that it lives has lost its job to another.
S3VAULT_LEASE_SECONDS = env_int("S3VAULT_LEASE_SECONDS", 30, least=2, most=3600)
# How often a job looks whether a person wants it to stop.
S3VAULT_TICK_SECONDS = 0.25
S3VAULT_VERIFY_HOUR = env_int("S3VAULT_VERIFY_HOUR", 3, most=23)  # UTC, of the nightly proof
CELERY_BEAT_SCHEDULE |= {
    # Whoever loses a right loses access within ten seconds, however the right ended.
    "s3vault-identities": {
        "task": "s3vault.sync_identities",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "s3vault-jobs": {"task": "s3vault.sweep_jobs", "schedule": 10.0, "options": {"expires": 20}},
    "s3vault-overlaps": {
        "task": "s3vault.end_overlaps",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "s3vault-probes": {
        "task": "s3vault.probe_endpoints",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "s3vault-usage": {
        "task": "s3vault.measure_usage",
        "schedule": 300.0,
        "options": {"expires": 600},
    },
    "s3vault-verify": {
        "task": "s3vault.verify_vaults",
        "schedule": crontab(hour=S3VAULT_VERIFY_HOUR, minute=17),
    },
    "s3vault-certificates": {"task": "s3vault.renew_certificates", "schedule": 6 * 3600.0},
}

# -- S3 vaults: the wire --------------------------------------------------------------------------

# Seconds for which a token of Login is good, and for which it may be renewed after the sign-in.
S3VAULT_TOKEN_SECONDS = env_int("S3VAULT_TOKEN_SECONDS", 1800, least=30, most=86_400)
S3VAULT_SIGN_IN_SECONDS = env_int("S3VAULT_SIGN_IN_SECONDS", 12 * 3600, least=60, most=7 * 86_400)
