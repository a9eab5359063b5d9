#!/usr/bin/env bash
# A deploy job: check the files, plan, ask the account whether the plan can run, run it. Any CI system can call this;
# deploy.yml is one for GitHub.
#
#   examples/deploy.sh ENVIRONMENT [OPTION of `snowmaker migrate`]...
#
# The connection is the one that snowmaker.toml names for the environment, in
# ~/.snowflake/connections.toml or in variables: SNOWFLAKE_CONNECTIONS_PROD_ACCOUNT, _USER, … for "prod".
# Exit codes are snowmaker's: 1 the answer is no, 2 refused, 3 Snowflake refused or it stopped midway.
set -euo pipefail

environment=${1:?usage: deploy.sh ENVIRONMENT [OPTION]...}
shift
plan=$(mktemp)
trap 'rm -f "$plan"' EXIT

snowmaker check -e "$environment"
snowmaker plan -e "$environment" -o "$plan" --validate
# What could lose data needs --allow-destructive besides, from whoever calls this.
snowmaker migrate -e "$environment" --plan "$plan" --lock-timeout 600 "$@"
snowmaker status -e "$environment"
