"""How a release is shown: pages, API, downloads, SQL. Reads releases and nothing else."""
