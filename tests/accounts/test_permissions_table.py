from accounts.management.commands.permissions_table import PATH, table


def test_the_page_about_permissions_is_current():
    assert PATH.read_text(encoding="utf-8") == table(), "run manage.py permissions_table"
