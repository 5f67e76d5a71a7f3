from django.contrib.auth.models import Permission

from accounts.models import Branch, BranchRight


def grant(user, branch, codename):
    BranchRight.objects.create(
        user=user,
        content_object=branch,
        permission=Permission.objects.get(codename=codename, content_type__model="branch"),
    )


def test_a_right_covers_the_whole_subtree(org, cast, django_assert_num_queries):
    grant(cast.member, org.college_a, "view_person")
    with django_assert_num_queries(1):
        covered = set(Branch.objects.where(cast.member, "accounts.view_person"))
    assert covered == {org.college_a, org.a1, org.a2}


def test_another_right_or_person_gets_nothing(org, cast):
    grant(cast.member, org.college_a, "view_person")
    assert not Branch.objects.where(cast.member, "accounts.change_person").exists()
    assert not Branch.objects.where(cast.teacher, "accounts.view_person").exists()


def test_a_deactivated_person_loses_every_branch(org, cast):
    grant(cast.member, org.college_a, "view_person")
    cast.member.is_active = False
    assert not Branch.objects.where(cast.member, "accounts.view_person").exists()
