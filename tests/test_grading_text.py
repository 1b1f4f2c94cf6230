import pytest

from lstm_course.grading.text import one_line, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("a\x1b]0;title\x07b\x1b[2Jc\x1b[1;31md\x1b(Be", "abcde"),
        ("a\x9b\x00\x7f\u202e\u2066\ud800\uffff", "a" + "\ufffd" * 7),
        ("10%\r 50%\r100%\nwindows\r\nend", "100%\nwindows\nend"),
        ("\U0001f600 é ü 李 שלום", "\U0001f600 é ü 李 שלום"),
    ],
)
def test_text_keeps_its_words_and_loses_what_acts(text, shown):
    assert plain(text) == shown


def test_long_text_keeps_its_beginning_and_end():
    assert plain("x" * 100, 100) == "x" * 100
    assert (
        plain("b" + "x" * 1_233 + "e", 40) == "b" + "x" * 29 + "\n[... 1,195 characters left out ...]\n" + "x" * 9 + "e"
    )


def test_one_line_is_one_line():
    assert one_line(" a\n\tb  c ") == "a b c"
    assert one_line("x" * 500, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("piece", ["\x1b[", "\x1b]", "x\r", "\x1b[0", "0", "\x00"])
def test_ten_megabytes_of_anything_are_cleaned_in_linear_time(piece):
    assert len(plain("\x1b[" + piece * (10_000_000 // len(piece)))) < 4100
