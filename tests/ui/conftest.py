"""Fixtures: the browser, a server a test file that the client fills, and a page on it that notes what went wrong."""

import os
import shutil

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
import pytest
from browser import chromium
from harness import Server
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        # Without a sandbox of its own: tests may run as root, where Chromium refuses to have one.
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server")).start()
    mlflow.set_tracking_uri(server.url)
    yield server
    server.stop()
    shutil.rmtree(server.dir)


@pytest.fixture
def client(server):
    return mlflow.MlflowClient(server.url)


@pytest.fixture
def page(browser, server):
    """A page in a fresh profile; the addresses it asked for are in `page.asked`, its failures fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=server.url, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.asked, failures = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert not failures, f"the page failed: {failures}"
    foreign = [it for it in page.asked if not it.startswith((server.url + "/", "data:", "blob:"))]
    assert not foreign, f"other hosts were asked: {foreign}"


@pytest.fixture
def show(page, server):
    """Opens a page by its route, as a browser that was never here."""
    return lambda route: page.goto(f"{server.url}/#{route}", wait_until="commit")
