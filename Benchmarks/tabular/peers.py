"""The peers' predictions on the tables of sets.py: scikit-learn, XGBoost and LightGBM with their defaults, and their mean.

Linear models, trees, neighbors and networks see numbers with the median for missing ones and an indicator, standardized, and
one-hot categories whose levels under 5 rows are pooled; histogram boosting, XGBoost and LightGBM see the columns themselves.
"""

import time
import warnings

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (ExtraTreesClassifier, ExtraTreesRegressor, HistGradientBoostingClassifier,
                              HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")
MEAN = ["linear", "rf", "et", "hgb", "xgb", "lgbm", "mlp"]


def dense(table, categories):
    numbers = [column for column in table.columns if column not in categories]
    return ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        ("categories", OneHotEncoder(min_frequency=5, handle_unknown="infrequent_if_exist", sparse_output=False),
         categories),
    ])


def models(is_classes):
    third = {"max_features": 1 / 3}
    if is_classes:
        return {
            "dummy": DummyClassifier(), "linear": LogisticRegression(max_iter=2000), "nb": GaussianNB(),
            "knn": KNeighborsClassifier(), "tree": DecisionTreeClassifier(random_state=0),
            "rf": RandomForestClassifier(random_state=0, n_jobs=2),
            "et": ExtraTreesClassifier(random_state=0, n_jobs=2),
            "mlp": MLPClassifier(early_stopping=True, random_state=0),
        }
    return {
        "dummy": DummyRegressor(), "linear": Ridge(), "knn": KNeighborsRegressor(),
        "tree": DecisionTreeRegressor(random_state=0),
        "rf": RandomForestRegressor(random_state=0, n_jobs=2, **third),
        "et": ExtraTreesRegressor(random_state=0, n_jobs=2, **third),
        "mlp": MLPRegressor(early_stopping=True, random_state=0),
    }


def boosters(is_classes):
    import lightgbm
    import xgboost

    kinds = ((HistGradientBoostingClassifier, xgboost.XGBClassifier, lightgbm.LGBMClassifier) if is_classes else
             (HistGradientBoostingRegressor, xgboost.XGBRegressor, lightgbm.LGBMRegressor))
    return {
        "hgb": kinds[0](random_state=0, categorical_features="from_dtype"),
        "xgb": kinds[1](n_estimators=100, random_state=0, enable_categorical=True, n_jobs=2),
        "lgbm": kinds[2](n_estimators=100, random_state=0, verbose=-1, n_jobs=2),
    }


def predictions(training, test, target, classes, skipped=()):
    """Each peer's predictions for the test rows, and seconds: probabilities in the order of the classes, or numbers."""
    x, y = training.drop(columns=target), training[target]
    z = test.drop(columns=target)
    categories = [column for column in x.columns if not pd.api.types.is_numeric_dtype(x[column])]
    if classes:
        y = y.map({name: place for place, name in enumerate(classes)})
    found = {}

    def fit(name, model, x, z):
        start = time.process_time()
        try:
            model.fit(x, y)
            found[name] = (model.predict_proba(z) if classes else model.predict(z), time.process_time() - start)
        except Exception as error:  # One that fails does not end the others.
            print(f"  {name} failed: {error}")

    start = time.process_time()
    text = {column: str for column in categories}
    encoder = dense(x, categories)
    dense_x = encoder.fit_transform(x.astype(text)).astype(np.float64)
    dense_z = encoder.transform(z.astype(text)).astype(np.float64)
    prepared = time.process_time() - start
    for name, model in models(bool(classes)).items():
        if name not in skipped:
            fit(name, model, dense_x, dense_z)
    own_x, own_z = x.copy(), z.copy()
    for column in categories:
        levels = pd.CategoricalDtype(sorted(x[column].dropna().astype(str).unique()))
        own_x[column] = x[column].astype("str").where(x[column].notna()).astype(levels)
        own_z[column] = z[column].astype("str").where(z[column].notna()).astype(levels)
    for frame in (own_x, own_z):
        frame.columns = [f"c{place}" for place in range(len(frame.columns))]
    for name, model in boosters(bool(classes)).items():
        if name not in skipped:
            fit(name, model, own_x, own_z)
    members = [found[name][0] for name in MEAN if name in found]
    found["avg7"] = (np.mean(members, axis=0), sum(found[name][1] for name in MEAN if name in found) + prepared)
    return found
