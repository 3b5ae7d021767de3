"""Small models to log, and how each client version wants them logged."""

import mlflow
import numpy as np
from packaging.version import Version
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

IS_3 = Version(mlflow.__version__) >= Version("3")
X = np.arange(12.0).reshape(6, 2)
Y = X[:, 0] * 3 + 1


def log_sklearn(model, name="model", **kwargs):
    """log_model with the artifact's name as the client's version spells it.

    The requirements are given, so that the client does not start a process to guess them.
    """
    return mlflow.sklearn.log_model(
        model,
        **{"name" if IS_3 else "artifact_path": name},
        pip_requirements=["scikit-learn"],
        serialization_format="cloudpickle",
        **kwargs,
    )


def linear():
    return LinearRegression().fit(X, Y)


def forest():
    return RandomForestRegressor(n_estimators=3, random_state=1).fit(X, Y)
