#!/bin/sh
# Rebuilds the committed front-end files below static/ from this folder. Needs node 20+, npm and python3 with venv.
set -eu
cd "$(dirname "$0")"
out=..
plotly_version=4.1.1
fonttools_version=4.68.0
brotli_version=1.2.1

npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error
mkdir -p "$out/vendor" "$out/fonts"

node_modules/.bin/sass --style=compressed --no-source-map --quiet-deps --load-path=node_modules app.scss "$out/app.css"

node_modules/.bin/esbuild govuk.mjs --bundle --minify --format=esm --target=es2020 --log-level=warning \
  --legal-comments=none --outfile="$out/vendor/govuk-frontend.min.js"

cp node_modules/plotly.js-basic-dist-min/plotly-basic.min.js "$out/vendor/plotly-basic.min.js"
cp node_modules/plotly.js-basic-dist-min/LICENSE "$out/vendor/LICENSE.plotly.txt"
# Only the full package (98 MB unpacked) holds the style sheet that a strict CSP needs: take that one file out of it.
cache=node_modules/.cache/plotly.js
mkdir -p "$cache"
if [ ! -f "$cache/plotly.js-$plotly_version.tgz" ]; then
  npm pack "plotly.js@$plotly_version" --pack-destination "$cache" --loglevel=error >/dev/null
fi
tar -xzOf "$cache/plotly.js-$plotly_version.tgz" package/dist/plotly.css > "$out/vendor/plotly.css"

fonts=node_modules/.cache/fonttools-$fonttools_version
if [ ! -x "$fonts/bin/pyftsubset" ]; then
  python3 -m venv "$fonts"
  "$fonts/bin/pip" install --quiet --disable-pip-version-check "fonttools==$fonttools_version" "brotli==$brotli_version"
fi
for weight in Regular SemiBold; do
  "$fonts/bin/pyftsubset" "node_modules/inter-ui/web/Inter-$weight.woff2" --unicodes-file=font-characters.txt \
    --layout-features=kern,tnum,ccmp,locl --flavor=woff2 --no-recalc-timestamp --desubroutinize --no-hinting \
    --output-file="$out/fonts/inter-$(echo "$weight" | tr '[:upper:]' '[:lower:]').woff2"
done
cp node_modules/inter-ui/LICENSE.txt "$out/fonts/LICENSE.inter.txt"
