"""What ends because something else did: groups and contacts of people who leave, advance or step back.

Called inside the transaction of that other action. Nothing here decides anew; the gaps that open show up in the
secretary's to-dos.
"""

from datetime import date

from django.db.models import F, Q, QuerySet

from accounts.models import CultivationContact, TalkGroup, TalkGroupMember, User


def end_periods(rows: QuerySet, day: date) -> int:
    """End open rows on ``day``; one that would have begun later never holds. Returns how many rows ended."""
    open_rows = rows.filter(until=None)
    never_began = open_rows.filter(since__gt=day).update(until=F("since"))
    return never_began + open_rows.filter(since__lte=day).update(until=day)


def leave_groups(person: User, day: date, *, leading: bool = True, joining: bool = True) -> None:
    """Close the talk groups the person leads and take him out of the one he is in."""
    if leading:
        led = TalkGroup.objects.filter(lead=person, until=None)
        end_periods(TalkGroupMember.objects.filter(group__in=list(led)), day)
        end_periods(led, day)
    if joining:
        rows = TalkGroupMember.objects.filter(person=person, until=None)
        mark_chats(list(rows.values_list("group", flat=True)))
        end_periods(rows, day)


def mark_chats(groups: list[int]) -> int:
    """Let the worker bring the chats of these groups up to date; returns how many have one."""
    ready = TalkGroup.objects.filter(pk__in=groups, until=None, chat=TalkGroup.Chat.READY)
    return ready.update(chat_is_stale=True, chat_tried_at=None)


def end_contacts(person: User, day: date, *, accompanying: bool = True, accompanied: bool = True) -> None:
    """End the person's cultivation contacts: those he accompanies, those who accompany him, or both."""
    side = Q()
    if accompanying:
        side |= Q(contact=person)
    if accompanied:
        side |= Q(activist=person)
    if side:
        end_periods(CultivationContact.objects.filter(side), day)
