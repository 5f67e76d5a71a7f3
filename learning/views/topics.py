from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.htmx import render_block
from learning.actions import reading
from learning.models import Course, Item, Topic
from learning.rules.reading import Place, listed, page, with_subscription


@require_safe
def topic_list(request):
    """专题: all of my organisations, with what I subscribed to."""
    items = Item.objects.visible_to(request.user).sent().filter(topic=OuterRef("pk")).order_by()
    count = items.values("topic").annotate(count=Count("pk")).values("count")
    topics = with_subscription(Topic.objects.visible_to(request.user), request.user)
    topics = topics.annotate(item_count=Coalesce(Subquery(count), 0)).select_related("branch")
    return render(request, "learning/topics.html", {"topics": topics, "today": timezone.localdate()})


@require_safe
def topic(request, pk: int):
    """One topic with all its items and courses (``domain.md`` S8)."""
    topics = with_subscription(Topic.objects.visible_to(request.user), request.user)
    found = get_object_or_404(topics.select_related("branch"), pk=pk)
    items = listed(Item.objects.visible_to(request.user), request.user).filter(topic=found)
    after = Place.parse(request.GET.get("after", ""))
    rows, more = page(items, after)
    context = {
        "topic": found,
        "today": timezone.localdate(),
        "items": rows,
        "more": more,
        "courses": Course.objects.visible_to(request.user).filter(topic=found).select_related("current"),
    }
    return render_block(request, "learning/topic.html", "rows", context)


@require_POST
def subscribe(request, pk: int):
    found = get_object_or_404(Topic.objects.visible_to(request.user), pk=pk)
    reading.subscribe(topic=found, by=request.user)
    return _subscription(request, found, "已订阅")


@require_POST
def unsubscribe(request, pk: int):
    found = get_object_or_404(Topic.objects.visible_to(request.user), pk=pk)
    reading.unsubscribe(topic=found, by=request.user)
    return _subscription(request, found, "已取消订阅")


def _subscription(request, topic: Topic, said: str):
    """The button as it is now, or the topic page where there is no script."""
    if not request.htmx:
        messages.success(request, said)
        return redirect("learning:topic", topic.pk)
    topic.is_subscribed = topic.subscriptions.filter(person=request.user).exists()
    return render(request, "learning/_subscription.html", {"topic": topic})
