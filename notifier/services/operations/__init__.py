"""What an admin asks for beyond one look at the store: `plan` looks ahead, `replay` back, `canary` proves the way to a mailbox."""
