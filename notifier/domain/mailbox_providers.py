"""The few mailbox providers that half of the world uses: only they are ever named, because a rare domain names a person."""

from collections.abc import Mapping

#: By name, with the domains of each; every other domain is `other`.
PROVIDERS: Mapping[str, tuple[str, ...]] = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": ("outlook.com", "hotmail.com", "live.com", "msn.com"),
    "yahoo": ("yahoo.com", "ymail.com", "aol.com"),
    "apple": ("icloud.com", "me.com", "mac.com"),
}
OTHER = "other"
_OF = {domain: name for name, domains in PROVIDERS.items() for domain in domains}


def provider_of(address: str) -> str:
    """Who keeps the mailbox: a provider's name, or `other`."""
    return _OF.get(address.rpartition("@")[2].lower(), OTHER)
