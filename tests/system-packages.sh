#!/usr/bin/env bash
# Installs from Debian's packages what the tests need and the machine lacks: a browser with its driver, a spreadsheet program,
# a PostgreSQL server, the Java that Spark runs on, the program that checks signatures, and one that breaks system calls.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v soffice >/dev/null || missing+=(libreoffice-calc-nogui)
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
compgen -G '/usr/lib/jvm/java-17-*/bin/java' >/dev/null || missing+=(openjdk-17-jre-headless)
command -v minisign >/dev/null || missing+=(minisign)
command -v strace >/dev/null || missing+=(strace)
[ ${#missing[@]} -gt 0 ] || exit 0
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
