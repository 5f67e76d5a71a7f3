"""Which WeCom account signs in as whom. An account is ended, never deleted or handed on (``domain.md`` §6.3)."""

import re

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import rules
from accounts.models import User, WeComIdentity
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing, NotAllowed
from notifications.outbox import enqueue

_USERID = re.compile(r"[0-9a-z][0-9a-z_\-@.]{0,63}")


class AccountTaken(Conflict):
    code = "account_taken"
    message = "这个企业微信账号已经属于别人，要先解绑。"


class PersonBound(Conflict):
    code = "person_bound"
    message = "这个人已经绑定了另一个企业微信账号，要先解绑。"


@transaction.atomic
def bind(*, person: User, userid: str, origin: str, by: User | None) -> WeComIdentity:
    """Let ``userid`` of our corporation sign in as ``person``. Binding the same pair twice is binding once.

    ``origin`` is one of ``WeComIdentity.Origin``. ``by`` is the person at the first sign-in, else somebody with
    ``accounts.sync_directory`` over the person, None when the portal itself acts. Nobody takes a record that is
    somebody's: raises ``AccountTaken`` or ``PersonBound``; ``Invalid`` for what WeCom would not call a userid,
    ``Missing`` for a person out of ``by``'s reach, ``NotAllowed`` for typing in one's own account or that of
    somebody whose office ``by`` could not end. Writes an audit entry and tells the person.
    """
    userid = _clean(userid)
    person = User.objects.select_for_update().get(pk=person.pk)
    _check_reach(person, by, origin)
    bound = WeComIdentity.objects.filter(corp_id=settings.WECOM_CORP_ID, unbound_at=None)
    own = bound.filter(person=person).first()
    if own and own.userid == userid:
        return own
    if own:
        raise PersonBound
    if bound.filter(userid=userid).exists():
        raise AccountTaken
    identity = _create(person, userid, origin)
    record(by, "accounts.account_bound", person, changed=["wecom_identity"])
    enqueue(kind="account_bound", recipients=[person], key=str(identity.pk), link="/me/data/")
    return identity


@transaction.atomic
def unbind(
    *,
    identity: WeComIdentity,
    by: User | None,
    origin: str = WeComIdentity.Origin.BY_HAND,
    reason: str = "",
) -> WeComIdentity:
    """End a binding and the person's sessions: the account no longer signs in as the person.

    ``origin`` says where the news comes from. Unbinding twice changes nothing.

    Raises ``Missing`` and ``NotAllowed`` as ``bind`` does. Writes an audit entry.
    """
    person = User.objects.select_for_update().get(pk=identity.person_id)
    _check_reach(person, by, origin)
    identity = WeComIdentity.objects.get(pk=identity.pk)
    if identity.unbound_at is None:
        identity.unbound_at = timezone.now()
        identity.save(update_fields=["unbound_at"])
        User.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
        record(by, "accounts.account_unbound", person, changed=["wecom_identity"], reason=reason)
    return identity


def _clean(userid: str) -> str:
    userid = userid.strip().lower()
    if not _USERID.fullmatch(userid):
        raise Invalid("企业微信账号只有字母、数字和 _-@. ，最多 64 个。")
    return userid


def _check_reach(person: User, by: User | None, origin: str) -> None:
    if by is None:
        return
    if by.pk == person.pk:
        if origin == WeComIdentity.Origin.BY_HAND:
            raise NotAllowed("自己的账号要请别人登记。")
        return
    if not rules.can_act_for(by, person, "accounts.sync_directory"):
        raise Missing
    if origin == WeComIdentity.Origin.BY_HAND and not rules.can_change_identity(by, person):
        raise NotAllowed("这位同志的职务不归你任免，账号要请上级登记。")


def _create(person: User, userid: str, origin: str) -> WeComIdentity:
    try:
        with transaction.atomic():
            return WeComIdentity.objects.create(
                person=person, corp_id=settings.WECOM_CORP_ID, userid=userid, origin=origin
            )
    except IntegrityError:
        # Somebody bound the same account to another person at this very moment.
        raise AccountTaken from None
