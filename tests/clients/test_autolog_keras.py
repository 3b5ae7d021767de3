"""mlflow.keras.autolog() with Keras 3 on JAX: per-epoch curves, model summary, dataset, the model."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import mlflow
import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="keras has an environment of its own: tests/run --long")
X = np.random.default_rng(1).normal(size=(64, 3)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")
EPOCHS = 4


@pytest.fixture
def autolog(experiment):
    mlflow.keras.autolog()
    yield
    mlflow.keras.autolog(disable=True)


def test_fit(autolog, experiment, client):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="sgd", loss="binary_crossentropy", metrics=["accuracy"])
    curves = model.fit(X, Y, epochs=EPOCHS, batch_size=16, validation_split=0.25, verbose=0).history

    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["epochs"] == str(EPOCHS) and run.data.params["batch_size"] == "16"
    assert sorted(curves) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    for key, values in curves.items():
        points = sorted(client.get_metric_history(run.info.run_id, key), key=lambda m: m.step)
        assert [(m.step, m.value) for m in points] == list(enumerate(values)), key
    summary = mlflow.artifacts.load_text(run.info.artifact_uri + "/model_summary.txt")
    assert "Trainable params: 21" in summary
    (given,) = run.inputs.dataset_inputs
    assert '"features_shape": [64, 3]' in given.dataset.profile
    loaded = mlflow.keras.load_model(f"runs:/{run.info.run_id}/model")
    assert np.array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
