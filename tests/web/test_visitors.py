"""Whom a limit is about: the visitor, and not the proxy; and no proxy that we do not know is believed."""

from ipaddress import ip_address, ip_network

import pytest
from starlette.requests import Request

from notifier.web.incoming import address_of

PROXY = (ip_network("10.0.0.0/8"),)


def a_request(peer, *hops):
    headers = [(b"x-forwarded-for", ", ".join(hops).encode())] if hops else []
    return Request({"type": "http", "client": (peer, 1234), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "hops", "visitor"),
    [
        ("192.0.2.7", (), "192.0.2.7"),
        ("192.0.2.7", ("198.51.100.1",), "192.0.2.7"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("198.51.100.1", "10.0.0.2"), "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.1"), "198.51.100.1"),
        ("10.0.0.1", ("nonsense",), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1:4711",), "198.51.100.1"),
        ("10.0.0.1", ('"198.51.100.1"',), "198.51.100.1"),
        ("10.0.0.1", ('"198.51.100.1:4711"',), "198.51.100.1"),
        ("10.0.0.1", ("[2001:db8::7]",), "2001:db8::7"),
        ("10.0.0.1", ("[2001:db8::7]:4711",), "2001:db8::7"),
        ("10.0.0.1", ('"[2001:db8::7]:4711"',), "2001:db8::7"),
        ("10.0.0.1", ("fe80::1%eth0",), "fe80::1"),
        ("10.0.0.1", ("198.51.100.1", "", " "), "198.51.100.1"),
        ("10.0.0.1", ("", "198.51.100.1", "10.0.0.2:80", ""), "198.51.100.1"),
        ("10.0.0.1", ("", ""), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1", "unknown"), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1:port",), "10.0.0.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("::ffff:192.0.2.7", (), "192.0.2.7"),
    ],
)
def test_the_visitor_is_the_last_hop_that_is_no_proxy_of_ours(peer, hops, visitor):
    assert address_of(a_request(peer, *hops), PROXY) == ip_address(visitor)


def test_a_line_that_a_visitor_sent_does_not_hide_the_one_that_our_proxy_added():
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-for", b"198.51.100.1")]
    request = Request({"type": "http", "client": ("10.0.0.1", 1234), "headers": headers})
    assert address_of(request, PROXY) == ip_address("198.51.100.1")


def test_a_visitor_without_an_address_is_nobody():
    assert address_of(Request({"type": "http", "client": None, "headers": []}), PROXY) is None
