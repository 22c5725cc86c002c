"""The few mailbox providers that half of the world uses: only they are ever named, because a rare domain names a person.

What is nearly their name is a question and never a refusal: somebody may well have such an address.
"""

from collections.abc import Mapping

#: By name, with the domains of each; every other domain is `other`.
PROVIDERS: Mapping[str, tuple[str, ...]] = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": ("outlook.com", "hotmail.com", "live.com", "msn.com"),
    "yahoo": ("yahoo.com", "ymail.com", "aol.com"),
    "apple": ("icloud.com", "me.com", "mac.com"),
}
OTHER = "other"
#: Domains that are asked about when they are misspelt, beside the ones above.
_OFTEN = (
    "hotmail.co.uk", "hotmail.de", "outlook.de", "yahoo.co.uk", "yahoo.de", "protonmail.com", "web.de",
    "t-online.de",
)  # fmt: skip
#: Real providers whose names are near to one of these: nobody who has such an address is asked.
_REAL = frozenset({
    "mail.com", "email.com", "fastmail.com", "gmx.com", "gmx.de", "gmx.net", "hotmail.fr", "hotmail.it",
    "yahoo.fr", "yahoo.ca",
})  # fmt: skip
_LIKE_COM = frozenset(
    ["con", "cmo", "co", "cm", "om", "comm", "vom", "xom", "ocm", "coom", "cpm", "net", "c"]
)
_LONGEST = 40  # characters of a domain that is looked at
_SHORTEST = 5  # letters of a name that is guessed at: shorter ones are near to everything
_OF = {domain: name for name, domains in PROVIDERS.items() for domain in domains}


def provider_of(address: str) -> str:
    """Who keeps the mailbox: a provider's name, or `other`."""
    return _OF.get(address.rpartition("@")[2].lower(), OTHER)


def meant(address: str) -> str | None:
    """The domain that was probably meant: `gmail.com` for `gmial.con`; None where nothing tells of a slip."""
    domain = address.rpartition("@")[2].lower().strip().rstrip(".")
    if domain in _OF or domain in _OFTEN or domain in _REAL or len(domain) > _LONGEST:
        return None
    name, _, end = domain.partition(".")
    for real in (*_OF, *_OFTEN):
        right, _, right_end = real.partition(".")
        same_end = end == right_end or (right_end == "com" and end in _LIKE_COM)
        if same_end and len(right) >= _SHORTEST and (name == right or _one_slip(name, right)):
            return real
        if name == right + right_end and not end:  # the dot is missing
            return real
    return None


def _one_slip(typed: str, right: str) -> bool:
    """Whether one letter is missing, too many, wrong, or changed places with the next."""
    if abs(len(typed) - len(right)) > 1:
        return False
    at = next(
        (i for i, (a, b) in enumerate(zip(typed, right, strict=False)) if a != b), min(len(typed), len(right))
    )
    rest, wanted = typed[at:], right[at:]
    swapped = rest[1:2] + rest[:1] == wanted[:2] and rest[2:] == wanted[2:]
    return swapped or rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]


def mailbox_of(key: str) -> str:
    """The mailbox behind an address in its normal form: what follows a plus only sorts mail, as do Google's dots."""
    local, _, domain = key.rpartition("@")
    local = local.partition("+")[0] or local
    if provider_of(key) == "google":
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
