from http import HTTPStatus

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from core.htmx import render_block
from notifications import actions, inbox
from notifications.forms import WishesForm, stored_wishes
from notifications.models import Recipient


@require_safe
def notice_list(request):
    """通知: what was said to me, unread first."""
    notices, more = inbox.page(request.user, inbox.Place.parse(request.GET.get("after", "")))
    context = {"notices": notices, "more": more, "unread": inbox.unread_count(request.user)}
    return render_block(request, "notifications/inbox.html", "rows", context)


@require_POST
def open_notice(request, pk: int):
    """Mark one notice as read and go where it points."""
    notice = get_object_or_404(Recipient.objects.visible_to(request.user).select_related("message"), pk=pk)
    actions.mark_read(notice=notice, by=request.user)
    return redirect(notice.message.link)


@require_POST
def read_all(request):
    actions.mark_all_read(by=request.user)
    messages.success(request, "都已读")
    return redirect("notifications:inbox")


@require_safe
def wishes(request):
    """通知设置: what I want to be reminded of, and when not."""
    return render_block(request, "notifications/settings.html", "switches", stored_wishes(request.user))


@require_POST
def save_wishes(request):
    """Save the switches. HTMX gets back the part it touched, as it is in the database now."""
    form = WishesForm(request.POST, by=request.user)
    if is_valid := form.is_valid():
        form.save()
    if not request.htmx and is_valid:
        messages.success(request, "已保存")
        return redirect("notifications:settings")
    stored = stored_wishes(request.user)
    touched = [switch for switch in stored["switches"] if switch["name"] == request.htmx.trigger_name]
    context = stored | {"form": form, "switch": touched[0] if touched else None}
    return render_block(
        request,
        "notifications/settings.html",
        "switch" if touched else "quiet",
        context,
        status=HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY,
    )
