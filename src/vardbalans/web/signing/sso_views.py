"""Log-in by the organisation's own identity provider: there and back."""

from collections.abc import Callable
from dataclasses import asdict

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from vardbalans.web.people import attempts
from vardbalans.web.people.access import public
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event
from vardbalans.web.signing import oidc, saml, sso
from vardbalans.web.signing.views import shown

_OIDC, _SAML = "oidc", "saml"


@public
@never_cache
@require_GET
def oidc_start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the OpenID Connect provider."""
    _require(sso.has_oidc())
    try:
        address, asked = oidc.ask(_here(request, "signing:oidc_back"), _next(request))
    except sso.Refused as error:
        return _refused(request, error)
    request.session[_OIDC] = asdict(asked)
    return HttpResponseRedirect(address)


@public
@never_cache
@require_GET
def oidc_back(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer; it counts once, in the session that asked."""
    _require(sso.has_oidc())
    kept = request.session.pop(_OIDC, None)
    if kept is None:
        return render(request, "signing/refused.html", {"problem": ""}, status=403)
    asked, here = oidc.Asked(**kept), _here(request, "signing:oidc_back")
    return _come_in(request, lambda: oidc.identity_from(request.GET.dict(), asked, here), asked.next)


@public
@never_cache
@require_GET
def oidc_out(request: HttpRequest) -> HttpResponse:
    """Lead on to the provider's own log-out, for one who has logged out here."""
    _require(sso.has_oidc())
    try:
        address = oidc.end_session_address(_here(request, "people:log_in"))
    except sso.Refused as error:
        return _refused(request, error)
    return HttpResponseRedirect(address or reverse("people:log_in"))


@public
@never_cache
@require_GET
def saml_start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the SAML identity provider."""
    _require(sso.has_saml())
    try:
        address, question = saml.ask(request)
    except sso.Refused as error:
        return _refused(request, error)
    request.session[_SAML] = {"question": question, "next": _next(request)}
    return HttpResponseRedirect(address)


@public
@csrf_exempt
@never_cache
@require_POST
def saml_acs(request: HttpRequest) -> HttpResponse:
    """Take the response, which another site's form brings without our cookies, and send its browser on."""
    _require(sso.has_saml())
    if attempts.too_many(request, "log_in"):
        return render(request, "people/too_many.html", status=429)
    try:
        token = saml.received(request)
    except sso.Refused as error:
        attempts.failed(request, "log_in")
        return _refused(request, error)
    return HttpResponseRedirect(f"{reverse('signing:saml_finish')}?token={token}")


@public
@never_cache
@require_GET
def saml_finish(request: HttpRequest) -> HttpResponse:
    """Log in with the kept assertion, in the session that asked for it."""
    _require(sso.has_saml())
    kept = request.session.pop(_SAML, {})
    token = request.GET.get("token", "")
    return _come_in(request, lambda: saml.identity_of(token, kept.get("question", "")), kept.get("next", "/"))


@public
@require_GET
def saml_metadata(request: HttpRequest) -> HttpResponse:
    """Give our metadata, for the identity provider."""
    _require(sso.has_saml())
    return HttpResponse(saml.metadata(request), content_type="application/samlmetadata+xml")


def _come_in(request: HttpRequest, identity: Callable[[], sso.Identity], next_: str) -> HttpResponse:
    if attempts.too_many(request, "log_in"):
        return render(request, "people/too_many.html", status=429)
    try:
        sso.come_in(request, identity())
    except sso.Refused as error:
        attempts.failed(request, "log_in")
        return _refused(request, error)
    return redirect(next_)


def _refused(request: HttpRequest, error: sso.Refused) -> HttpResponse:
    record(Event.SSO_REFUSED, by=None, target=error.message.template[:400])
    return render(request, "signing/refused.html", {"problem": shown(error)}, status=403)


def _require(true: bool) -> None:
    if not true:
        raise Http404("single sign-on is not set up")


def _here(request: HttpRequest, name: str) -> str:
    return request.build_absolute_uri(reverse(name))


def _next(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()) else "/"
