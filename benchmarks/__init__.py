"""How fast this program is, beside a limit or a peer that is measured in the same run. See README.md in this folder."""
