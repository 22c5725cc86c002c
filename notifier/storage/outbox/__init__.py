"""The mails: assemble, claim, settle. Speaks no SMTP and renders nothing.

`assembly` makes messages of what is due, `transactional` those that a person asked for on a page; `claims` hands them out under
leases and writes down what became of them.
"""
