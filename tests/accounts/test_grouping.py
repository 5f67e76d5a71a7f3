"""Properties of the group generator, on any branch hypothesis can think of."""

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.rules.grouping import Circle, Member, arrange

MAJORS = st.sampled_from(["会计学", "金融学", "电子商务", ""])
BUILDINGS = st.sampled_from([None, 1, 2])


@st.composite
def branches(draw):
    """Some leads and some activists without group."""

    def people(start, count):
        return [
            Member(pk, f"{pk:04d}", draw(MAJORS), draw(BUILDINGS), draw(st.integers(0, 1)))
            for pk in range(start, start + count)
        ]

    return people(1, draw(st.integers(1, 12))), people(100, draw(st.integers(0, 40)))


def settled(circles):
    """What ``arrange`` made, as it stands after saving."""
    return [Circle(circle.lead, number, kept=circle.people) for number, circle in enumerate(circles, start=1)]


def pairs(circles):
    return {(circle.lead.pk, one.pk) for circle in circles for one in circle.people}


@given(branches())
def test_a_fresh_arrangement_places_everybody_once_and_balanced_within_one(branch):
    leads, activists = branch
    circles = arrange(leads, activists, [])
    placed = [one.pk for circle in circles for one in circle.people]
    assert sorted(placed) == [one.pk for one in activists]
    assert len({circle.lead.pk for circle in circles}) == len(circles)
    sizes = [circle.size for circle in circles]
    assert not sizes or max(sizes) - min(sizes) <= 1


@given(branches())
def test_groups_are_about_three_while_there_are_leads(branch):
    leads, activists = branch
    circles = arrange(leads, activists, [])
    if len(activists) >= 3 and len(circles) < len(leads):
        assert {circle.size for circle in circles} <= {2, 3, 4}


@given(branches())
def test_arranging_again_changes_nothing(branch):
    leads, activists = branch
    once = settled(arrange(leads, activists, []))
    again = arrange(leads, [], [Circle(circle.lead, circle.group, kept=list(circle.kept)) for circle in once])
    assert [(circle.group, circle.lead, circle.kept) for circle in again] == [
        (circle.group, circle.lead, circle.kept) for circle in once
    ]
    assert not any(circle.came or circle.followers for circle in again)


@settings(max_examples=200)
@given(branches(), st.data())
def test_who_talks_already_is_never_separated(branch, data):
    leads, activists = branch
    circles = settled(arrange(leads, activists, []))
    gone = set(data.draw(st.lists(st.sampled_from([one.pk for one in activists] or [0]))))
    for circle in circles:
        circle.kept = [one for one in circle.kept if one.pk not in gone]
    before = pairs(circles)
    newcomers = [Member(pk, f"{pk:04d}") for pk in range(500, 500 + data.draw(st.integers(0, 8)))]
    after = arrange(leads, newcomers, circles)
    assert before <= pairs(after)
    smallest = min((circle.size for circle in after), default=0)
    for circle in after:
        assert not circle.came or circle.size <= smallest + 1


@given(branches(), st.data())
def test_a_group_that_lost_its_lead_goes_on_together(branch, data):
    leads, activists = branch
    circles = settled(arrange(leads, activists, []))
    if not circles:
        return
    orphan = circles[data.draw(st.integers(0, len(circles) - 1))]
    people, old = list(orphan.kept), orphan.lead
    orphan.lead = None
    after = arrange([lead for lead in leads if lead != old], [], circles)
    assert sorted(one.pk for circle in after for one in circle.people) == (
        [one.pk for one in activists] if after else []
    )
    if len(leads) > len(circles):
        heir = next(circle for circle in after if circle.group == orphan.group)
        assert heir.followers == people


def test_the_major_counts_before_the_building():
    lead = Member(1, "1", "会计学", 1)
    other = Member(2, "2", "金融学", 2)
    activists = [Member(10 + n, str(10 + n), "会计学", 2) for n in range(3)]
    activists += [Member(20 + n, str(20 + n), "金融学", 1) for n in range(3)]
    circles = arrange([lead, other], activists, [])
    assert {(circle.lead.pk, one.major) for circle in circles for one in circle.people} == {
        (1, "会计学"),
        (2, "金融学"),
    }


def test_without_a_lead_nobody_is_placed():
    assert arrange([], [Member(1, "1")], []) == []
