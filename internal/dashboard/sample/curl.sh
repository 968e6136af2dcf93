#!/usr/bin/env bash
# Reads the name of an account's first asset with curl. The credentials are form fields.
set -euo pipefail

: "${YIPII_URL:?is not set}" "${YIPII_CLIENT_ID:?is not set}" "${YIPII_CLIENT_SECRET:?is not set}" "${YIPII_ACCOUNT_KEY:?is not set}"

answer=$(curl --silent --show-error --fail --max-time 30 "$YIPII_URL/oauth/token" \
  --data-urlencode "grant_type=client_credentials" \
  --data-urlencode "client_id=$YIPII_CLIENT_ID" \
  --data-urlencode "client_secret=$YIPII_CLIENT_SECRET")
token=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])' <<<"$answer")

answer=$(curl --silent --show-error --fail --max-time 30 "$YIPII_URL/api/$YIPII_ACCOUNT_KEY/asset" \
  --header "Authorization: Bearer $token" \
  --header "Accept: application/json")
python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["name"])' <<<"$answer"
