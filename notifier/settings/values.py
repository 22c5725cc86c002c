"""How the text of a variable becomes a value. Each raises ValueError with what is wrong, to stand after the name."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import quote, urlsplit

import idna

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # of a domain's name
LONGEST = timedelta(days=3650)
SHORTEST_KEY = 16  # characters
SHORTEST_SECRET = 8  # of one that a provider made, or that somebody typed into its form
_PORTS = {"http": 80, "https": 443}
_OF_PATHS = "/%:@!$&'()*+,;=~"  # what a path may hold as it is (RFC 3986, 3.3)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(value: str) -> object:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", value)
    if match is None:
        raise ValueError("is not a length of time such as 30s, 30m, 36h or 7d")
    try:
        length = timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        length = timedelta.max
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"must be longer than nothing and at most {LONGEST.days}d")
    return length


def written_duration(length: timedelta) -> str:
    """A length of time as it is set: in the largest unit of which it has whole ones."""
    seconds = length.total_seconds()
    sizes = {unit: timedelta(**{name: 1}).total_seconds() for unit, name in _UNITS.items()}
    unit = next(unit for unit in (*reversed(sizes), "s") if unit == "s" or seconds % sizes[unit] == 0)
    return f"{seconds / sizes[unit]:.15g}{unit}"


def durations(value: str) -> object:
    return tuple(map(duration, value.split(",")))


def share(value: str) -> object:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)
    if match is None or not 0 < float(match[1]) <= 100:
        raise ValueError("is not a share such as 20%")
    return float(match[1]) / 100


def multiple(value: str) -> object:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[x×]\s*", value)  # noqa: RUF001 - people do type the real sign
    if match is None or float(match[1]) < 1:
        raise ValueError("is not a multiple such as 5x")
    return float(match[1])


def instant(value: str) -> object:
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a time in ISO 8601") from None


def words(value: str) -> tuple[str, ...]:
    return tuple(word for each in value.split(",") if (word := each.strip()))


def recipients(value: str) -> object:
    # A list that came out empty, or an entry that can never match, must not pass for "no list": that mails everybody.
    entries = words(value)
    if not entries or not all(re.fullmatch(r"[^\s@;]*@?[^\s@;]+\.[^\s@;]+", entry) for entry in entries):
        raise ValueError("is not a list of addresses and domains with commas between them")
    return entries


def web_url(value: str) -> str:
    """As headers and browsers have it: in ASCII, and without the port that its scheme has anyway."""
    if any(sign in value for sign in '?#\\<>" ') or not value.isprintable():
        raise ValueError("is not a web address")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except (ValueError, idna.IDNAError):
        raise ValueError("is not a web address") from None
    if parts.scheme not in _PORTS or not host or port == 0:
        raise ValueError("is not a web address")
    user, at, _ = parts.netloc.rpartition("@")
    place = f"{user}{at}[{host}]" if ":" in host else f"{user}{at}{host}"
    if port not in {None, _PORTS[parts.scheme]}:
        place += f":{port}"
    return f"{parts.scheme}://{place}{quote(parts.path, safe=_OF_PATHS)}".rstrip("/")


def origins(value: str) -> object:
    """Scheme, host and port of other sites, as a browser's Origin header has them."""
    entries = [web_url(entry) for entry in words(value)]
    if not entries or any(urlsplit(entry).path for entry in entries):
        raise ValueError("is not a list of origins with commas between them; an origin has no path")
    return tuple(map(str.lower, entries))


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(entry) for entry in words(value))
    except ValueError:
        raise ValueError("is not a list of addresses and networks with commas between them") from None


def domain(value: str) -> object:
    if not re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})+", value):
        raise ValueError("is not the name of a domain")
    return value


def topic(value: str) -> object:
    if not re.fullmatch(r"arn:aws[a-z-]{0,10}:sns:[a-z0-9-]{4,30}:[0-9]{12}:[\w-]{1,256}", value, re.ASCII):
        raise ValueError("is not the ARN of a topic of Amazon SNS")
    return value


def secret(value: str) -> object:
    if len(value) < SHORTEST_SECRET:
        raise ValueError(f"is shorter than {SHORTEST_SECRET} characters, too weak for what anybody may try")
    return value


def is_selector(text: str) -> bool:
    """Whether a DKIM key can have this name in the DNS."""
    return re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", text) is not None


def dkim_keys(value: str) -> object:
    pairs = [(name.strip(), path.strip()) for name, _, path in (each.partition(":") for each in words(value))]
    if not pairs or not all(is_selector(name) and path for name, path in pairs):
        raise ValueError("is not a list of selector:path with commas between them")
    if len({name.lower() for name, _ in pairs}) < len(pairs):
        raise ValueError("has one selector twice, and the DNS holds one key for each")
    return tuple((name, Path(path)) for name, path in pairs)


def header_text(value: str) -> object:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("holds a sign that no header can carry; plain ASCII is safe")
    return value


def line_of(most: int) -> Callable[[str], object]:
    """One line of text that people read, of so many characters at most."""

    def line(value: str) -> object:
        if len(value) > most or not value.isprintable():
            raise ValueError(f"is not one line of at most {most} characters")
        return value

    return line


def listen(value: str) -> object:
    host, _, port = value.strip().rpartition(":")
    if value.strip().lower() == "off":
        return None
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError("is not host:port, nor off")
    return host.strip("[]"), int(port)


def secrets(value: str) -> object:
    keys = words(value)
    if not keys:
        raise ValueError("needs one key or more, comma separated, the newest first")
    return keys


def address_keys(value: str) -> object:
    keys = words(value)
    if not keys or any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(
            f"needs one key or more, comma separated, the newest first, of {SHORTEST_KEY} characters or more"
        )
    return keys


def unless_off(value: str) -> object:
    return None if value.lower() == "off" else value


def is_loopback(host: str) -> bool:
    """Whether a mail or a page for this host stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
