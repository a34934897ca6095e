"""`POST /oauth/token`: client credentials with a signed statement. RFC 6749, 7523, SMART Backend Services."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway import logs
from gateway.errors import NotAllowed, NotUnderstood
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, form_in, require_certificate
from gateway.fhir_api.scope_limits import kept_scopes
from gateway.fhir_api.search_parameters import Parameters, read_query
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.security.client_certificates import confirmation
from gateway.security.client_proof import PURPOSE_SYSTEM, prove_client
from gateway.security.tokens import ACCESS_TOKEN_SECONDS, issue_token

_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# RFC 6749 section 5.2
_OAUTH_ERROR = {
    "CLIENT_NOT_PROVEN": (401, "invalid_client"),
    "PURPOSE_MISSING": (400, "invalid_request"),
    "PURPOSE_NOT_REGISTERED": (400, "invalid_request"),
    "SCOPE_NOT_GRANTED": (400, "invalid_scope"),
    "GRANT_TYPE": (400, "unsupported_grant_type"),
}
_LARGEST_FORM = 16_384


async def give_token(request: Request) -> Response:
    """A bearer token of at most 300 seconds, or an OAuth error that says what was wrong."""
    desk: Desk = request.app.state.desk
    now = desk.clock.now()
    try:
        form = _single(read_query(await form_in(request, _LARGEST_FORM)))
        if "grant_type" not in form:  # RFC 6749 5.2: what is missing makes the request invalid
            raise NotUnderstood("PARAMETER_MISSING", "`grant_type=client_credentials` is needed")
        if form["grant_type"] != "client_credentials":
            raise NotAllowed("GRANT_TYPE", "`grant_type` must be `client_credentials`")
        proven = await prove_client(
            form,
            audiences=audiences(desk),
            client_by_id=desk.client_by_id,
            use_once=desk.use_once,
            now=now,
            keys_at=desk.keys_at,
        )
        scopes = kept_scopes(proven.scopes)
        if not scopes:
            raise NotAllowed("SCOPE_NOT_GRANTED", "none of the scopes asked for can be kept")
        certificate = require_certificate(desk, request, proven.certificates)
    except (NotAllowed, NotUnderstood) as error:
        return _refused(request, error)
    request.state.partner = proven.partner
    about = (proven.partner, proven.client_id, proven.purpose, scopes)
    token = issue_token(*about, desk.token_key, now, certificate, proven.key_id)
    logs.info(logs.Event.TOKEN_ISSUED, partner=proven.partner, purpose=proven.purpose)
    content = {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "scope": " ".join(sorted(scopes)),
    }
    return Response(to_json(content), 200, _NOT_KEPT, media_type="application/json")


async def introspect(request: Request) -> Response:
    """`POST /oauth/introspect`: what a token of the caller's own client is good for; `active: false` for any other.

    RFC 7662; SMART App Launch 2.2, token introspection.
    """
    desk: Desk = request.app.state.desk
    caller = caller_of(desk, request)
    form = _single(read_query(await form_in(request, _LARGEST_FORM)))
    found = desk.tokens.look_at(form.get("token", ""), desk.clock.now())
    content: dict[str, object] = {"active": False}
    if found is not None and found[0].client_id == caller.client_id:
        content = _told(*found)
    return Response(to_json(content), 200, _NOT_KEPT, media_type="application/json")


def _told(whose: Caller, ends: int) -> dict[str, object]:
    purpose = {"system": PURPOSE_SYSTEM, "code": whose.purpose}
    bound = {"cnf": confirmation(whose.certificate)} if whose.certificate else {}
    return {
        **bound,
        "active": True,
        "scope": " ".join(sorted(whose.scopes)),
        "client_id": whose.client_id,
        "exp": ends,
        "token_type": "bearer",
        "extensions": {"ihe_iua": {"purpose_of_use": [purpose]}},
    }


def audiences(desk: Desk) -> frozenset[str]:
    """What a statement may name as its audience: the token endpoint, the FHIR address or the gateway's."""
    base = desk.base_url()
    return frozenset({f"{base}/oauth/token", f"{base}/fhir", base})


def _single(parameters: Parameters) -> dict[str, str]:
    form = dict(parameters)
    if len(form) != len(parameters):
        raise NotUnderstood("PARAMETER_TWICE", "each parameter may stand once")
    return form


def _refused(request: Request, error: NotAllowed | NotUnderstood) -> Response:
    status, name = _OAUTH_ERROR.get(error.code, (400, "invalid_request"))
    request.state.code = error.code
    logs.info(logs.Event.TOKEN_REFUSED, code=error.code)
    content = {"error": name, "error_description": f"{error.message} [{error.code}]"}
    return Response(to_json(content), status, _NOT_KEPT, media_type="application/json")
