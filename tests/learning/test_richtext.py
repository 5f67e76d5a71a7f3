"""What rich text may hold, whoever wrote it."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.richtext import clean_html, paragraphs, pictures, plain_text, shown, with_alternatives

PICTURE = UUID("0f3b8c1e-5a51-4d1c-9a36-3d2f9d8f1a77")
OWN = f'<img src="/learning/media/{PICTURE}/">'


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<p>一<script>alert(1)</script></p>", "<p>一</p>"),
        ("<style>p{color:red}</style><p>一</p>", "<p>一</p>"),
        ('<p onclick="x()">一</p>', "<p>一</p>"),
        ('<p style="color:red" class="a" id="b">一</p>', "<p>一</p>"),
        ('<a href="javascript:alert(1)">一</a>', '<a rel="noopener noreferrer">一</a>'),
        ('<a href="JaVaScRiPt:alert(1)">一</a>', '<a rel="noopener noreferrer">一</a>'),
        ('<a href="data:text/html,x">一</a>', '<a rel="noopener noreferrer">一</a>'),
        (
            '<a href="https://x.example/" target="_blank">一</a>',
            '<a href="https://x.example/" rel="noopener noreferrer">一</a>',
        ),
        ('<img src="https://x.example/a.png" onerror="x()" alt="图">', '<img alt="图">'),
        ('<img src="data:image/png;base64,AA" alt="图">', '<img alt="图">'),
        ('<img src="//x.example/learning/media/" alt="图">', '<img alt="图">'),
        ('<iframe src="https://x.example"></iframe><p>一</p>', "<p>一</p>"),
        ("<h1>一</h1>", "一"),
        ("<svg><script>alert(1)</script></svg>", ""),
        ('<form action="/x"><input name="a"></form>', ""),
    ],
)
def test_only_plain_structure_is_left(dirty, clean):
    assert clean_html(dirty) == clean


def test_structure_and_own_pictures_stay():
    html = (
        "<h2>一</h2><ul><li>二</li></ul><blockquote><p>三</p></blockquote>"
        f'<figure><img src="/learning/media/{PICTURE}/" alt="党旗"><figcaption>四</figcaption></figure>'
        '<table><tbody><tr><td colspan="2">五</td></tr></tbody></table>'
    )
    assert clean_html(html) == html


def test_an_address_that_only_looks_like_our_own_goes():
    for address in (f"/learning/media/{PICTURE}/?x=1", f"https://x.example/learning/media/{PICTURE}/"):
        assert pictures(f'<img src="{address}">') == set()
        assert "src" not in clean_html(f'<img src="{address}">')


def test_pictures_say_what_they_show():
    assert pictures(f"<p>{OWN}</p>") == {PICTURE}
    assert with_alternatives(OWN, {PICTURE: '"党旗" <b>'}) == (
        f'<img src="/learning/media/{PICTURE}/" alt="&quot;党旗&quot; &lt;b&gt;">'
    )
    written = f'<img src="/learning/media/{PICTURE}/" alt="自己写的">'
    assert with_alternatives(written, {PICTURE: "党旗"}) == written


def test_a_picture_without_address_goes_altogether():
    assert with_alternatives('<p>一<img src="https://x.example/a.png" alt="图"></p>', {}) == "<p>一</p>"


def test_blocks_are_numbered_in_the_order_of_their_words():
    html = "<h2>一</h2><p>二<br>行</p><ul><li>三<ul><li>四</li></ul></li><li><p>五</p></li></ul><blockquote>六</blockquote>"
    assert paragraphs(html) == ["一", "二\n行", "三", "四", "", "五", "六"]
    assert re.findall(r'id="(p\d+)"', shown(html)) == ["p1", "p2", "p3", "p4", "p5", "p6", "p7"]
    assert '<li id="p4">四' in shown(html)
    assert plain_text(html) == "一\n二\n行\n三\n四\n五\n六"


def test_ids_of_the_writer_are_not_kept():
    assert shown('<p id="p9">一</p><p id="q">二</p>') == '<p id="p1">一</p><p id="p2">二</p>'


def test_words_are_words():
    assert plain_text("<p>1 &lt; 2 &amp; 3</p><p></p>") == "1 < 2 & 3"
    assert clean_html("<p>&lt;script&gt;</p>") == "<p>&lt;script&gt;</p>"


_PIECES = ["<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>", "<script>", "</script>", "<p onclick=x>", "<", ">", "&lt;", "字",
           '<a href="javascript:x">', "</a>", "<img src=x onerror=y>", "<!--", "-->", "<td>", "<svg>", "<style>", '"']  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=20).map("".join))
def test_whatever_is_written_is_harmless_and_numbered(html):
    result = str(shown(html))
    assert not re.search(r"<[^>]*(?:script|onclick|onerror|javascript:)", result)
    ids = [int(number) for number in re.findall(r' id="p(\d+)"', result)]
    assert ids == list(range(1, len(paragraphs(html)) + 1))
    assert clean_html(clean_html(html)) == clean_html(html)
