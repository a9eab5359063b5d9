#!/usr/bin/env bash
# A deploy job: check the files, show the plan, run it. Any CI system can call this; deploy.yml is one for GitHub.
#
#   examples/deploy.sh ENVIRONMENT
#
# The connection is the one that snowmaker.toml names for the environment, in
# ~/.snowflake/connections.toml or in variables: SNOWFLAKE_CONNECTIONS_PROD_ACCOUNT, _USER, … for "prod".
set -euo pipefail

environment=${1:?usage: deploy.sh ENVIRONMENT}

snowmaker check -e "$environment"
snowmaker plan -e "$environment"
# --yes answers a protected environment. What could lose data still needs --allow-destructive, by hand.
snowmaker migrate -e "$environment" --yes --lock-timeout 600
snowmaker status -e "$environment"
