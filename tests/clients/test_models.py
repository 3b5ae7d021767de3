"""The model registry: models, versions, stages, aliases, tags, descriptions, search, rename, delete."""

import mlflow
import pytest
from flavours import forest, linear, log_sklearn
from mlflow.exceptions import MlflowException


@pytest.fixture
def model(unique, run, client):
    """A registered model with three versions, all in stage None."""
    client.create_registered_model(unique)
    for _ in range(3):
        client.create_model_version(unique, f"{run.info.artifact_uri}/model", run.info.run_id)
    return unique


def stages(client, name):
    return {v.version: v.current_stage for v in client.search_model_versions(f"name='{name}'")}


def test_log_model_registers_and_the_version_rises(experiment, client):
    for expected, make in ((1, linear), (2, forest), (3, linear)):
        with mlflow.start_run() as run:
            log_sklearn(make(), registered_model_name="CarSeat")
        version = client.get_model_version("CarSeat", str(expected))
        assert version.run_id == run.info.run_id
        assert version.current_stage == "None"
        assert version.status == "READY"
    assert [v.version for v in client.get_latest_versions("CarSeat")] == ["3"]


def test_register_model_from_a_run(experiment, client, unique):
    with mlflow.start_run() as run:
        log_sklearn(linear())
    first = mlflow.register_model(f"runs:/{run.info.run_id}/model", unique)
    second = mlflow.register_model(f"runs:/{run.info.run_id}/model", unique, tags={"by": "hand"})
    assert (int(first.version), int(second.version)) == (1, 2)
    back = client.get_model_version(unique, "2")
    assert back.run_id == run.info.run_id
    assert back.tags == {"by": "hand"}
    uri = client.get_model_version_download_uri(unique, "2")
    assert mlflow.artifacts.load_text(uri.rstrip("/") + "/MLmodel")


@pytest.mark.parametrize("source", ["/etc", "file:///etc", "{artifacts}/../../../etc", "mlflow-artifacts:/0/other/m"])
def test_a_source_outside_the_run_is_refused(client, unique, run, source):
    client.create_registered_model(unique)
    with pytest.raises(MlflowException) as e:
        client.create_model_version(unique, source.format(artifacts=run.info.artifact_uri), run.info.run_id)
    assert e.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.search_model_versions(f"name='{unique}'") == []


def test_create_get_and_describe_a_model(client, unique):
    made = client.create_registered_model(unique, tags={"team": "front"}, description="first")
    assert made.creation_timestamp > 0
    client.update_registered_model(unique, description="second ✓")
    client.set_registered_model_tag(unique, "team", "rear")
    client.set_registered_model_tag(unique, "gone", "x")
    client.delete_registered_model_tag(unique, "gone")
    back = client.get_registered_model(unique)
    assert back.description == "second ✓"
    assert back.tags == {"team": "rear"}
    assert back.latest_versions == []
    assert back.last_updated_timestamp >= back.creation_timestamp
    with pytest.raises(MlflowException) as e:
        client.create_registered_model(unique)
    assert e.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_describe_and_tag_a_version(client, model):
    client.update_model_version(model, "2", description="the good one")
    client.set_model_version_tag(model, "2", "checked", "no")
    client.set_model_version_tag(model, "2", "checked", "yes")
    client.set_model_version_tag(model, "2", "gone", "x")
    client.delete_model_version_tag(model, "2", "gone")
    back = client.get_model_version(model, "2")
    assert back.description == "the good one"
    assert back.tags == {"checked": "yes"}
    assert client.get_model_version(model, "1").tags == {}


def test_a_version_goes_through_all_stages_and_back(client, model):
    for stage in ("Staging", "Production", "Archived", "None", "Production", "Staging", "None"):
        moved = client.transition_model_version_stage(model, "2", stage)
        assert moved.current_stage == stage
        assert stages(client, model) == {"1": "None", "2": stage, "3": "None"}
    assert moved.last_updated_timestamp >= moved.creation_timestamp


def test_stages_in_any_case_and_no_others(client, model):
    assert client.transition_model_version_stage(model, "1", "pRoDuCtIoN").current_stage == "Production"
    with pytest.raises(MlflowException) as e:
        client.transition_model_version_stage(model, "1", "Retired")
    assert e.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_model_version(model, "1").current_stage == "Production"


def test_archive_existing_versions_moves_the_others(client, model):
    client.transition_model_version_stage(model, "1", "Production")
    client.transition_model_version_stage(model, "2", "Production")
    assert stages(client, model) == {"1": "Production", "2": "Production", "3": "None"}
    client.transition_model_version_stage(model, "3", "Production", archive_existing_versions=True)
    assert stages(client, model) == {"1": "Archived", "2": "Archived", "3": "Production"}
    with pytest.raises(MlflowException):
        client.transition_model_version_stage(model, "3", "Archived", archive_existing_versions=True)


def test_latest_versions_are_one_a_stage(client, model):
    client.transition_model_version_stage(model, "1", "Production")
    client.transition_model_version_stage(model, "2", "Production")

    def latest(*asked):
        found = client.get_latest_versions(model, list(asked) or None)
        return {v.current_stage: str(v.version) for v in found}

    assert latest() == {"Production": "2", "None": "3"}
    assert latest("Production") == {"Production": "2"}
    assert latest("production", "Staging") == {"Production": "2"}
    assert latest("Archived") == {}


def test_aliases(client, model):
    client.set_registered_model_alias(model, "best", "1")
    client.set_registered_model_alias(model, "second", "1")
    assert sorted(client.get_model_version(model, "1").aliases) == ["best", "second"]
    client.set_registered_model_alias(model, "best", "3")
    assert client.get_model_version_by_alias(model, "best").version == "3"
    assert client.get_model_version(model, "1").aliases == ["second"]
    assert client.get_registered_model(model).aliases == {"best": "3", "second": "1"}
    client.delete_registered_model_alias(model, "best")
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias(model, "best")
    assert client.get_registered_model(model).aliases == {"second": "1"}


@pytest.mark.parametrize("alias", ["latest", "v7", "bad alias"])
def test_aliases_that_cannot_be(client, model, alias):
    with pytest.raises(MlflowException) as e:
        client.set_registered_model_alias(model, alias, "1")
    assert e.value.error_code == "INVALID_PARAMETER_VALUE"


def test_search_model_versions(client, model, run):
    client.set_model_version_tag(model, "2", "size", "large")

    def found(filter_string, **kwargs):
        return [v.version for v in client.search_model_versions(filter_string, **kwargs)]

    assert sorted(found(f"name='{model}'")) == ["1", "2", "3"]
    assert found(f"name='{model}'", order_by=["version_number ASC"]) == ["1", "2", "3"]
    assert found(f"name='{model}' AND tags.size = 'large'") == ["2"]
    assert sorted(found(f"run_id='{run.info.run_id}'")) == ["1", "2", "3"]
    assert found(f"name='{model}' AND version_number = 3") == ["3"]
    assert found(f"name LIKE '{model[:-3]}%' AND version_number >= 2", order_by=["version_number DESC"]) == ["3", "2"]
    assert found("name='nobody'") == []
    first = client.search_model_versions(f"name='{model}'", max_results=2, order_by=["version_number ASC"])
    rest = client.search_model_versions(
        f"name='{model}'", max_results=2, order_by=["version_number ASC"], page_token=first.token
    )
    assert [v.version for v in [*first, *rest]] == ["1", "2", "3"] and not rest.token


def test_search_registered_models(client, unique):
    for n in "abcde":
        client.create_registered_model(f"{unique}-{n}", tags={"of": unique, "vowel": str(n in "ae")})

    def found(filter_string, **kwargs):
        return "".join(m.name[-1] for m in client.search_registered_models(filter_string, **kwargs))

    assert found(f"name LIKE '{unique}%'") == "abcde"
    assert found(f"name ILIKE '{unique.upper()}%'", order_by=["name DESC"]) == "edcba"
    assert found(f"name = '{unique}-c'") == "c"
    assert found(f"tags.of = '{unique}' AND tags.vowel = 'True'") == "ae"
    page = client.search_registered_models(f"name LIKE '{unique}%'", max_results=3)
    assert len(page) == 3
    assert found(f"name LIKE '{unique}%'", max_results=3, page_token=page.token) == "de"


def test_rename_takes_everything_along(client, model):
    client.transition_model_version_stage(model, "2", "Production")
    client.set_registered_model_alias(model, "best", "1")
    client.set_registered_model_tag(model, "team", "front")
    client.rename_registered_model(model, model + "-new")
    with pytest.raises(MlflowException):
        client.get_registered_model(model)
    assert stages(client, model) == {}
    assert stages(client, model + "-new") == {"1": "None", "2": "Production", "3": "None"}
    back = client.get_registered_model(model + "-new")
    assert (back.tags, back.aliases) == ({"team": "front"}, {"best": "1"})
    client.create_registered_model(model)
    with pytest.raises(MlflowException) as e:
        client.rename_registered_model(model, model + "-new")
    assert e.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_delete_a_version_and_its_number_is_not_lost_in_between(client, model, run):
    client.set_registered_model_alias(model, "best", "2")
    client.delete_model_version(model, "2")
    with pytest.raises(MlflowException) as e:
        client.get_model_version(model, "2")
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert sorted(stages(client, model)) == ["1", "3"]
    assert client.get_registered_model(model).aliases == {}
    made = client.create_model_version(model, f"{run.info.artifact_uri}/model", run.info.run_id)
    assert made.version == "4"


def test_delete_a_model(client, model):
    client.delete_registered_model(model)
    with pytest.raises(MlflowException) as e:
        client.get_registered_model(model)
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert stages(client, model) == {}
    client.create_registered_model(model)
    assert stages(client, model) == {}
    assert client.get_registered_model(model).tags == {}


def test_names_with_spaces_and_letters_of_all_kinds(client, unique, run):
    name = f"Größe & mehr? #1 {unique}"
    client.create_registered_model(name)
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    client.set_registered_model_alias(name, "best", "1")
    assert client.get_model_version_by_alias(name, "best").name == name
    assert stages(client, name) == {"1": "None"}
