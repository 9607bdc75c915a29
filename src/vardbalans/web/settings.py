"""Django's settings, made from the typed :mod:`vardbalans.web.configuration`."""

from datetime import timedelta
from pathlib import Path

from vardbalans.web import configuration, database

CONFIGURATION = configuration.read()
STORE = CONFIGURATION.store
_HERE = Path(__file__).parent
_HTTPS = CONFIGURATION.https

DEBUG = False
SECRET_KEY = CONFIGURATION.signing_key()
ALLOWED_HOSTS = CONFIGURATION.host_names
DATABASES = database.databases(
    STORE, CONFIGURATION.database_url.get_secret_value() if CONFIGURATION.database_url else None
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "vardbalans.web.shell",
    "vardbalans.web.people",
    "vardbalans.web.signing",
    "vardbalans.web.administering",
    "vardbalans.web.insight",
    "vardbalans.web.jobs",
    "vardbalans.web.balancing",
    "vardbalans.web.costing",
    "vardbalans.web.intake",
    "vardbalans.web.planning",
    "vardbalans.web.following",
    "vardbalans.web.exports",
    "vardbalans.web.api",
    "vardbalans.web.mailing",
    "vardbalans.web.rhythm",
    "vardbalans.web.help",
]
MIDDLEWARE = [
    "vardbalans.web.shell.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "vardbalans.web.shell.middleware.Preferences",
    "vardbalans.web.api.problems.AnswersInProblems",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "vardbalans.web.people.access.DefaultDeny",
    "vardbalans.web.signing.middleware.Standing",
    "vardbalans.web.shell.middleware.WrongMethod",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "vardbalans.web.urls"
WSGI_APPLICATION = "vardbalans.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "vardbalans.web.shell.context.page",
                "vardbalans.web.signing.context.providers",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]

# Language and time: Swedish unless the reader has chosen otherwise; stored in UTC, shown in Stockholm.
LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", "Svenska"), ("en", "English")]
LOCALE_PATHS = [_HERE.parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Stockholm"

# People
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "vardbalans.web.people.passphrases.NotLikeTheName",
        "OPTIONS": {"user_attributes": ["username", "display_name"]},
    },
    {"NAME": "vardbalans.web.people.passphrases.NotShort", "OPTIONS": {"min_length": 12}},
    {"NAME": "vardbalans.web.people.passphrases.NotCommon"},
    {"NAME": "vardbalans.web.people.passphrases.NotOnlyDigits"},
]
LOGIN_URL = "people:log_in"
LOGIN_REDIRECT_URL = "insight:overview"
# By name and address together: five mistakes lock neither a hospital, whose users share one address, nor a name
# that a stranger mistypes from elsewhere. people/attempts.py adds a generous limit per address.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "people/locked.html"
AXES_ENABLE_ADMIN = False

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}}

# E-mail: the Monday letter alone, and only through the server that is named.
EMAIL_HOST = CONFIGURATION.mail_host
EMAIL_PORT = CONFIGURATION.mail_port
EMAIL_HOST_USER = CONFIGURATION.mail_user
EMAIL_HOST_PASSWORD = CONFIGURATION.mail_password.get_secret_value() if CONFIGURATION.mail_password else ""
EMAIL_USE_TLS = CONFIGURATION.mail_security == "starttls"
EMAIL_USE_SSL = CONFIGURATION.mail_security == "tls"
EMAIL_TIMEOUT = 20

# Files are received by the views that ask for them, once the person's permission is known; all others drop them.
FILE_UPLOAD_HANDLERS = ["vardbalans.web.intake.receiving.NoFiles"]

# Cookies: the __Host- prefix binds a cookie to this host, and browsers accept it over TLS alone.
_PREFIX = "__Host-vardbalans" if _HTTPS else "vardbalans"
LANGUAGE_COOKIE_NAME = f"{_PREFIX}_language"
THEME_COOKIE_NAME = f"{_PREFIX}_theme"
SESSION_COOKIE_NAME = f"{_PREFIX}_session"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_NAME = f"{_PREFIX}_csrf"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "vardbalans.web.shell.views.csrf_refused"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if _HTTPS else 0
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# Static files: served by the app itself, found where they lie, each address with its content's mark.
STATIC_URL = "/static/"
STATICFILES_DIRS = [_HERE / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "vardbalans.web.shell.statics.MarkedStatics"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = int(timedelta(days=30).total_seconds())

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"masking": {"()": "vardbalans.data.identity.masking.Masking"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["masking"]}},
    "root": {"handlers": ["stderr"], "level": CONFIGURATION.log_level},
    # A request that waits for a thread is told of by waitress each time; at a busy hour that is every request.
    "loggers": {name: {"level": "ERROR"} for name in ("django.request", "axes", "waitress.queue")},
}
