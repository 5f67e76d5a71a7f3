"""A university of any size: 300 branches at 40,000 people, with the talk groups and messages a home page reads."""

import datetime as dt

from django.conf import settings

from accounts.models import Branch, Membership, Office, User, WeComIdentity
from accounts.roles import Stage

SINCE = dt.date(2024, 9, 1)
PER_BRANCH = 134
BATCH = 1000


def found(people: int) -> tuple[list[Branch], list[User]]:
    """Open one branch for every 134 people, twenty branches to a college, and fill them."""
    university = Branch.objects.create(name="测速大学党委", kind=Branch.Kind.UNIVERSITY, since=SINCE)
    count = max(20, people // PER_BRANCH)
    colleges = [
        Branch.objects.create(
            name=f"第 {n} 学院党委", kind=Branch.Kind.COLLEGE, parent=university, since=SINCE
        )
        for n in range(-(-count // 20))
    ]
    branches = Branch.objects.bulk_create(
        Branch(name=f"第 {n} 党支部", kind=Branch.Kind.BRANCH, parent=colleges[n // 20], since=SINCE)
        for n in range(count)
    )
    stages = [Stage.FULL, Stage.ACTIVIST, Stage.ACTIVIST, Stage.ACTIVIST, *[Stage.LEAGUE_MEMBER] * 6]
    users = User.objects.bulk_create(
        (
            User(number=f"B{n:06}", name=f"同学{n}", stage=stages[n % 10], grade=2024, password="!")
            for n in range(people)
        ),
        batch_size=BATCH,
    )
    Membership.objects.bulk_create(
        (
            Membership(
                person=user, branch=branches[n % count], branch_name=branches[n % count].name, since=SINCE
            )
            for n, user in enumerate(users)
        ),
        batch_size=BATCH,
    )
    WeComIdentity.objects.bulk_create(
        (
            WeComIdentity(
                person=user, corp_id=settings.WECOM_CORP_ID, userid=user.number.lower(), origin="number"
            )
            for user in users
        ),
        batch_size=BATCH,
    )
    return branches, users


def appoint(person: User, kind: str, branch: Branch) -> None:
    from accounts.actions.offices import refresh_rights

    Office.objects.create(person=person, kind=kind, branch=branch, branch_name=branch.name, since=SINCE)
    refresh_rights(person)


def directory(branches: list[Branch], users: list[User]) -> dict:
    """The same people for the sandbox, all in its root department."""
    return {
        "departments": [{"id": 1, "name": "测速大学", "parentid": 0, "order": 1}],
        "users": [
            {"userid": user.number, "name": user.name, "department": [1], "number": user.number, "status": 1}
            for user in users
        ],
        "featured": [],
    }
