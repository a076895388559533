"""What does the guide say? The pages of docs/guide, as Help shows them.

They come with the program and are read once per process. HTML in them is shown as the text it is; a link
leads to another page or to a heading of one, a picture is one of docs/screens.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(settings.BASE_DIR) / "docs" / "guide"
PICTURES = Path(settings.BASE_DIR) / "docs" / "screens"
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
OTHER_PAGE = re.compile(r"(?:\d+-)?([a-z-]+)\.md(#[a-z0-9-]+)?")
PICTURE = re.compile(r"\.\./screens/([a-z0-9-]+)\.png")
MOST_HITS = 30


@dataclass(frozen=True)
class Section:
    anchor: str
    title: str
    text: str
    """As it is written, for searching."""


@dataclass(frozen=True)
class GuidePage:
    slug: str
    title: str
    lead: str
    html: SafeString
    sections: tuple[Section, ...]
    """By its headings; the first is what stands before them."""
    pictures: frozenset[str]

    @property
    def url(self) -> str:
        return reverse("builder:help_page", args=[self.slug])

    @property
    def headings(self) -> tuple[Section, ...]:
        return self.sections[1:]


@dataclass(frozen=True)
class Hit:
    page: str
    title: str
    url: str
    excerpt: str


@cache
def pages() -> Mapping[str, GuidePage]:
    """By slug, in the order of the files' numbers."""
    read = [_read(path) for path in sorted(FOLDER.glob("[0-9]*.md"))]
    return {page.slug: page for page in read}


@cache
def pictures() -> frozenset[str]:
    """The names of those that a page shows."""
    return frozenset().union(*(page.pictures for page in pages().values()))


def search(query: str) -> list[Hit]:
    """Sections with every word: first those that have it in their heading, then in their text."""
    words = query.casefold().split()
    found = [
        (missed, _hit(page, section))
        for page in pages().values()
        for section in page.sections
        if words and (missed := _missed(words, page, section)) is not None
    ]
    return [hit for _, hit in sorted(found, key=lambda one: one[0])[:MOST_HITS]]


def _missed(words: Sequence[str], page: GuidePage, section: Section) -> int | None:
    """How many words the heading lacks; None: the section does not have them all."""
    title, text = (section.title or page.title).casefold(), section.text.casefold()
    if not all(word in title or word in text for word in words):
        return None
    return sum(word not in title for word in words)


def _hit(page: GuidePage, section: Section) -> Hit:
    url = f"{page.url}#{section.anchor}" if section.anchor else page.url
    return Hit(page.title, section.title or page.title, url, _excerpt(section.text))


def _excerpt(text: str) -> str:
    plain = _plain(text)
    return plain if len(plain) <= 160 else plain[:159].rsplit(" ", 1)[0] + "…"


def _plain(text: str) -> str:
    return re.sub(r"!?\[([^\]]*)\]\([^)]*\)|[*`]", r"\1", text).strip()


def _read(path: Path) -> GuidePage:
    """A page begins with its title and a paragraph that says what it is about."""
    tokens = MARKDOWN.parse(path.read_text())
    title, lead, body = tokens[1].content, tokens[4].content, tokens[6:]
    for token in body:
        for child in token.children or ():
            _lead_inside(child)
    sections = [Section("", "", lead), *_sections(body)]
    html = MARKDOWN.renderer.render(body, MARKDOWN.options, {})
    return GuidePage(
        slug=path.stem.partition("-")[2],
        title=title,
        lead=_plain(lead),
        html=mark_safe(html),  # noqa: S308 - our own files, and Markdown that lets no HTML through
        sections=tuple(sections),
        pictures=frozenset(PICTURE.findall(path.read_text())),
    )


def _sections(body: Sequence[Token]) -> Iterator[Section]:
    """Gives each heading its anchor on the way."""
    begins = [index for index, token in enumerate(body) if token.type == "heading_open"]
    for begin, end in zip(begins, [*begins[1:], len(body)], strict=True):
        title = body[begin + 1].content
        anchor = slugify(title)
        body[begin].attrSet("id", anchor)
        text = " ".join(token.content for token in body[begin + 3 : end] if token.type == "inline")
        yield Section(anchor, title, text)


def _lead_inside(token: Token) -> None:
    """Addresses as files have them become addresses of the product."""
    if token.type == "image" and (found := PICTURE.fullmatch(str(token.attrGet("src")))):
        token.attrSet("src", reverse("builder:help_picture", args=[found[1]]))
        token.attrSet("loading", "lazy")
    if token.type == "link_open" and (found := OTHER_PAGE.fullmatch(str(token.attrGet("href")))):
        token.attrSet("href", reverse("builder:help_page", args=[found[1]]) + (found[2] or ""))
