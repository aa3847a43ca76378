"""Where the script of `tcli serve` goes in a page, and what is left alone."""

import pytest

from tornado_cli.serve.live_reload.beginnings import is_fragment, place_in


@pytest.mark.parametrize(
    "page",
    [
        "<!doctype html><html><head>|<title>x</title></head><body></body></html>",
        "\ufeff<!DOCTYPE html>\n<HTML lang='en'>\n<HEAD prefix=\"a>b\">|<meta charset=utf-8>",
        "  <!-- made > by hand --> <!doctype html><html><!-- c --><head\n>|",
        "<!--[if IE]><html class='ie'><head><![endif]--><html><head>|<title>",
        "<?xml version='1.0'?><!doctype html><html><head>|",
        "<html>|<title>no head</title>",
        "<html>\n<body class='x'>|hello".replace("\n<body class='x'>|", "|\n<body class='x'>"),
        "<!doctype html>|<title>neither</title><p>hello",
        "<!doctype html><body>|hello",
        "<body onload='f()'>|hello",
        "<head>|<title>x</title></head>",
        "<html><head prefix='a>b'>|<title>x</title></head>",
        "<html>|<title>no head</title><p>but <head>",
        "<html>|<header>no head</header>",
    ],
)
def test_a_page_is_known_by_its_beginning(page: str) -> None:
    before, _, after = page.partition("|")
    assert place_in((before + after).encode()) == len(before.encode())


@pytest.mark.parametrize(
    "text",
    [
        "<li>one</li>",
        "hello",
        "<header>x</header>",
        "<p>about &lt;html&gt; and <head>",
        "<!-- <html> --><div>",
        "<x" * 9000,
    ],
)
def test_a_fragment_is_left_alone(text: str) -> None:
    assert place_in(text.encode()) is None
    assert is_fragment(text.encode())


@pytest.mark.parametrize("text", ["", "\n ", "<", "<!doc", "<html", "<html lang='e", "<!-- not yet"])
def test_what_has_not_begun_may_still_be_a_page(text: str) -> None:
    assert place_in(text.encode()) is None
    assert not is_fragment(text.encode())


@pytest.mark.parametrize(
    "text", ["<html>" + "<!-- -->" * 20000, "<!doctype html>" + " " * 100_000, "<html " + "a='" * 50_000]
)
def test_no_beginning_takes_long(text: str) -> None:
    place_in(text.encode())
    is_fragment(text.encode())
