"""What every answer says to the browser, scored as Mozilla's observatory does (``reliability.md`` D7)."""

import pytest

from tests.security.addresses import every_address

PERSONAL = ["/", "/todos/", "/me/", "/me/data/", "/feedback/", "/talks/", "/learning/", "/activities/"]


@pytest.fixture
def production(settings):
    """The headers of an installation behind https."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True


def policy(answer) -> dict[str, str]:
    directives = answer.get("Content-Security-Policy", "").split(";")
    return {words[0]: " ".join(words[1:]) for words in map(str.split, directives) if words}


def faults(answer) -> list[tuple[str, int]]:
    """What costs points and how many."""
    csp = policy(answer)
    scripts = csp.get("script-src", csp.get("default-src", ""))
    checks = [
        ("no policy", 25, bool(csp)),
        ("inline scripts", 20, "'unsafe-inline'" not in scripts and "*" not in scripts),
        ("objects", 5, csp.get("object-src", csp.get("default-src")) == "'none'"),
        ("base", 5, csp.get("base-uri") == "'none'"),
        ("foreign forms", 5, csp.get("form-action") == "'self'"),
        ("frames", 20, csp.get("frame-ancestors") == "'none'" and answer.get("X-Frame-Options") == "DENY"),
        ("sniffing", 5, answer.get("X-Content-Type-Options") == "nosniff"),
        ("referrer", 5, answer.get("Referrer-Policy") == "strict-origin-when-cross-origin"),
        ("opener", 5, answer.get("Cross-Origin-Opener-Policy") == "same-origin"),
        ("embedding", 5, answer.get("Cross-Origin-Resource-Policy") == "same-origin"),
        ("permissions", 5, "geolocation=()" in answer.get("Permissions-Policy", "")),
        ("transport", 20, "max-age=31536000" in answer.get("Strict-Transport-Security", "")),
    ]
    return [(name, cost) for name, cost, is_fine in checks if not is_fine]


def cookie_faults(answer) -> list[str]:
    return [
        name
        for name, morsel in answer.cookies.items()
        if morsel.value and not (morsel["secure"] and morsel["httponly"] and morsel["samesite"] == "Lax")
    ]


@pytest.mark.parametrize("who", ["anonymous", "member", "superuser"])
def test_every_answer_scores_full_marks(client, cast, production, who):
    if who == "superuser":
        cast.teacher.is_staff = cast.teacher.is_superuser = True
        cast.teacher.save()
    if who != "anonymous":
        client.force_login(cast.teacher if who == "superuser" else cast.member)
    for address in [*every_address(), "/no-such-page/"]:
        answer = client.get(address, secure=True)
        assert faults(answer) == [], address
        assert cookie_faults(answer) == [], address


def test_the_scorer_sees_what_is_missing(client, cast, production, settings):
    settings.X_FRAME_OPTIONS = "SAMEORIGIN"
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"script-src": ["'self'", "'unsafe-inline'"]}}
    lost = dict(faults(client.get("/sign-in/choice/")))
    assert {"inline scripts", "frames", "transport"} <= set(lost)


@pytest.mark.parametrize("address", PERSONAL)
def test_personal_pages_leave_no_copies(client, cast, address):
    client.force_login(cast.member)
    assert "no-store" in client.get(address)["Cache-Control"]


def test_htmx_fragments_are_told_apart_from_pages(client, cast):
    client.force_login(cast.member)
    assert "HX-Request" in client.get("/")["Vary"]


@pytest.mark.parametrize("address", ["/", "/sign-in/", "/me/data/", "/feedback/"])
def test_a_form_without_its_token_is_refused(cast, address):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.member)
    assert strict.post(address, {"text": "x"}).status_code == 403
