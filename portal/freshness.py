"""How long a cache may keep an answer: the texts of `Cache-Control`."""

#: Kept, but asked about at each use: a 304 as long as nothing has changed.
REVALIDATED = "public, no-cache"
#: An answer of a named release changes only when a figure is withdrawn from it: a day later at most, no cache has it.
PINNED = "public, max-age=86400"
#: Not kept at all: errors, since the next release or the next minute may know better.
NEVER = "no-store"
#: A page of the SQL console, which takes a worker's time: a new release is seen after this by those who do not ask again.
MOMENT = "public, max-age=5"
