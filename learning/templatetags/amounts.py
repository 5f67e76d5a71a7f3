"""Sizes and lengths in words: ``{{ media.size|bytes }}``, ``{{ spot|clock }}``, ``{{ minutes|duration }}``."""

from django import template

register = template.Library()


@register.filter
def bytes(size: int) -> str:  # noqa: A001 - the name of the filter
    """``320 KB`` below one megabyte, else ``1.4 MB``."""
    return f"{max(round(size / 1024), 1)} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


@register.filter
def clock(seconds: int) -> str:
    """``6:40``, or ``1:06:40`` from an hour on."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def duration(minutes: int) -> str:
    """``约 40 分钟``; from an hour on in half hours: ``约 1.5 小时``."""
    return f"约 {minutes} 分钟" if minutes < 60 else f"约 {round(minutes / 30) / 2:g} 小时"
