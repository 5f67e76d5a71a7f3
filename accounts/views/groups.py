"""The WeCom chat of a talk group: made by the portal, else by its lead's own phone."""

from django.conf import settings
from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.actions import groups
from accounts.chats import people_of
from accounts.models import TalkGroup
from core.errors import DomainError, Unavailable
from wecom.errors import WeComError
from wecom.jssdk import config_for


@require_POST
def make_chat(request, pk):
    group = get_object_or_404(TalkGroup.objects.current(), pk=pk, lead=request.user)
    try:
        groups.create_chat(group=group, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("appointments:home")


@require_safe
def chat_config(request, pk):
    """What the phone needs to open the chat window with everybody in it; asked for by ``chat.js`` only."""
    group = get_object_or_404(TalkGroup.objects.current(), pk=pk, lead=request.user)
    try:
        config = config_for(settings.SITE_URL + reverse("appointments:home"))
    except WeComError as error:
        raise Unavailable from error
    config["groupName"] = str(group)
    config["userIds"] = people_of(group)
    return JsonResponse(config)
