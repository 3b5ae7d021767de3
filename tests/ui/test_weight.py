"""How much the page loads."""

import gzip
import re
import urllib.request

from playwright.sync_api import expect

SCRIPTS_MAX = 110 * 1024
REQUESTS_MAX = 6


def fetch(url: str) -> bytes:
    return urllib.request.urlopen(url, timeout=10).read()


def all_scripts(server) -> dict[str, int]:
    """Every script, those loaded late too, with its compressed size."""
    found, left = {}, set(re.findall(r"[\w.-]+\.js\b", fetch(server.url + "/").decode()))
    while left:
        name = left.pop()
        script = fetch(f"{server.url}/static-files/{name}")
        found[name] = len(gzip.compress(script, 9))
        # Vite names the parts of a program by their hash.
        left |= set(re.findall(r"[\w-]+-[\w-]{8}\.js\b", script.decode())) - found.keys()
    return found


def test_all_scripts_together_are_small(server):
    sizes = all_scripts(server)
    print(f"JavaScript: {sum(sizes.values()):,} bytes compressed in {len(sizes)} files (limit {SCRIPTS_MAX:,})")
    assert 0 < sum(sizes.values()) <= SCRIPTS_MAX


def test_few_requests_lead_to_the_first_row(server, client, page, show):
    experiment = client.create_experiment("first row")
    client.create_run(experiment, run_name="the row")
    show(f"/experiments/{experiment}")
    expect(page.get_by_role("link", name="the row")).to_be_visible()
    print(f"requests to the first row: {len(page.asked)} (limit {REQUESTS_MAX})")
    assert len(page.asked) <= REQUESTS_MAX, page.asked
