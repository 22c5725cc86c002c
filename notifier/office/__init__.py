"""What an admin asks of mails and does about them: who got what, who missed something, what was wrong.

`mailed` looks back, `again` makes up for what failed, `corrections` puts right what was wrong. Renders nothing and
sends nothing: what is to go becomes a message that waits like any other.
"""
