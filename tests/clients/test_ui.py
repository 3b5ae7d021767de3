"""The page that the server shows, as a browser gets it."""

import re

import pytest
import requests
from harness import newest_only, runlog_only

pytestmark = [runlog_only, newest_only("it is no client's matter")]


@pytest.fixture
def page(server):
    return requests.get(server.url + "/", timeout=10)


def test_the_page_is_asked_for_again_and_its_parts_are_not(server, page):
    assert page.headers["content-type"] == "text/html; charset=utf-8" and page.headers["cache-control"] == "no-cache"
    again = requests.get(server.url + "/", headers={"If-None-Match": page.headers["etag"]}, timeout=10)
    assert (again.status_code, again.content) == (304, b"")
    parts = re.findall(r'(?:src|href)="\./(static-files/[^"]+)"', page.text)
    assert {part.rsplit(".", 1)[1] for part in parts} == {"js", "css"}, "the UI is built in"
    for part in parts:
        answer = requests.get(f"{server.url}/{part}", timeout=10)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip" and "Accept-Encoding" in answer.headers["vary"]
        plain = requests.get(f"{server.url}/{part}", headers={"Accept-Encoding": "identity"}, timeout=10)
        assert "content-encoding" not in plain.headers and plain.content == answer.content


def test_all_scripts_together_are_small(server, page):
    scripts = re.findall(r"static-files/[^\"]+\.js", page.text)
    sizes = [len(requests.get(f"{server.url}/{it}", stream=True, timeout=10).raw.read()) for it in scripts]
    print(f"{sum(sizes):,} bytes of compressed JavaScript")
    assert scripts and sum(sizes) <= 110 * 1024


def test_it_may_ask_this_server_and_nobody_else(server, page):
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "connect-src 'self'" in policy
    assert not re.search(r"https?://", re.sub(r"data:[^\"]*", "", page.text)), "nothing comes from elsewhere"


def test_what_is_not_there_is_not_found(server):
    assert requests.get(f"{server.url}/static-files/none.js", timeout=10).status_code == 404
    assert requests.get(f"{server.url}/static-files/index.html", timeout=10).status_code == 404
