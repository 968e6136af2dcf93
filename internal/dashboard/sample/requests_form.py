"""Reads the name of an account's first asset with requests. The credentials are form fields."""

import os
import sys

import requests


def main():
    url = os.environ["YIPII_URL"]
    answer = requests.post(
        f"{url}/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": os.environ["YIPII_CLIENT_ID"],
            "client_secret": os.environ["YIPII_CLIENT_SECRET"],
        },
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
    sys.exit(f"requests_form.py: {missing} is missing, from the environment or from the answer")
except IndexError:
    sys.exit("requests_form.py: the account has no asset")
except requests.RequestException as error:
    sys.exit(f"requests_form.py: {error}")
