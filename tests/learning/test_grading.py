from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.models import QuestionVersion
from learning.rules.grading import is_well_formed, normalised, points

Kind = QuestionVersion.Kind
HALF = Decimal("0.5")
KEYS = "ABCDEFGHIJKLMNOPQRST"


def question(kind, answer, *, options=4, stem="题干"):
    choices = list(KEYS[:options]) if kind in {Kind.SINGLE, Kind.MULTIPLE} else []
    return QuestionVersion(kind=kind, stem=stem, options=choices, answer=answer)


def fill(*blanks, stem=""):
    return question(Kind.FILL, [list(forms) for forms in blanks], stem=stem or "____" * len(blanks))


def test_single_choice_is_right_or_wrong():
    version = question(Kind.SINGLE, ["B"])
    assert [points(version, [key]) for key in "ABCD"] == [0, 1, 0, 0]
    assert points(version, ["B"], half_marks=True) == 1


def test_true_or_false():
    assert points(question(Kind.TRUE_FALSE, ["F"]), ["F"]) == 1
    assert points(question(Kind.TRUE_FALSE, ["F"]), ["T"]) == 0


@pytest.mark.parametrize(
    ("value", "whole", "half"),
    [
        (["A", "C", "D"], 1, 1),
        (["D", "A", "C"], 1, 1),
        (["A", "C"], 0, HALF),
        (["C"], 0, HALF),
        (["A", "B"], 0, 0),
        (["A", "B", "C", "D"], 0, 0),
        ([], 0, 0),
        (None, 0, 0),
    ],
)
def test_multiple_choice(value, whole, half):
    version = question(Kind.MULTIPLE, ["A", "C", "D"])
    assert points(version, value) == whole
    assert points(version, value, half_marks=True) == half


@given(st.data(), st.integers(2, 20))
def test_half_marks_go_to_a_part_of_the_right_set_and_to_nothing_else(data, options):
    keys = st.sampled_from(KEYS[:options])
    right, chosen = data.draw(st.sets(keys, min_size=1)), data.draw(st.sets(keys))
    version = question(Kind.MULTIPLE, sorted(right), options=options)
    value = data.draw(st.permutations(sorted(chosen)))
    expected = Decimal(1) if chosen == right else HALF if chosen and chosen < right else Decimal(0)
    assert points(version, value, half_marks=True) == expected
    assert points(version, value) == (chosen == right)


@pytest.mark.parametrize(
    ("forms", "typed"),
    [
        (["全心全意"], " 全心 全意。"),
        (["全心全意"], "“全心全意”"),
        (["两", "2"], "二"),
        (["两", "2"], "2"),
        (["2"], "两"),
        (["10"], "十"),
        (["十"], "１０"),
        (["20"], "二十"),
        (["20"], "廿"),
        (["105"], "一百零五"),
        (["105"], "一百〇五"),
        (["0"], "〇"),
        (["2026"], "二〇二六"),
        (["2017"], "二○一七"),
        (["15000"], "一万五千"),
        (["10000"], "10,000"),
        (["0.2", "0.20", "2角"], "0.200"),
        (["0.2"], "零点二"),
        (["0.2", "2角"], "２角"),
        (["党章"], "《党章》"),
        (["WeCom"], "ｗｅｃｏｍ"),
        (["三会一课"], "三会一课"),
        (["50%"], "50％"),
        (["-5"], "-5"),
    ],
)
def test_a_fill_in_is_right_in_every_spelling(forms, typed):
    assert points(fill(forms), [typed]) == 1


@pytest.mark.parametrize(
    ("forms", "typed"),
    [
        (["三会一课"], "3会1课"),
        (["三会一课"], "31"),
        (["二百五"], "250"),
        (["二百五"], "205"),
        (["七一"], "71"),
        (["千万"], "10000000"),
        (["一二九"], "129"),
        (["三三两两"], "3322"),
        (["50"], "50%"),
        (["5"], "-5"),
        (["110"], "11"),
        (["12345678901234567890123456789012345"], "12345678901234567890123456789012346"),
        (["全心全意"], "全心"),
        (["全心全意"], ""),
        (["全心全意"], "。"),
    ],
)
def test_a_fill_in_never_takes_a_word_for_a_number_or_less_than_all(forms, typed):
    assert points(fill(forms), [typed]) == 0


def test_every_blank_has_to_be_right_in_its_own_place():
    version = fill(["3"], ["5"], stem="中国青年志愿者服务日是每年____月____日。")
    assert points(version, ["三", "五"]) == 1
    assert points(version, ["03", "05"]) == 1
    assert points(version, ["3月", "5 日"]) == 1
    assert points(version, ["5", "3"]) == 0
    assert points(version, ["3", ""]) == 0


def test_words_behind_the_blank_may_be_typed_again():
    version = fill(["两", "2"], stem="留党察看最长不超过____年。")
    assert points(version, ["两年"]) == 1
    assert points(version, ["2 年。"]) == 1
    assert points(version, ["年"]) == 0
    assert points(version, ["两月"]) == 0


@given(st.text(max_size=40))
def test_normalising_twice_is_normalising_once(text):
    assert normalised(normalised(text)) == normalised(text)


@given(st.text("零〇一二两三四五六七八九十廿卅百千万点0123456789.,-+ ０１２", max_size=12))
def test_normalising_numerals_twice_is_normalising_once(text):
    assert normalised(normalised(text)) == normalised(text)


def spoken(number):
    """``number`` below 100,000 as it is said."""
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千", "万"]
    words, gap = "", False
    for power in range(4, -1, -1):
        digit = number // 10**power % 10
        if digit:
            words += ("零" if gap and words else "") + digits[digit] + units[power]
        gap = not digit
    return words or "零"


@given(st.integers(0, 99_999))
def test_numbers_as_they_are_said_equal_their_digits(number):
    assert normalised(spoken(number)) == str(number)


@given(st.integers(0, 10**40), st.integers(0, 10**6))
def test_decimals_are_equal_whatever_zeros_they_carry(whole, fraction):
    assert normalised(f"00{whole}.{fraction:07}00") == normalised(f"{whole}.{fraction:07}")


@given(st.lists(st.text(min_size=1, max_size=20).filter(normalised), min_size=1, max_size=5), st.data())
def test_any_listed_form_gets_the_point(forms, data):
    typed = data.draw(st.sampled_from(forms))
    version = fill(forms)
    assert points(version, [typed]) == is_well_formed(version, [typed])


@pytest.mark.parametrize(
    ("version", "value", "fine"),
    [
        (question(Kind.SINGLE, ["B"]), None, True),
        (question(Kind.SINGLE, ["B"]), ["D"], True),
        (question(Kind.SINGLE, ["B"]), ["E"], False),
        (question(Kind.SINGLE, ["B"]), ["A", "B"], False),
        (question(Kind.SINGLE, ["B"]), [], False),
        (question(Kind.SINGLE, ["B"]), "B", False),
        (question(Kind.SINGLE, ["B"]), [["B"]], False),
        (question(Kind.SINGLE, ["B"]), {"B": 1}, False),
        (question(Kind.SINGLE, ["T"], options=20), ["T"], True),
        (question(Kind.TRUE_FALSE, ["T"]), ["T"], True),
        (question(Kind.TRUE_FALSE, ["T"]), ["A"], False),
        (question(Kind.MULTIPLE, ["A", "B"]), [], True),
        (question(Kind.MULTIPLE, ["A", "B"]), ["D", "A"], True),
        (question(Kind.MULTIPLE, ["A", "B"]), ["A", "A"], False),
        (question(Kind.MULTIPLE, ["A", "B"]), [1], False),
        (fill(["3"], ["5"]), ["3", ""], True),
        (fill(["3"], ["5"]), ["3"], False),
        (fill(["3"]), ["3" * 201], False),
        (fill(["3"]), ["3\x00"], False),
        (fill(["3"]), ["\ud800"], False),
        (fill(["3"]), [3], False),
    ],
)
def test_what_an_answer_looks_like(version, value, fine):
    assert is_well_formed(version, value) is fine
    if not fine:
        assert points(version, value) == 0
