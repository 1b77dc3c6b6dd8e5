"""Many processors, many machines: the same work in more hands, and never a second way of doing it.

    a crew      hands that take work and answer in the order they are asked (`x12retro.crew`): here, the workers of a Dask scheduler
    an archive  cut into pieces for a crew: whole files, and ranges of bytes of a large file that begin at an interchange or a set
    a relay     the workers that share one PostgreSQL ledger and deliver for all partners (Procrastinate)

Work goes out as names and places: who takes it reads the bytes itself, so paths must be the same everywhere. What comes back is taken in
the order of file and place, and equals what one process makes of it. Dask and Procrastinate are imported where they are asked for.
"""
