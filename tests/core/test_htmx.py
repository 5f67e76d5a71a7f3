import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.urls")]


@pytest.fixture
def client(client, cast):
    client.force_login(cast.member)
    return client


def test_htmx_gets_the_block_and_people_get_the_page(client):
    block = client.get("/page/", headers={"HX-Request": "true"})
    page = client.get("/page/")
    assert block.content.startswith(b'<p class="p-note red"')
    assert page.content.startswith(b"<!doctype html>")
    assert "HX-Request" in block["Vary"]
    assert "HX-Request" in page["Vary"]


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_boosted_links_and_restored_history_get_the_page(client, header):
    response = client.get("/page/", headers={"HX-Request": "true", header: "true"})
    assert response.content.startswith(b"<!doctype html>")
