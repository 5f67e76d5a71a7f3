"""What every page of the portal needs to draw its frame."""

from django.conf import settings

# view name, label, icon
TABS = [
    ("home", "首页", "base/icons/home.svg"),
    ("learning:home", "学习", "base/icons/book.svg"),
    ("appointments:home", "谈话", "base/icons/talk.svg"),
    ("activities:home", "活动", "base/icons/calendar.svg"),
    ("me", "我的", "base/icons/person.svg"),
]
ROOT_PAGES = {name for name, _, _ in TABS}


def portal(request):
    """Name and filing numbers of the installation, the five tabs, and whether the WeCom sandbox is on."""
    match = request.resolver_match
    current = match.view_name if match else ""
    return {
        "site_name": settings.SITE_NAME,
        "filing_numbers": settings.FILING_NUMBERS,
        "sandbox_on": bool(settings.WECOM_SANDBOX_URL),
        "tabs": TABS,
        "current_tab": current,
        "is_root_page": current in ROOT_PAGES,
    }
