from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from core.htmx import render_block
from learning import richtext
from learning.actions.reading import open_item
from learning.models import Column, Course, Item, Topic
from learning.rules.reading import Place, listed, neighbours, page, with_subscription

BESIDE = 3


@require_safe
def item_list(request):
    """全部内容: everything pushed to me or open to me, the newest first, by column if I like."""
    columns = Column.objects.filter(is_open=True)
    column = _chosen(columns, request.GET.get("column", ""))
    items = listed(Item.objects.visible_to(request.user), request.user)
    if column:
        items = items.filter(column=column)
    after = Place.parse(request.GET.get("after", ""))
    found, more = page(items, after)
    context = {"columns": columns, "column": column, "items": found, "more": more}
    return render_block(request, "learning/items.html", "rows" if after else "list", context)


def _chosen(columns, key: str) -> Column | None:
    """The column an address names, None for all. Raises ``Http404`` for one there is not."""
    if not key:
        return None
    for column in columns:
        if str(column.pk) == key:
            return column
    raise Http404


@require_safe
def item(request, pk: int):
    """An article with its topic, or of a withdrawn one the title and the reason."""
    visible = Item.objects.visible_to(request.user)
    found = get_object_or_404(listed(visible, request.user).defer(None), pk=pk)
    if found.state == Item.State.WITHDRAWN:
        return render(request, "learning/withdrawn_item.html", {"item": found})
    newer, older = neighbours(found, request.user)
    context = {"item": found, "body": richtext.shown(found.body), "newer": newer, "older": older}
    context |= _topic_box(found, request.user)
    return render(request, "learning/item.html", context)


def _topic_box(item: Item, person) -> dict:
    """The topic of ``item`` with what else there is on it, as far as ``person`` may see it."""
    if item.topic_id is None:
        return {}
    topics = with_subscription(Topic.objects.visible_to(person), person)
    topic = topics.filter(pk=item.topic_id).first()
    if topic is None:
        return {}
    earlier = listed(Item.objects.visible_to(person).sent(), person).filter(topic=topic)
    courses = Course.objects.visible_to(person).filter(topic=topic).select_related("current")
    return {
        "topic": topic,
        "earlier": earlier.filter(Place.of(item).following)[:BESIDE],
        "courses": courses[:BESIDE],
    }


@require_POST
def opened(request, pk: int):
    """The page was opened: sent by the page itself, so that looking at an address changes nothing."""
    open_item(item=get_object_or_404(Item.objects.visible_to(request.user), pk=pk), by=request.user)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
