"""How tests read a finished mail: as its reader hears it, without links, and by its headers."""

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser


class _Text(HTMLParser):
    """The words of a page as a reader hears them, and its links."""

    def __init__(self):
        super().__init__()
        self.words, self.links, self.tags, self.link_words = [], [], [], []
        self._deaf, self._linked = 0, False

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._deaf += tag in {"style", "title"}
        self.words += [" "] if tag == "br" else []
        if tag == "a":
            self.links.append(dict(attributes)["href"])
            self._linked = True

    def handle_endtag(self, tag):
        self._deaf -= tag in {"style", "title"}
        self._linked = self._linked and tag != "a"

    def handle_data(self, data):
        if not self._deaf:
            self.words.append(data)
            self.link_words += [data] if self._linked else []

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def read(html):
    page = _Text()
    page.feed(html)
    return page


def plain(text):
    """The words of the text part, without its marks and its links."""
    return " ".join(re.sub(r"https?://\S+", "", text).replace("*", "").split())


def headers(rendered):
    return message_from_bytes(rendered.content, policy=policy.default)
