"""Log in, by passphrase or by one-time link; set a passphrase; log out."""

from django.contrib import auth
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from vardbalans.web.people import actions, attempts, audit
from vardbalans.web.people.access import MUST_SET_PASSPHRASE, person, public, signed_in
from vardbalans.web.people.forms import ChangePassphraseForm, LogInForm, PassphraseForm
from vardbalans.web.people.models import Event, User

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@public
@never_cache
@sensitive_post_parameters("passphrase")
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Log in by user name and passphrase; five mistakes lock the name from this address for fifteen minutes."""
    if request.method == "POST" and attempts.too_many(request, "log_in"):
        return _too_many(request)
    form = LogInForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        user = auth.authenticate(request, username=given["username"], password=given["passphrase"])
        if user is not None:
            auth.login(request, user)
            audit.record(Event.LOGGED_IN, by=user, target=user.username)
            return redirect(_next(request))
        attempts.failed(request, "log_in")
        _record_refusal(given["username"])
        form.add_error(None, _("Användarnamnet eller lösenfrasen stämmer inte. Försök igen."))
    return render(request, "people/log_in.html", {"form": form, "next": _next(request)})


@public
@never_cache
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a press on GET, so that a mail scanner does not use the link up; log in on POST."""
    if request.method == "GET":
        return render(request, "people/link.html")
    if attempts.too_many(request, "link"):
        return _too_many(request)
    user = actions.link_use(token=token)
    if user is None:
        attempts.failed(request, "link")
        return render(request, "people/link_used.html", status=410)
    auth.login(request, user, backend=_BACKEND)
    request.session[MUST_SET_PASSPHRASE] = True
    return redirect("people:passphrase")


@signed_in
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def passphrase(request: HttpRequest) -> HttpResponse:
    """Choose a new passphrase; the present one is asked for, except after a one-time link.

    Who has neither comes by single sign-on: a passphrase of their own would let them in when that no longer does.
    """
    asks = not request.session.get(MUST_SET_PASSPHRASE)
    if asks and not person(request).has_usable_password():
        raise PermissionDenied("no passphrase to change")
    form = (ChangePassphraseForm if asks else PassphraseForm)(request.POST or None)
    if form.is_valid() and (not asks or _is_present(request, form)):
        try:
            actions.passphrase_set(user=person(request), passphrase=form.cleaned_data["passphrase"])
        except ValidationError as error:
            form.add_error("passphrase", error)
        else:
            request.session.pop(MUST_SET_PASSPHRASE, None)
            auth.update_session_auth_hash(request, person(request))
            return redirect("insight:overview")
    return render(request, "people/passphrase.html", {"form": form})


@signed_in
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Log out; by POST, so that a foreign page cannot do it with a picture's address."""
    audit.record(Event.LOGGED_OUT, by=person(request), target=person(request).username)
    auth.logout(request)
    return redirect("people:log_in")


def _is_present(request: HttpRequest, form: PassphraseForm) -> bool:
    """Tell whether the present passphrase is right. Asked as a log-in is, so that guesses are counted and locked."""
    given = form.cleaned_data["present"]
    if auth.authenticate(request, username=person(request).username, password=given):
        return True
    _record_refusal(person(request).username)
    form.add_error("present", _("Det är inte din nuvarande lösenfras. Försök igen."))
    return False


def _too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "people/too_many.html", status=429)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()) else "/"


def _record_refusal(username: str) -> None:
    """Tell of a refused log-in for a name that exists; what else was typed may be a passphrase and is not kept."""
    user = User.objects.filter(username=username).first()
    if user:
        audit.record(Event.LOG_IN_REFUSED, by=None, target=user.username)
