// Read by Datasette's table.js. Only declared columns are offered as facets: the page links to those itself.
window.DATASETTE_ALLOW_FACET = false;
