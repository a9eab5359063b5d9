#!/usr/bin/env bash
# Carry to one environment what another has run: show it, run it, and say what is still left.
#
#   examples/promote.sh FROM TO [PLAN]
#
# PLAN is a file of `snowmaker plan -e TO -o PLAN` that somebody has reviewed: exactly that runs, or nothing. The gates
# of TO in snowmaker.toml (promote_from, min_age, verify) hold either way.
# Exit codes are snowmaker's: 2 refused, and nothing has run; 3 Snowflake refused or it stopped midway.
set -euo pipefail

usage="usage: promote.sh FROM TO [PLAN]"
from=${1:?$usage}
to=${2:?$usage}
plan=${3:-}

code=0
if [ -n "$plan" ]; then
  snowmaker migrate -e "$to" --plan "$plan" --lock-timeout 600 || code=$?
else
  snowmaker promote "$from" "$to" --dry-run
  snowmaker promote "$from" "$to" --yes --lock-timeout 600 || code=$?
fi
if [ "$code" = 3 ]; then
  snowmaker history -e "$to" --limit 5 >&2
fi

# What FROM has run and TO has not, from the one command that looks at all environments.
snowmaker status --all -e "$to" --json | python3 -c '
import json, sys
environments = json.load(sys.stdin)["environments"]
origin, target = ({one["script"]: one["state"] for one in environments[name]} for name in sys.argv[1:])
left = [name for name, state in origin.items() if state == "applied" and target.get(name) != "applied"]
print(f"{sys.argv[2]} lacks of {sys.argv[1]}:", ", ".join(left) or "nothing")
' "$from" "$to"
exit "$code"
