"""The rig: a real worker, its admin's commands, readers, a relay and a registry with moods, all at once, from one seed.

    python -m tests.soak --minutes 10 --seed 7
    python -m tests.soak --minutes 10 --database postgresql     (a server of its own, two workers)
    python -m tests.soak --minutes 10 --database pgbouncer      (the same, behind a pool in transaction mode)

It stands outside of the program: `ledger` keeps what was acknowledged and what must be mailed, `relay` what arrived,
`books` reads the database by plain SQL, and `invariants` compares the three. `readers`, `commands` and `chaos` act.
"""
