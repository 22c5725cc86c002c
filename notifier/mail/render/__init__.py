"""Templates and the bytes of a mail. Owns Jinja2 and the form of an RFC 5322 message; never touches the network.

Imports nothing by itself: every command checks an address with `mime`, and few make a mail.
"""
