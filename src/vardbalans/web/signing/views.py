"""One's own account: the second factor, sessions, raised rights."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.people import attempts
from vardbalans.web.people.access import needs_somewhere, person, signed_in
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import holds_somewhere
from vardbalans.web.signing import factors, qr, totp, visits
from vardbalans.web.signing.forms import CodeForm, RaiseForm
from vardbalans.web.signing.models import Visit
from vardbalans.web.translate import kept, said


@signed_in
@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Show one's second factor, sessions and raised rights."""
    return render(request, "signing/account.html", _account(request))


@signed_in
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def factor(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor's code after the passphrase."""
    form = CodeForm(request.POST or None)
    if form.is_valid() and _passes(request, form):
        request.session[visits.FACTOR_DUE] = False
        request.session.cycle_key()
        return redirect(_next(request))
    return render(request, "signing/factor.html", {"form": form, "next": _next(request)})


@signed_in
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Make a new secret to put into an app."""
    try:
        factors.propose(user=person(request))
    except BadInput as error:
        return _refused(request, error)
    return redirect("signing:set_up")


@signed_in
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the proposed secret, and confirm it by its first code; then show the recovery codes, once."""
    user, secret = person(request), factors.proposed(person(request))
    form = CodeForm(request.POST or None)
    if form.is_valid() and secret:
        try:
            codes = factors.confirm(user=user, code=form.cleaned_data["code"].replace(" ", ""))
        except BadInput as error:
            form.add_error("code", shown(error))
        else:
            # The others were begun without the factor, and would pass as if it had been given.
            visits.end_all(user=user, by=user, but=visits.current(request))
            return render(request, "signing/codes.html", {"codes": codes})
    page = {"form": form, "required": factors.is_required(user), "has_factor": factors.has_factor(user)}
    if secret:
        uri = totp.provisioning_uri(secret, user.username)
        page |= {"secret": totp.written(secret), "uri": uri, "picture": qr.picture_of(uri)}
    return render(request, "signing/set_up.html", page)


@signed_in
@sensitive_post_parameters("code")
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take away one's own second factor, against one of its codes."""
    form = CodeForm(request.POST)
    if form.is_valid() and _passes(request, form):
        try:
            factors.remove(user=person(request))
        except BadInput as error:
            return _refused(request, error)
        return redirect("signing:account")
    return render(request, "signing/account.html", _account(request) | {"code": form}, status=422)


@signed_in
@never_cache
@sensitive_post_parameters("code")
@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes, against a code; the new ones are shown once."""
    form = CodeForm(request.POST)
    if form.is_valid() and _passes(request, form):
        return render(request, "signing/codes.html", {"codes": factors.new_codes(user=person(request))})
    return render(request, "signing/account.html", _account(request) | {"code": form}, status=422)


@signed_in
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End one of one's other sessions, or all of them."""
    user, here = person(request), visits.current(request)
    wanted = request.POST.get("session", "")
    if wanted == "others":
        visits.end_all(user=user, by=user, but=here)
        return redirect("signing:account")
    visit = Visit.objects.filter(user=user, pk=wanted if wanted.isdecimal() and len(wanted) < 19 else 0).first()
    if visit is None:
        raise Http404(wanted)
    visits.end(visit=visit, by=user)
    return redirect("signing:account")


@needs_somewhere(Permission.ROLES_MANAGE)
@never_cache
@sensitive_post_parameters("proof")
@require_http_methods(["GET", "POST"])
def raise_rights(request: HttpRequest) -> HttpResponse:
    """Raise one's rights for some minutes, with a reason and a proof of who asks."""
    user, visit, form = person(request), visits.current(request), RaiseForm(request.POST or None)
    if attempts.too_many(request, "log_in"):
        return render(request, "people/too_many.html", status=429)
    if visit and form.is_valid():
        given = form.cleaned_data
        try:
            visits.prove(request, user=user, given=given["proof"])
            visits.raise_rights(visit=visit, minutes=given["minutes"], reason=given["reason"])
        except BadInput as error:
            attempts.failed(request, "log_in")
            form.add_error("proof", shown(error))
        else:
            return redirect(_next(request))
    page = {"form": form, "next": _next(request), "raised": visits.raised_until(visit)}
    return render(request, "signing/raise.html", page)


@signed_in
@require_POST
def lower(request: HttpRequest) -> HttpResponse:
    """End one's raised rights before their time."""
    visit = visits.current(request)
    if visit:
        visits.lower(visit=visit)
    return redirect("signing:account")


def shown(error: BadInput) -> str:
    """Return the sentence of *error* in the reader's language."""
    return said(kept(error.message))


def _account(request: HttpRequest) -> dict[str, object]:
    user, here = person(request), visits.current(request)
    return {
        "has_factor": factors.has_factor(user),
        "required": factors.is_required(user),
        "codes_left": factors.codes_left(user),
        "sessions": visits.open_visits(user),
        "here_session": here,
        "raised": visits.raised_until(here),
        "may_raise": holds_somewhere(user, Permission.ROLES_MANAGE),
        "code": CodeForm(),
    }


def _passes(request: HttpRequest, form: CodeForm) -> bool:
    if attempts.too_many(request, "factor"):
        form.add_error("code", _("Många försök från din adress har misslyckats. Vänta 15 minuter."))
        return False
    try:
        factors.passes(user=person(request), code=form.cleaned_data["code"])
    except BadInput as error:
        attempts.failed(request, "factor")
        form.add_error("code", shown(error))
        return False
    return True


def _refused(request: HttpRequest, error: BadInput) -> HttpResponse:
    return render(request, "signing/account.html", _account(request) | {"problem": shown(error)}, status=422)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()) else "/"
