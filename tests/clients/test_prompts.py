"""Prompts, which the client keeps in the model registry: register, load, search, tag, alias, link, delete."""

import threading

import mlflow
import pytest
from harness import newest_only
from mlflow.exceptions import MlflowException

pytestmark = newest_only("the client keeps prompts in the registry")

CHAT = [{"role": "system", "content": "You are {{ mood }}."}, {"role": "user", "content": "{{ question }}"}]


def load(name, *args, **kwargs):
    """Loads past the client's cache."""
    return mlflow.genai.load_prompt(name, *args, cache_ttl_seconds=0, **kwargs)


def own_tags(tags):
    """Tags without those that the client keeps for itself."""
    return {key: value for key, value in tags.items() if not key.startswith(("_mlflow", "mlflow."))}


def finish_links():
    """Waits for the client's threads that link prompts to experiments and models."""
    for thread in threading.enumerate():
        if thread.name.startswith("link_prompt"):
            thread.join()


@pytest.fixture
def prompt(experiment, unique):
    """A prompt with two versions."""
    mlflow.genai.register_prompt(unique, "Hello, {{ name }}!", commit_message="first", tags={"team": "a"})
    mlflow.genai.register_prompt(unique, "Good day, {{ name }}!", commit_message="second", tags={"team": "b"})
    finish_links()
    return unique


# Register and load.


def test_register_makes_versions_that_can_be_loaded(prompt):
    first, second = load(prompt, version=1), load(prompt, version="2")
    assert (first.name, first.version, first.template) == (prompt, 1, "Hello, {{ name }}!")
    assert (second.version, second.commit_message) == (2, "second")
    assert first.commit_message == "first"
    assert first.variables == {"name"}
    assert first.format(name="Ada") == "Hello, Ada!"
    assert first.is_text_prompt
    assert first.uri == f"prompts:/{prompt}/1"
    assert own_tags(first.tags) == {"team": "a"}
    assert own_tags(second.tags) == {"team": "b"}
    assert first.creation_timestamp <= second.creation_timestamp


def test_register_answers_with_the_version(experiment, unique):
    made = mlflow.genai.register_prompt(unique, "größe {{ n }} 🙂", tags={"a": "1"})
    assert (made.name, made.version, made.template) == (unique, 1, "größe {{ n }} 🙂")
    assert own_tags(made.tags) == {"a": "1"}
    assert made.aliases == []
    assert made.last_updated_timestamp >= made.creation_timestamp > 0


def test_chat_prompts_are_messages(experiment, unique):
    mlflow.genai.register_prompt(unique, CHAT)
    back = load(unique, version=1)
    assert not back.is_text_prompt
    assert back.template == CHAT
    assert back.variables == {"mood", "question"}
    assert back.format(mood="kind", question="Why?")[0]["content"] == "You are kind."


def test_response_format_and_model_config(experiment, unique):
    answer = {"type": "object", "properties": {"answer": {"type": "string"}}}
    config = {"model_name": "m", "temperature": 0.5, "max_tokens": 10, "odd": {"deep": [1, None]}}
    mlflow.genai.register_prompt(unique, "{{ q }}", response_format=answer, model_config=config)
    back = load(unique, version=1)
    assert back.response_format == answer
    assert back.model_config == config
    mlflow.genai.set_prompt_model_config(unique, 1, {"model_name": "other"})
    assert load(unique, version=1).model_config == {"model_name": "other"}
    mlflow.genai.delete_prompt_model_config(unique, 1)
    assert load(unique, version=1).model_config is None


def test_without_a_version_the_latest_is_loaded(prompt):
    assert load(prompt).version == 2
    assert load(f"prompts:/{prompt}@latest").version == 2


def test_uris(prompt):
    mlflow.genai.set_prompt_alias(prompt, "production", 1)
    assert load(f"prompts:/{prompt}/1").version == 1
    assert load(f"prompts:/{prompt}@production").version == 1
    with pytest.raises(MlflowException, match="should not be specified"):
        load(f"prompts:/{prompt}/1", version=1)
    with pytest.raises(MlflowException):
        load(f"prompts:/{prompt}/production")


def test_long_texts(experiment, unique):
    mlflow.genai.register_prompt(unique, "x" * 100_000)
    assert len(load(unique, version=1).template) == 100_000
    with pytest.raises(MlflowException, match="exceeds max length of 100000"):
        mlflow.genai.register_prompt(unique, "x" * 100_001)
    with pytest.raises(MlflowException, match="exceeds max length"):
        mlflow.genai.register_prompt(unique + "-new", "x" * 100_001)
    assert mlflow.MlflowClient().get_prompt(unique + "-new") is None, "a prompt without a version is taken back"


def test_what_is_missing(prompt):
    for missing in (f"prompts:/{prompt}/9", f"prompts:/{prompt}@nobody", "prompts:/nothing-there/1"):
        assert load(missing, allow_missing=True) is None
        with pytest.raises(MlflowException):
            load(missing)
    with pytest.raises(MlflowException) as e:
        load(prompt, version=9)
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert e.value.message.endswith(f"Prompt (name={prompt}, version=9) not found")
    with pytest.raises(MlflowException) as e:
        load(f"prompts:/{prompt}@nobody")
    assert e.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException) as e:
        load("nothing-there", version=1)
    assert e.value.message.endswith("Prompt with name=nothing-there not found")


def test_names(experiment, client, unique):
    for bad in ("", "a b", "a/b", "a:b", "größe", None):
        with pytest.raises(MlflowException):
            mlflow.genai.register_prompt(bad, "x")
    assert mlflow.genai.register_prompt(f"{unique}.a_b-C", "x").version == 1


def test_a_name_is_a_models_or_a_prompts(prompt, client, unique):
    model = f"{unique}-model"
    client.create_registered_model(model)
    with pytest.raises(MlflowException, match="exists with the same name"):
        mlflow.genai.register_prompt(model, "x")
    with pytest.raises(MlflowException, match="already taken by a") as e:
        client.create_prompt(model)
    assert e.value.error_code == "RESOURCE_ALREADY_EXISTS"
    with pytest.raises(MlflowException, match="already taken by a prompt"):
        client.create_registered_model(prompt)
    with pytest.raises(MlflowException, match="is registered as a model, not a prompt"):
        load(model, version=1)


# Aliases and tags.


def test_aliases(prompt, client):
    mlflow.genai.set_prompt_alias(prompt, "production", 1)
    mlflow.genai.set_prompt_alias(prompt, "staging", 2)
    assert load(prompt, version=1).aliases == ["production"]
    mlflow.genai.set_prompt_alias(prompt, "production", 2)
    assert load(f"prompts:/{prompt}@production").version == 2
    assert client.get_prompt_version_by_alias(prompt, "staging").version == 2
    mlflow.genai.delete_prompt_alias(prompt, "production")
    mlflow.genai.delete_prompt_alias(prompt, "production")
    assert load(f"prompts:/{prompt}@production", allow_missing=True) is None
    with pytest.raises(MlflowException, match="does not exist"):
        mlflow.genai.set_prompt_alias(prompt, "ghost", 9)
    for reserved in ("latest", "v1"):
        with pytest.raises(MlflowException, match="reserved"):
            mlflow.genai.set_prompt_alias(prompt, reserved, 1)


def test_tags_of_a_prompt(prompt):
    assert own_tags(mlflow.genai.get_prompt_tags(prompt)) == {"team": "b"}, "the last version's tags win"
    mlflow.genai.set_prompt_tag(prompt, "owner", "me")
    mlflow.genai.set_prompt_tag(prompt, "owner", "you ✓")
    mlflow.genai.delete_prompt_tag(prompt, "team")
    mlflow.genai.delete_prompt_tag(prompt, "team")
    assert own_tags(mlflow.genai.get_prompt_tags(prompt)) == {"owner": "you ✓"}
    with pytest.raises(MlflowException) as e:
        mlflow.genai.set_prompt_tag("nothing-there", "a", "b")
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_tags_of_a_version(prompt):
    mlflow.genai.set_prompt_version_tag(prompt, 1, "reviewed", "yes")
    mlflow.genai.set_prompt_version_tag(prompt, "1", "gone", "x")
    mlflow.genai.delete_prompt_version_tag(prompt, 1, "gone")
    assert own_tags(load(prompt, version=1).tags) == {"team": "a", "reviewed": "yes"}
    assert own_tags(load(prompt, version=2).tags) == {"team": "b"}
    with pytest.raises(MlflowException) as e:
        mlflow.genai.set_prompt_version_tag(prompt, 9, "a", "b")
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"


# Search.


def test_search_finds_prompts_and_no_models(prompt, client, unique):
    client.create_registered_model(f"{unique}-model")
    mlflow.genai.register_prompt(f"{unique}-second", "x", tags={"team": "b", "kind": "chat"})
    mine = f"name LIKE '{unique}%'"

    def names(filter_string, **kwargs):
        return [it.name for it in mlflow.genai.search_prompts(filter_string, **kwargs)]

    assert names(mine) == [unique, f"{unique}-second"]
    assert names(f"{mine} AND tags.kind = 'chat'") == [f"{unique}-second"]
    assert names(f"name = '{unique}'") == [unique]
    assert names(f"name = '{unique}-model'") == []
    assert [it.name for it in client.search_registered_models(mine)] == [f"{unique}-model"]
    newest_first = client.search_prompts(mine, order_by=["name DESC"])
    assert [it.name for it in newest_first] == [f"{unique}-second", unique]
    (found,) = mlflow.genai.search_prompts(f"name = '{unique}'")
    assert found.description == "first", "the first commit's message describes the prompt"
    assert own_tags(found.tags) == {"team": "b"}
    assert found.creation_timestamp > 0


def test_search_goes_page_by_page(experiment, client, unique):
    for number in range(5):
        client.create_prompt(f"{unique}-{number}")
    found, token = [], None
    while True:
        page = client.search_prompts(f"name LIKE '{unique}%'", max_results=2, page_token=token)
        found += [it.name[-1] for it in page]
        token = page.token
        if not token:
            break
    assert found == list("01234")
    with pytest.raises(MlflowException) as e:
        client.search_prompts("colour = 'red'")
    assert e.value.error_code == "INVALID_PARAMETER_VALUE"


def test_prompts_of_an_experiment(prompt, client, experiment):
    found = client.search_prompts(f"experiment_id = '{experiment.experiment_id}'")
    assert [it.name for it in found] == [prompt]
    assert client.search_prompts("experiment_id = '987654'") == []


def test_versions_of_a_prompt(prompt, client):
    for number in range(3, 6):
        client.create_prompt_version(prompt, f"text {number}", description=f"commit {number}", tags={"n": str(number)})
    versions = client.search_prompt_versions(prompt)
    assert [it.version for it in versions] == [5, 4, 3, 2, 1]
    assert [it.template for it in versions][:2] == ["text 5", "text 4"]
    page = client.search_prompt_versions(prompt, max_results=2)
    rest = client.search_prompt_versions(prompt, max_results=5, page_token=page.token)
    assert [it.version for it in page + rest] == [5, 4, 3, 2, 1]
    client.create_registered_model(f"{prompt}-model")
    with pytest.raises(MlflowException, match="registered as a model"):
        client.search_prompt_versions(f"{prompt}-model")


# The client's plain calls.


def test_create_a_prompt_and_its_versions_apart(client, unique):
    made = client.create_prompt(unique, description="greets", tags={"a": "1"})
    assert (made.name, made.description, made.tags) == (unique, "greets", {"a": "1"})
    assert client.search_prompt_versions(unique) == []
    assert load(unique, allow_missing=True) is None
    version = client.create_prompt_version(unique, CHAT, description="first", tags={"b": "2"})
    assert (version.version, version.template, version.commit_message) == (1, CHAT, "first")
    assert client.get_prompt(unique).description == "greets"
    assert client.get_prompt_version(unique, 1).template == CHAT
    with pytest.raises(MlflowException) as e:
        client.create_prompt(unique)
    assert e.value.error_code == "RESOURCE_ALREADY_EXISTS"
    assert e.value.message.endswith(f"Prompt (name={unique}) already exists.")
    with pytest.raises(MlflowException) as e:
        client.create_prompt_version("nothing-there", "x")
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert client.get_prompt("nothing-there") is None


def test_calls_for_models_refuse_prompts(prompt, client):
    for call in (
        lambda: client.get_registered_model(prompt),
        lambda: client.delete_registered_model(prompt),
        lambda: client.set_registered_model_alias(prompt, "a", "1"),
    ):
        with pytest.raises(MlflowException, match="(?i)not found|prompt"):
            call()
    assert load(prompt, version=1).version == 1


def test_a_prompt_is_no_source_of_a_model_version(prompt, client, unique):
    client.create_registered_model(f"{unique}-model")
    with pytest.raises(MlflowException) as e:
        client.create_model_version(f"{unique}-model", f"models:/{prompt}/1")
    assert e.value.error_code == "INVALID_PARAMETER_VALUE"


# Delete.


def test_delete_a_version(prompt, client):
    mlflow.genai.set_prompt_alias(prompt, "old", 1)
    client.delete_prompt_version(prompt, "1")
    assert load(prompt, version=1, allow_missing=True) is None
    assert load(f"prompts:/{prompt}@old", allow_missing=True) is None
    assert load(prompt).version == 2
    assert mlflow.genai.register_prompt(prompt, "third").version == 3
    with pytest.raises(MlflowException) as e:
        client.delete_prompt_version(prompt, "1")
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_delete_a_prompt(prompt, client):
    client.delete_prompt(prompt)
    assert client.get_prompt(prompt) is None
    assert mlflow.genai.search_prompts(f"name = '{prompt}'") == []
    assert load(prompt, version=2, allow_missing=True) is None
    with pytest.raises(MlflowException) as e:
        client.delete_prompt(prompt)
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert mlflow.genai.register_prompt(prompt, "again").version == 1


# Runs and logged models that use a prompt.


def test_a_prompt_loaded_in_a_run_is_linked_to_it(prompt, client):
    with mlflow.start_run() as run:
        load(prompt, version=1)
        load(f"prompts:/{prompt}/2")
        load(prompt, version=1)
    linked = client.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"]
    assert linked == f'[{{"name": "{prompt}", "version": "1"}}, {{"name": "{prompt}", "version": "2"}}]'


def test_link_to_a_run_by_hand(prompt, client, run):
    client.link_prompt_version_to_run(run.info.run_id, f"prompts:/{prompt}/2")
    assert f'"name": "{prompt}"' in client.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"]
    with pytest.raises(MlflowException) as e:
        client.link_prompt_version_to_run("0" * 32, f"prompts:/{prompt}/2")
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert client.list_logged_prompts(run.info.run_id) == [], "which reads a tag that nothing sets any more"


def test_link_to_a_logged_model(prompt, client, experiment):
    model = client.create_logged_model(experiment.experiment_id, name="m")
    client.link_prompt_version_to_model(prompt, "1", model.model_id)
    load(prompt, version=2, model_id=model.model_id)
    finish_links()
    linked = client.get_logged_model(model.model_id).tags["mlflow.linkedPrompts"]
    assert linked.count(prompt) == 2
    with pytest.raises(MlflowException) as e:
        client.link_prompt_version_to_model(prompt, "1", "m-" + "0" * 32)
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_many_threads_register_versions_of_one_prompt(experiment, unique):
    mlflow.genai.register_prompt(unique, "0")
    made = []
    threads = [
        threading.Thread(target=lambda n=n: made.append(mlflow.genai.register_prompt(unique, str(n)).version))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finish_links()
    assert sorted(made) == [2, 3, 4, 5]
