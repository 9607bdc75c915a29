"""Identity providers for the tests: OpenID Connect on loopback, and one that signs SAML responses."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

CLIENT, SECRET = "vardbalans", "a secret with:colon"
SAML_ISSUER = "https://idp.example/saml"


class OpenIdProvider:
    """Answers discovery, keys and tokens. *claims* go into the id token; *change* may spoil one before it is signed."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signing_key: Any = self.key
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {"sub": "person-1", "name": "Anna Ask", "uppdrag": ["ort"]}
        self.change: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.issuer = ""
        self.asked: list[str] = []

    def authorized(self, address: str) -> dict[str, str]:
        """Return what the browser brings back from *address*, the authorization endpoint with its query."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def tokens(self, form: dict[str, str], authorization: str) -> dict[str, str] | None:
        """Return the tokens for a code, once; None unless the client, the code and the verifier are right."""
        asked = self.codes.pop(form["code"], None)
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        if asked is None or given != f"{CLIENT}:a%20secret%20with%3Acolon" or challenge != asked["code_challenge"]:
            return None
        now = int(time.time())
        claims = self.claims | {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        }
        claims = {name: value for name, value in (claims | self.change).items() if value is not None}
        token = jwt.encode(claims, self.signing_key, self.algorithm, headers={"kid": "k1"})
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def published(self, path: str) -> dict[str, Any] | None:
        """Return the document at *path*."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys/{id(self)}",
                "end_session_endpoint": f"{self.issuer}/out",
            }
        if path.startswith("/keys/"):
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [key | {"kid": "k1", "use": "sig", "alg": "RS256"}]}
        return None


@contextmanager
def open_id_provider() -> Iterator[OpenIdProvider]:
    """Yield a provider that answers on loopback."""
    provider = OpenIdProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(provider.published(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(provider.tokens(form, self.headers.get("Authorization", "")))

        def _answer(self, found: dict[str, Any] | None) -> None:
            content = json.dumps(found).encode()
            self.send_response(400 if found is None else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_what: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class SamlProvider:
    """Signs responses with a key of its own, whose certificate is in its metadata."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")]), datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(9))
        self.certificate = builder.sign(self.key, hashes.SHA256())

    @property
    def metadata(self) -> str:
        """Return the metadata, as the provider would publish them."""
        der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SAML_ISSUER}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">
<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate>
</ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService
Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>
</md:IDPSSODescriptor></md:EntityDescriptor>"""

    def response(self, question: str, base: str, *, signed: bool = True, assertion_id: str = "", **more: str) -> str:
        """Return the base64 of a response to *question* for the service at *base*; *more* overrides what it says."""
        now = datetime.now(UTC)
        said = {
            "audience": f"{base}/account/saml/metadata/",
            "uppdrag": "ort",
            "ends": (now + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "subject": "person-2",
        } | more
        at, began = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (now, now - timedelta(minutes=1)))
        here, own = f"{base}/account/saml/acs/", assertion_id or f"_a{secrets.token_hex(8)}"
        answers = f'InResponseTo="{question}"' if question else ""
        document = etree.fromstring(
            f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r{secrets.token_hex(8)}" Version="2.0" IssueInstant="{at}"
Destination="{here}" {answers}><saml:Issuer>{SAML_ISSUER}</saml:Issuer><samlp:Status><samlp:StatusCode
Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="{own}" Version="2.0"
IssueInstant="{at}"><saml:Issuer>{SAML_ISSUER}</saml:Issuer><saml:Subject><saml:NameID>{said["subject"]}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
NotOnOrAfter="{said["ends"]}" Recipient="{here}" {answers}/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{began}" NotOnOrAfter="{said["ends"]}"><saml:AudienceRestriction>
<saml:Audience>{said["audience"]}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{at}"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="uppdrag"><saml:AttributeValue>
{said["uppdrag"]}</saml:AttributeValue></saml:Attribute><saml:Attribute Name="name"><saml:AttributeValue>Bo Bok
</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>""".replace(
                "\n</", "</"
            ).replace("<saml:AttributeValue>\n", "<saml:AttributeValue>")
        )
        if signed:
            self._sign(document, own)
        return base64.b64encode(etree.tostring(document)).decode()

    def _sign(self, document: Any, own: str) -> None:
        assertion = document.find("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")
        signature = xmlsec.template.create(
            assertion, xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformRsaSha256
        )
        assertion.insert(1, signature)
        reference = xmlsec.template.add_reference(signature, xmlsec.constants.TransformSha256, uri=f"#{own}")
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
        context = xmlsec.SignatureContext()
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
        context.register_id(assertion, "ID")
        context.sign(signature)
