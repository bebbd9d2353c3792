"""Controls of lesson 07, autoencoders: one thing changed, the rest as in the lesson.

A seed draws the split, the network and the noise. Networks have 128 units, a code and
128 units, and 30 epochs at most, as in the lesson.
"""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split

from benchmarks.claims import claim
from helpers.datasets import load
from helpers.detectors.autoencoders import AutoencoderDetector
from helpers.detectors.classical import KNNDetector, PCADetector
from helpers.thresholds import quantile_threshold

_CODE = 8
_SIDE = 8  # of an image, in pixels


class ConvolutionalDetector(AutoencoderDetector):
    """The lesson's convolutional network with the detector's training."""

    def _build(self, seed: int) -> Any:
        import keras

        keras.utils.set_random_seed(seed % 2**31)
        layers = keras.layers
        options = {"strides": 2, "padding": "same"}
        network = keras.Sequential(
            [
                keras.Input((_SIDE * _SIDE,)),
                layers.Reshape((_SIDE, _SIDE, 1)),
                layers.Conv2D(16, 3, activation="relu", **options),
                layers.Conv2D(32, 3, activation="relu", **options),
                layers.Flatten(),
                layers.Dense(_CODE),
                layers.Dense(2 * 2 * 32, activation="relu"),
                layers.Reshape((2, 2, 32)),
                layers.Conv2DTranspose(16, 3, activation="relu", **options),
                layers.Conv2DTranspose(1, 3, activation="sigmoid", **options),
                layers.Flatten(),
            ]
        )
        return self._compile(network, "mean_squared_error")


def _autoencoder(
    code: int, seed: int, kind: type = AutoencoderDetector, **changes: Any
) -> AutoencoderDetector:
    options = {
        "hidden_layers": (128, code),
        "dropout": 0.0,
        "scaling": "minmax",
        "epochs": 30,
        "batch_size": 64,
        "learning_rate": 0.005,
        "validation_fraction": 0.1,
        "patience": 10,
        "contamination": 0.01,
        "random_state": seed,
    }
    return kind(**options | changes)


@cache
def _parts(name: str, seed: int) -> tuple:
    """Return rows to train on, rows to test on, and the labels of either."""
    data = load(name)
    first_copy = ~data.X.duplicated().to_numpy()
    X, y = data.X[first_copy], data.y[first_copy]
    return train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)


def _digits(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the known digits to train on, those held out, and zeros."""
    train, _, is_zero, _ = _parts("optdigits", seed)
    known, held_out = train_test_split(
        train[is_zero == 0], test_size=0.25, random_state=seed
    )
    return known, held_out, train[is_zero == 1]


@cache
def _trained(seed: int) -> AutoencoderDetector:
    return _autoencoder(_CODE, seed).fit(_digits(seed)[0])


def _precision(model: Any, name: str, seed: int) -> float:
    _, X, _, y = _parts(name, seed)
    return average_precision_score(y, model.decision_function(X))


@claim(
    says="Not every seed finds eight different words",
    changed="the seed",
    measure="different codes, rounded",
    holds=lambda found: min(found.values()) < max(found.values()) == 8,
    seeds=(0,),
)
def words_of_8_3_8(seed: int) -> dict[str, float]:
    """Count the different codes of the published network after 4,000 epochs."""
    rows = np.eye(8)
    words: dict[str, float] = {}
    for each in range(3):
        tiny = AutoencoderDetector.published("8-3-8", random_state=each, epochs=4000)
        codes = tiny.fit(rows).encode(rows).round()
        words[f"seed {each}"] = len(np.unique(codes, axis=0))
    return words


@claim(
    says="ahead of the same network without activations,",
    changed="activations or none; PCA with the best of 2 to 40 components (oracle)",
    measure="AP",
    holds=lambda ap: (
        ap["activations"] > max(ap["none"], ap["PCA, 8"], ap["PCA, best size"])
    ),
    seeds=(0, 1, 2, 30, 31, 32),
)
def bending_pays_on_digits(seed: int) -> dict[str, float]:
    """Compare a code of 8 with activations, without them, and PCA."""
    known = _digits(seed)[0]
    linear = _autoencoder(_CODE, seed, activation=None, output_activation="linear")
    pca = {
        size: _precision(
            PCADetector(
                n_components=size, standardize=False, score_type="reconstruction"
            ).fit(known),
            "optdigits",
            seed,
        )
        for size in range(2, 41, 2)
    }
    return {
        "activations": _precision(_trained(seed), "optdigits", seed),
        "none": _precision(linear.fit(known), "optdigits", seed),
        "PCA, 8": pca[8],
        "PCA, best size": max(pca.values()),
    }


@claim(
    says="on other splits, too, the single nearest neighbour is ahead of it",
    changed="the model; one neighbour or five",
    measure="AP",
    holds=lambda ap: ap["nearest neighbour"] > ap["autoencoder"],
)
def one_neighbour_on_digits(seed: int) -> dict[str, float]:
    """Compare the network with the distance to the nearest training row."""
    known = _digits(seed)[0]
    near = {"nearest neighbour": 1, "5 nearest neighbours": 5}
    return {"autoencoder": _precision(_trained(seed), "optdigits", seed)} | {
        name: _precision(KNNDetector(n_neighbors=k).fit(known), "optdigits", seed)
        for name, k in near.items()
    }


@claim(
    says="both are ahead of PCA",
    changed="dense layers or convolutions, beside the nearest neighbours",
    measure="AP",
    holds=lambda ap: min(ap["convolutional"], ap["dense"]) > ap["PCA, 8"],
    seeds=(0, 1, 2, 10, 11, 12, 30, 31, 32),
)
def convolution_on_digits(seed: int) -> dict[str, float]:
    """Compare a dense and a convolutional autoencoder of one code, and distances."""
    known = _digits(seed)[0]
    convolutional = _autoencoder(_CODE, seed, ConvolutionalDetector).fit(known)
    return {
        "dense": _precision(_trained(seed), "optdigits", seed),
        "convolutional": _precision(convolutional, "optdigits", seed),
        "PCA, 8": _precision(
            PCADetector(
                n_components=_CODE, standardize=False, score_type="reconstruction"
            ).fit(known),
            "optdigits",
            seed,
        ),
        "5 nearest neighbours": _precision(KNNDetector().fit(known), "optdigits", seed),
    }


@claim(
    says="neither network is ahead on all of six splits,",
    changed="dense layers or convolutions; the split and the seed, six of each",
    measure="splits with the higher AP",
    holds=lambda wins: min(wins.values()) > 0,
    seeds=(0,),
)
def neither_layer_is_always_ahead(seed: int) -> dict[str, float]:
    """Count on how many of six splits each of the two networks is ahead."""
    found = [convolution_on_digits(one) for one in (0, 1, 2, 10, 11, 12)]
    dense = sum(ap["dense"] > ap["convolutional"] for ap in found)
    return {"dense": dense, "convolutional": len(found) - dense}


@claim(
    says="a threshold from training rows promises too much",
    changed="rows that the threshold comes from",
    measure="false alarms among new normal rows, %",
    holds=lambda share: share["training rows"] > 1.4 * share["held-out rows"],
)
def threshold_of_training_rows(seed: int) -> dict[str, float]:
    """Count new normal rows above 1 in 100 of training, and of held-out, errors."""
    _, held_out, _ = _digits(seed)
    _, X, _, is_zero = _parts("optdigits", seed)
    model = _trained(seed)
    errors = model.decision_function(X[is_zero == 0])
    limits = {
        "training rows": model.decision_scores_,
        "held-out rows": model.decision_function(held_out),
    }
    return {
        name: float(100 * np.mean(errors > quantile_threshold(scores, 0.01)))
        for name, scores in limits.items()
    }


@claim(
    says="The kind matters, not only the number:",
    changed="15 zeros, or the same 15 with their pixels shuffled one by one",
    measure="AP",
    holds=lambda ap: (
        min(ap["autoencoder, shuffled"], ap["neighbours, shuffled"])
        > 2 * max(ap["autoencoder, zeros"], ap["neighbours, zeros"])
    ),
)
def fifteen_of_one_kind(seed: int) -> dict[str, float]:
    """Slip 15 zeros, or 15 rows that are odd in ways of their own, into training."""
    known, _, zeros = _digits(seed)
    random = np.random.default_rng(seed)
    kinds = {
        "zeros": zeros.to_numpy()[:15],
        "shuffled": random.permuted(zeros.to_numpy()[:15], axis=1),
    }
    found = {}
    for name, rows in kinds.items():
        table = np.vstack([known.to_numpy(), rows])
        table = pd.DataFrame(table, columns=known.columns)
        network = _autoencoder(_CODE, seed).fit(table)
        found[f"autoencoder, {name}"] = _precision(network, "optdigits", seed)
        near = KNNDetector().fit(table)
        found[f"neighbours, {name}"] = _precision(near, "optdigits", seed)
    return found


@claim(
    says="twenty neighbours, more than there are zeros, keep more than twice as much, "
    "at the price of a lower AP where no zero slipped in",
    changed="the number of neighbours; 15 zeros among the training rows or none",
    measure="AP",
    holds=lambda ap: (
        ap["20 neighbours, 15 zeros"] > 2 * ap["5 neighbours, 15 zeros"]
        and ap["20 neighbours, no zeros"] < ap["5 neighbours, no zeros"]
    ),
)
def more_neighbours_than_zeros(seed: int) -> dict[str, float]:
    """Slip 15 zeros into the training rows of two nearest-neighbour detectors."""
    known, _, zeros = _digits(seed)
    rows = {"no zeros": known, "15 zeros": pd.concat([known, zeros[:15]])}
    return {
        f"{k} neighbours, {name}": _precision(
            KNNDetector(n_neighbors=k).fit(table), "optdigits", seed
        )
        for k in (5, 20)
        for name, table in rows.items()
    }


@claim(
    says="The network with the wide code gets better,",
    changed="size of the code; components of PCA",
    measure="AP",
    holds=lambda ap: (
        ap["code of 36"] > ap["code of 6"] and ap["PCA, 6"] < ap["PCA, 4"] - 0.2
    ),
)
def wide_code_on_the_satellite(seed: int) -> dict[str, float]:
    """Widen the code to the number of features, and PCA by two components."""
    train, _, y, _ = _parts("satimage-2", seed)
    soil = train[y == 0]
    models = {
        "code of 6": _autoencoder(6, seed),
        "code of 36": _autoencoder(36, seed),
        "PCA, 4": PCADetector(n_components=4, score_type="reconstruction"),
        "PCA, 6": PCADetector(n_components=6, score_type="reconstruction"),
    }
    return {
        name: _precision(model.fit(soil), "satimage-2", seed)
        for name, model in models.items()
    }


@claim(
    says="Trained for that, from noisy rows to clean ones, it does take noise away",
    changed="what the same network reads in training: clean or noisy rows",
    measure="mean squared error of noisy test rows, rebuilt",
    holds=lambda error: (
        error["noisy to clean"] < min(error["clean to clean"], error["not rebuilt"])
    ),
)
def denoising(seed: int) -> dict[str, float]:
    """Train the lesson's network twice, and let it rebuild noisy new digits."""
    from helpers.networks.autoencoders import AutoencoderShape, autoencoder

    random = np.random.default_rng(seed)
    known, held_out, _ = (rows.to_numpy() / 16 for rows in _digits(seed))
    noise = [random.normal(0, 0.2, rows.shape) for rows in (known, held_out)]
    noisy = held_out + noise[1]
    found = {"not rebuilt": float(np.square(noisy - held_out).mean())}
    for name, read in (("clean to clean", known), ("noisy to clean", known + noise[0])):
        shape = AutoencoderShape(64, (128, _CODE), output_activation="sigmoid")
        network = autoencoder(shape, seed)
        network.compile("adam", "mean_squared_error")
        network.optimizer.learning_rate = 0.005
        network.fit(read, known, epochs=30, batch_size=64, verbose=0)
        rebuilt = np.asarray(network(noisy.astype("float32")))
        found[name] = float(np.square(rebuilt - held_out).mean())
    return found
