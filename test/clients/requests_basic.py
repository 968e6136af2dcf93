"""Reads the name of an account's first asset with requests. The credentials are sent by HTTP Basic."""

import os
import sys

import requests


def main():
    url = os.environ["YIPII_URL"]
    answer = requests.post(
        f"{url}/oauth/token",
        auth=(os.environ["YIPII_CLIENT_ID"], os.environ["YIPII_CLIENT_SECRET"]),
        data={"grant_type": "client_credentials"},
        timeout=30,
    )
    answer.raise_for_status()
    assets = requests.get(
        f"{url}/api/{os.environ['YIPII_ACCOUNT_KEY']}/asset",
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        timeout=30,
    )
    assets.raise_for_status()
    print(assets.json()["data"][0]["name"])


try:
    main()
except KeyError as missing:
    sys.exit(f"requests_basic.py: {missing} is missing, from the environment or from the answer")
except IndexError:
    sys.exit("requests_basic.py: the account has no asset")
except requests.RequestException as error:
    sys.exit(f"requests_basic.py: {error}")
