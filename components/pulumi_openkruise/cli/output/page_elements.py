"""Elements of a page: text made safe, lists that are cut short, commands that one click selects."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from ...diagnostics.wording import count_rest
from .streams import escape

_CODE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"(?:kubectl|helm|pulumi|pulumi-openkruise) ")


def start_page(title: str, style: str) -> tuple[Element, Element]:
    """Return a page that forbids scripts and everything from elsewhere, and the element for its content."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    add(head, "title", title)
    SubElement(head, "style").text = style
    return html, SubElement(SubElement(html, "body"), "main")


def render_page(html: Element) -> str:
    """Return a page as HTML, with every text and attribute in it escaped."""
    return f"<!doctype html>\n{tostring(html, encoding='unicode', method='html')}\n"


def add(parent: Element, name: str, text: str = "", style: str = "", **attributes: str) -> Element:
    """Add an element with safe text; ``style`` is its class, and ``_`` in names of attributes is ``-``."""
    classes = {"class": style} if style else {}
    others = {key.rstrip("_").replace("_", "-"): escape(value) for key, value in attributes.items()}
    element = SubElement(parent, name, {**classes, **others})
    if text:
        element.text = escape(text)
    return element


def add_list(parent: Element, lines: Sequence[str], most: int) -> None:
    """Add a list of the first lines, and how many more there are."""
    more = [count_rest(lines, most)] if len(lines) > most else []
    element = SubElement(parent, "ul")
    for line in [*lines[:most], *more]:
        add_words(add(element, "li"), line)


def add_words(parent: Element, text: str) -> None:
    """Add text in which what stands between backticks is code; commands are selected by one click."""
    last: Element | None = None
    for place, part in enumerate(_CODE.split(text)):
        if place % 2:
            last = add(parent, "code", part, "command" if _COMMAND.match(part) else "")
        elif last is None:
            parent.text = (parent.text or "") + escape(part)
        else:
            last.tail = escape(part)


def add_facts(parent: Element, facts: Sequence[tuple[str, str]]) -> None:
    """Add names and values as a list of descriptions."""
    element = add(parent, "dl", style="facts")
    for name, value in facts:
        add(element, "dt", name)
        add_words(add(element, "dd"), value)
