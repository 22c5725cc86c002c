"""What an admin asks of mails and does about them: who got what, who missed something, what was wrong.

`mailed` looks back, `plan` ahead, `reconciliation` accounts for both; `again` makes up for what failed, `corrections` and
`rollback` put right what was wrong, `canary` proves the way. Renders and sends nothing: what goes waits as any mail does.
"""
