#!/bin/sh
# Set up .venv: "set_up.sh site" for what building the site needs, "set_up.sh all" for everything.
# A second argument names the Python to use.
set -eu
cd "$(dirname "$0")/.."
part=$1
log=.venv/set_up.log

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

if [ ! -x .venv/bin/python ] || ! supported .venv/bin/python; then
    for python in ${2:-python3 python3.13 python3.12 python3.11}; do
        if supported "$python"; then break; fi
        python=
    done
    [ -n "$python" ] || fail \
        "This book needs Python 3.11, 3.12 or 3.13; ${2:-python3} is $(${2:-python3} --version 2>&1 || true)." \
        "Install one of them, or name it: make PYTHON=/path/to/python3.12 book"
    "$python" -m venv --clear .venv || fail \
        "$python cannot make a virtual environment. On Debian or Ubuntu: apt install python3-venv"
fi

case $part in
site) what="what the site needs (under a minute)"
      wanted="--constraint requirements.txt --group site" ;;
all)  what="everything, TensorFlow too (a few hundred MB, some minutes)"
      wanted="--requirement requirements.txt --editable ." ;;
esac
echo "Setting up .venv: installing $what ..."
# pip before 25.1 does not know the groups of pyproject.toml
# shellcheck disable=SC2086  # $wanted is several words
if ! { .venv/bin/python -m pip install --upgrade "pip>=25.1" &&
       .venv/bin/python -m pip install $wanted; } >"$log" 2>&1; then
    grep -v '^WARNING' "$log" | tail -n 5 >&2
    fail "" \
        "The packages could not be installed; the whole log is $log." \
        "If the network is closed, connect, or set PIP_INDEX_URL to a package index that you reach." \
        "Then run the same command again: it goes on from here."
fi
touch .venv/site.done ".venv/$part.done"
