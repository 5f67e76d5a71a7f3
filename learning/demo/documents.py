"""One-page PDF files with Chinese words, written with pypdf.

The font is named, not embedded (one of the Chinese fonts every PDF reader brings or replaces): so no font has to
be on the machine, and the words can be searched and read out.
"""

from io import BytesIO

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

WIDTH, HEIGHT, MARGIN = 595, 842, 64  # A4 in points
TITLE, BODY, LEADING = 20, 13, 26


def write(text: str) -> bytes:
    """A page with the first line of ``text`` as its title and the others below it."""
    lines = text.strip().split("\n")
    writer = PdfWriter()
    page = writer.add_blank_page(WIDTH, HEIGHT)
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(_font())})}
    )
    content = DecodedStreamObject()
    content.set_data("\n".join(_commands(lines)).encode("ascii"))
    page[NameObject("/Contents")] = writer._add_object(content)
    writer.add_metadata({"/Title": lines[0]})
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _commands(lines: list[str]):
    yield "BT"
    y = HEIGHT - MARGIN - TITLE
    for number, line in enumerate(lines):
        size = BODY if number else TITLE
        indent = MARGIN + (len(line) - len(line.lstrip())) * size / 2
        yield f"/F1 {size} Tf 1 0 0 1 {indent:.0f} {y:.0f} Tm <{line.strip().encode('utf-16-be').hex()}> Tj"
        y -= LEADING
    yield "ET"


def _font() -> DictionaryObject:
    base = NameObject("/STSong-Light")
    descriptor = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/FontDescriptor"),
            NameObject("/FontName"): base,
            NameObject("/Flags"): NumberObject(4),
            NameObject("/FontBBox"): ArrayObject([FloatObject(edge) for edge in (-25, -254, 1000, 880)]),
            NameObject("/ItalicAngle"): NumberObject(0),
            NameObject("/Ascent"): NumberObject(880),
            NameObject("/Descent"): NumberObject(-120),
            NameObject("/CapHeight"): NumberObject(880),
            NameObject("/StemV"): NumberObject(93),
        }
    )
    descendant = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/CIDFontType0"),
            NameObject("/BaseFont"): base,
            NameObject("/CIDSystemInfo"): DictionaryObject(
                {
                    NameObject("/Registry"): TextStringObject("Adobe"),
                    NameObject("/Ordering"): TextStringObject("GB1"),
                    NameObject("/Supplement"): NumberObject(2),
                }
            ),
            NameObject("/DW"): NumberObject(1000),
            # Latin letters and figures are half as wide.
            NameObject("/W"): ArrayObject([NumberObject(1), NumberObject(95), NumberObject(500)]),
            NameObject("/FontDescriptor"): descriptor,
        }
    )
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/BaseFont"): NameObject("/STSong-Light-UniGB-UCS2-H"),
            NameObject("/Encoding"): NameObject("/UniGB-UCS2-H"),
            NameObject("/DescendantFonts"): ArrayObject([descendant]),
        }
    )
