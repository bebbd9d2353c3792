# %% [markdown]
# # 04 · Dense networks
#
# | | |
# |---|---|
# | You will be able to | say what a neuron, a layer and an activation add; count parameters; read a learning rate off a curve; see over-fitting and cure it; write a layer of your own; tell a better network from a luckier one |
# | You need | lesson 02: pipelines, folds, the standard error of a paired difference |
# | Time | 90 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("04")

# %% [markdown]
# ## One neuron
#
# Lesson 02 ended with logistic regression: multiply each finding by a weight, add up, add a bias, and turn the sum into
# a probability with the sigmoid, $1/(1+e^{-z})$. A [**neuron**](../docs/glossary.md#neuron) does exactly that. Here are
# lesson 02's patients again, cleaned as there, the test part still closed. A quarter of the training rows becomes the
# validation part. Networks want inputs of similar size; the scaler learns from the rows that we fit on. TensorFlow takes a
# while to load.

# %% tags=["nbval-check-output"]
import keras
import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import evaluation, plots
from helpers.datasets import load
from helpers.exercises import check, hint, progress, solution

heart = load("heart")
X, y = heart.X.replace({"ca": {4: np.nan}, "thal": {0: np.nan}}), heart.y
first_copy = ~X.duplicated().to_numpy()
X, y = X[first_copy].reset_index(drop=True), y[first_copy]
X_train, _, y_train, _ = train_test_split(
    X, y, test_size=0.25, stratify=y, random_state=4
)
X_fit, X_validation, y_fit, y_validation = train_test_split(
    X_train, y_train, test_size=0.25, stratify=y_train, random_state=3
)
scale = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(X_fit)
inputs, validation_inputs = scale.transform(X_fit), scale.transform(X_validation)
inputs.shape, validation_inputs.shape

# %% [markdown]
# How does a neuron find its weights? The [**loss**](../docs/glossary.md#loss) is the mean of $-\log p$, with $p$ the
# probability it gave to what was true: certain and right costs nothing, certain and wrong costs most. [**Gradient
# descent**](../docs/glossary.md#gradient-descent) computes for each weight in which direction the loss falls, and takes a
# small step that way. `train_on_batch` is one step; the weights begin at random. scikit-learn solves the same task with a
# method of its own. **Predict**: how far are the neuron's 13 weights from its coefficients?

# %% tags=["nbval-check-output"]
from sklearn.linear_model import LogisticRegression

keras.utils.set_random_seed(0)
neuron = keras.Sequential(
    [keras.Input((13,)), keras.layers.Dense(1, activation="sigmoid")]
)
neuron.compile(keras.optimizers.SGD(learning_rate=1.0), "binary_crossentropy")
for _ in range(300):
    neuron.train_on_batch(inputs, y_fit)

logistic = LogisticRegression(C=np.inf, max_iter=1000).fit(inputs, y_fit)
weights, bias = neuron.get_weights()
both = {"one neuron": weights[:, 0], "logistic regression": logistic.coef_[0]}
print("equal within 0.01:", np.allclose(*both.values(), atol=0.01))
pd.DataFrame(both, index=X.columns).T.round(1)

# %% [markdown]
# **Explain.** One neuron *is* logistic regression (`C=np.inf` turns off scikit-learn's own [weight
# decay](../docs/glossary.md#weight-decay), of which more below). The loss of one neuron has a single lowest point, so both
# methods end there. A network begins where lesson 02 ended. What do more neurons add?
#
# ## Layers
#
# A [**layer**](../docs/glossary.md#layer) is a set of neurons that all read the same inputs. The next layer reads what
# this one puts out. A published two-day course used this very table with 13 inputs, layers of 64 and 32, and 2 outputs: one
# probability for healthy, one for ill.
#
# ### Exercise 4.1: how many numbers must it learn?
#
# Each unit has a weight for every value it reads, and a bias. Write `parameters(sizes)`, which counts them for any
# network: `sizes` is, for instance, `(13, 64, 32, 2)`, from the inputs to the outputs.


# %% tags=["exercise"]
# Exercise 4.1
def parameters(sizes):
    ### BEGIN SOLUTION
    count = 0
    for layer in range(1, len(sizes)):
        count += (sizes[layer - 1] + 1) * sizes[layer]
    return count
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("4.1", parameters)


# %% tags=["wrong-answer"] exercise="4.1" diagnosis="biases forgotten"
def parameters(sizes):
    return sum(sizes[i - 1] * sizes[i] for i in range(1, len(sizes)))


# %% tags=["wrong-answer"] exercise="4.1" diagnosis="inputs counted as units"
def parameters(sizes):
    weights = sum(sizes[i - 1] * sizes[i] for i in range(1, len(sizes)))
    return weights + sum(sizes)


# %% tags=["wrong-answer"] exercise="4.1" diagnosis="one bias per layer"
def parameters(sizes):
    return sum(sizes[i - 1] * sizes[i] + 1 for i in range(1, len(sizes)))


# %% tags=["wrong-answer"] exercise="4.1" diagnosis="a layer is missing"
def parameters(sizes):
    count = 0
    for i in range(1, len(sizes) - 1):
        count += (sizes[i - 1] + 1) * sizes[i]
    return count


# %% [markdown]
# Below is the whole network, with gaps where there is no room for all its units: 3,042 numbers to learn, from 169
# patients.
#
# ## What stands between the layers
#
# Each unit passes its sum through an [**activation**](../docs/glossary.md#activation). Sigmoid and tanh press it
# between two limits; **ReLU** sets to 0 what is below zero and leaves the rest as it is. The gradient has to pass
# through them all, and a sigmoid is nowhere steeper than $1/4$. In the network below, the gradient that reaches the
# first layer is smallest with sigmoids; with the best of four [learning rates](../docs/glossary.md#learning-rate) each,
# after 60 steps sigmoids have the highest loss, ReLU and tanh are far below ([claims](../docs/results/claims.md)). At
# the outputs [**softmax**](../docs/glossary.md#softmax) turns any two numbers into two probabilities that add up to 1.

# %%
for ax in (plots.network_diagram((13, 64, 32, 2)), plots.activation_curves()):
    print(plots.summary(ax))

# %% [markdown]
# ### Exercise 4.2: build the published network
#
# In the published network the hidden units are sigmoids. Build it as `network`, from `keras.Sequential`: 13 inputs, hidden
# layers of 64 and 32 units, an output layer with a probability for each of the two classes. No need to compile or train it.

# %% tags=["exercise"]
# Exercise 4.2
### BEGIN SOLUTION
network = keras.Sequential(
    [
        keras.Input((13,)),
        keras.layers.Dense(64, activation="sigmoid"),
        keras.layers.Dense(32, activation="sigmoid"),
        keras.layers.Dense(2, activation="softmax"),
    ]
)
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("4.2", network)

# %% tags=["wrong-answer"] exercise="4.2" diagnosis="linear layers"
network = keras.Sequential(
    [
        keras.Input((13,)),
        keras.layers.Dense(64),
        keras.layers.Dense(32),
        keras.layers.Dense(2, activation="softmax"),
    ]
)

# %% tags=["wrong-answer"] exercise="4.2" diagnosis="wrong output activation"
network = keras.Sequential([keras.Input((13,))])
for units in (64, 32, 2):
    network.add(keras.layers.Dense(units, activation="sigmoid"))


# %% [markdown]
# The letter network of the same course (we meet it at the end) has nothing between its layers: they are linear. What can
# such layers say?
#
# ### Exercise 4.3: fold two linear layers into one
#
# A Keras layer computes `x @ W + b`, with `x` of shape (rows, inputs). Write `collapse(W1, b1, W2, b2)`: it returns the
# one `W` and the one `b` of a layer that says the same as the first layer followed by the second.


# %% tags=["exercise"]
# Exercise 4.3
def collapse(W1, b1, W2, b2):
    ### BEGIN SOLUTION
    W = W1 @ W2
    b = b1 @ W2 + b2
    return W, b
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("4.3", collapse)


# %% tags=["wrong-answer"] exercise="4.3" diagnosis="first bias lost"
def collapse(W1, b1, W2, b2):
    return W1 @ W2, b2


# %% tags=["wrong-answer"] exercise="4.3" diagnosis="first bias skips a layer"
def collapse(W1, b1, W2, b2):
    W = W1 @ W2
    return W, np.resize(b1, b2.shape) + b2


# %% [markdown] tags=["teacher-note"]
# Ask for an everyday pair: kilometres to miles, miles to feet, so kilometres to feet. Nobody would need two tables. Then
# ask why the argument fails as soon as somebody rounds in between.

# %% [markdown]
# Does training find more than the algebra allows? From here on, one function builds all our networks: the same layers,
# with the settings that we are going to turn. Labels are one column of 0 and 1, while two outputs await them: the
# "sparse" loss knows what to do. Train this network with linear layers. **Predict**: with 3,042 parameters in place of
# 14, how far do its probabilities move away from those of the single neuron?

# %%
from keras import layers, regularizers

SGD, Adam = keras.optimizers.SGD, keras.optimizers.Adam


def build(
    inputs=13,
    activation="relu",
    optimizer=SGD,
    rate=0.2,
    decay=0.0,
    dropout=0.0,
    seed=0,
):
    """A network with hidden layers of 64 and 32, ready to be trained."""
    keras.utils.set_random_seed(seed)
    network = keras.Sequential([keras.Input((inputs,))])
    for units in (64, 32):
        penalty = regularizers.L2(decay)
        network.add(layers.Dense(units, activation, kernel_regularizer=penalty))
        network.add(layers.Dropout(dropout))
    network.add(layers.Dense(2, activation="softmax"))
    network.compile(optimizer(rate), "sparse_categorical_crossentropy")
    return network


linear = build(activation="linear")
linear.summary(line_length=70, print_fn=print)


# %% tags=["nbval-check-output"]
def probabilities(network, rows):
    """What a network puts out for rows, as an array."""
    return keras.ops.convert_to_numpy(network(rows))


for _ in range(300):
    linear.train_on_batch(inputs, y_fit)

of_network = probabilities(linear, validation_inputs)[:, 1]
of_neuron = probabilities(neuron, validation_inputs)[:, 0]
print("parameters:", linear.count_params(), "and", neuron.count_params())
print("equal within 0.01:", np.allclose(of_network, of_neuron, atol=0.01))

# %% [markdown]
# **Explain.** Nowhere: a weighted sum of weighted sums is a weighted sum. However many linear layers you stack, they can
# say only what one neuron says; the other 3,028 numbers add nothing to it. So an activation must stand between them.
#
# `summary()` lists the layers: what shape each puts out (`None` is the number of rows, which may be any) and how many
# numbers it learns, the terms of your exercise 4.1. The [dropout](../docs/glossary.md#dropout) layers, which we need
# later, learn nothing.
#
# ## How long is a step?
#
# The gradient tells the direction of a step, not its length; the [**learning rate**](../docs/glossary.md#learning-rate)
# multiplies it. Three networks, alike but for that, take 60 steps from the same random weights. One step here looks at
# all 169 rows, so it is one [**epoch**](../docs/glossary.md#epoch). A coin that knows nothing has a loss of $\log 2$:
# that is the [chance level](../docs/glossary.md#chance-level) here. **Predict**, and draw it before you run: what will
# the losses of 0.001, 0.2 and 10 look like?


# %%
def loss_of(network, rows, labels):
    """The mean of -log p, with p the probability given to what was true."""
    p = probabilities(network, rows)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(p, 1e-7)).mean())


def train(network, epochs):
    """Take `epochs` steps; return the loss on both parts after each."""
    losses = {"loss": [], "val_loss": []}
    for _ in range(epochs):
        network.train_on_batch(inputs, y_fit)
        losses["loss"].append(loss_of(network, inputs, y_fit))
        losses["val_loss"].append(loss_of(network, validation_inputs, y_validation))
    return losses


chance = np.log(2)
by_rate = {rate: train(build(rate=rate), 60) for rate in [0.001, 0.2, 10.0]}
curves = {f"learning rate {rate:g}": each["loss"] for rate, each in by_rate.items()}
ax = plots.learning_curves(curves, name="training loss", chance=chance, log=True)
ax.set_title("Three learning rates")
print(plots.summary(ax))

# %% tags=["nbval-check-output"]
slow, middle, fast = (each["loss"][-1] for each in by_rate.values())
print("0.001 is still above chance after 60 steps:", slow > chance)
print("10 ends worse than it began:", fast > by_rate[10.0]["loss"][0])
print("0.2 ends lowest of the three:", middle < min(slow, fast))

# %% [markdown]
# **Explain.** Too low a rate hardly moves, too high a rate jumps over the valley and back. Other seeds and splits say the
# same ([claims](../docs/results/claims.md)). No formula gives the best rate, but the curve shows the wrong ones: look at it
# before you turn any other setting. Of 0.2 we only know that it works: a rate of 1 is lower still after 60 steps.
#
# ## Batches and Adam
#
# `fit` usually doesn't look at all rows before a step. It takes a [**batch**](../docs/glossary.md#batch) of 32 rows, makes
# a step, and takes the next 32: six steps in an epoch. And [**Adam**](../docs/glossary.md#adam), which the published network
# used, divides each weight's step by the size of its last gradients, so that large and small gradients move their weights
# about equally far. **Predict**: which batch is ahead after 10 epochs, and which after 60 steps? And which optimizer, with
# inputs that nobody scaled (cholesterol near 250, oldpeak near 1)? Each has the best of four learning rates.

# %% tags=["nbval-check-output"]
for size, epochs in [(169, 10), (32, 10), (169, 60)]:
    network = build()
    network.fit(inputs, y_fit, batch_size=size, epochs=epochs, verbose=0)
    told = f"batches of {size}, {epochs} epochs, {-(-169 // size) * epochs} steps"
    print(f"{told}: training loss {loss_of(network, inputs, y_fit):.1f}")

unscaled = SimpleImputer(strategy="median").fit_transform(X_fit)
lowest = {}
for name, rows in {"scaled": inputs, "unscaled": unscaled}.items():
    for optimizer in (SGD, Adam):
        for rate in (0.003, 0.01, 0.1, 1.0):
            network = build(optimizer=optimizer, rate=rate)
            for _ in range(60):
                network.train_on_batch(rows, y_fit)
            here = lowest.setdefault((name, optimizer.__name__), [])
            here.append(loss_of(network, rows, y_fit))
pd.Series(lowest).map(min).unstack().round(1)

# %% [markdown]
# **Explain.** After as many epochs the small batches are ahead, because they have made six times as many steps; after
# as many steps they are not. Without scaling both learn little, Adam more than plain gradient descent. With scaling
# both learn the rows: the scaler helps more than the optimizer does. ([Claims](../docs/results/claims.md).)
#
# ## Learning by heart
#
# Back to 0.2 and all rows at once, for 200 epochs. **Predict** the losses on both parts. And what if the labels are
# shuffled, so that there is nothing to learn?

# %%
plain = build()
by_heart = train(plain, 200)
ax = plots.learning_curves(by_heart, chance=chance, title="Learning by heart")
print(plots.summary(ax))

# %% tags=["nbval-check-output"]
shuffled = np.random.default_rng(0).permutation(y_fit)
no_rule = build()
for _ in range(600):
    no_rule.train_on_batch(inputs, shuffled)
one = LogisticRegression(C=np.inf, max_iter=1000).fit(inputs, shuffled)
print("shuffled labels, training loss below 0.1")
print("  of the network:", loss_of(no_rule, inputs, shuffled) < 0.1)
print(
    "  of one neuron:",
    -one.predict_log_proba(inputs)[range(169), shuffled].mean() < 0.1,
)

# %% [markdown]
# **Explain.** 3,042 numbers can learn 169 patients by heart, even where there is no rule; a single neuron can't. On true
# labels the validation loss turns after some 20 epochs, while the training loss goes on falling. That is
# [**over-fitting**](../docs/glossary.md#over-fitting). It shows as false certainty: where the network is wrong, it gives
# the wrong answer a higher probability at the end than in its best epoch ([claims](../docs/results/claims.md)). The
# training loss will never tell you.
#
# ### Exercise 4.4: stop in time
#
# [**Early stopping**](../docs/glossary.md#early-stopping) watches while training goes on. As soon as `patience` epochs in a
# row have brought no new lowest loss, it stops, and goes back to the best epoch it has seen. Write `epoch_to_keep(history,
# patience)`, which returns that epoch, counted from 0. The check's histories have a third list, `"test_loss"`.


# %% tags=["exercise"]
# Exercise 4.4
def epoch_to_keep(history, patience):
    ### BEGIN SOLUTION
    best = 0
    for epoch, loss in enumerate(history["val_loss"]):
        if loss < history["val_loss"][best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("4.4", epoch_to_keep)


# %% tags=["wrong-answer"] exercise="4.4" diagnosis="stopped on test data"
def epoch_to_keep(history, patience):
    return int(np.argmin(history["test_loss"]))


# %% tags=["wrong-answer"] exercise="4.4" diagnosis="saw the future"
def epoch_to_keep(history, patience):
    return int(np.argmin(history["val_loss"]))


# %% tags=["wrong-answer"] exercise="4.4" diagnosis="kept the last weights"
def epoch_to_keep(history, patience):
    best = 0
    for epoch, loss in enumerate(history["val_loss"]):
        if loss < history["val_loss"][best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return epoch


# %% [markdown] tags=["teacher-note"]
# "Saw the future" is the interesting mistake: the smallest validation loss of the whole history needs the whole history,
# which is what one wanted to save. In practice people do train to the end and pick the best, and call it early stopping.


# %% [markdown]
# ## Three cures
#
# Early stopping is one; a Keras callback does it for `fit`. [**Dropout**](../docs/glossary.md#dropout) switches off a random
# half of the hidden units at every step, so that no unit can rely on a single other one. [**Weight
# decay**](../docs/glossary.md#weight-decay) adds the squared weights to the loss, so each step also makes them smaller.
# **Predict**: which curve stays down to the end?

# %%
from sklearn.metrics import log_loss

dropped, decayed, stopped = build(dropout=0.5), build(decay=0.1), build()
cured = train(decayed, 200)
curves = {
    "no cure": by_heart["val_loss"],
    "dropout": train(dropped, 200)["val_loss"],
    "weight decay": cured["val_loss"],
}
ax = plots.learning_curves(curves, name="validation loss", chance=chance)
ax.set_title("Two cures")
print(plots.summary(ax))

stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
both_parts = {"validation_data": (validation_inputs, y_validation), "callbacks": [stop]}
stopped.fit(inputs, y_fit, batch_size=169, epochs=200, verbose=0, **both_parts)

trained = {"no cure": plain, "dropout": dropped, "weight decay": decayed}
trained |= {"early stopping": stopped, "one neuron": neuron}
judged = {}
for name, each in trained.items():
    p, q = (probabilities(each, part)[:, -1] for part in (inputs, validation_inputs))
    judged[name] = log_loss(y_fit, p), log_loss(y_validation, q)
pd.DataFrame(judged, index=["training loss", "validation loss"]).T.round(2)

# %% tags=["nbval-check-output"]
lowest_loss = min(validation for _, validation in judged.values())
for name, (training, validation) in judged.items():
    near = validation < lowest_loss + 0.05
    print(f"{name}: training loss below 0.1 {training < 0.1}, close to the best {near}")

# %% [markdown]
# **Explain.** On the mean of five splits dropout delays the damage, and weight decay prevents it, at these strengths
# ([claims](../docs/results/claims.md)). Early stopping chose its epoch on the validation part, so that row is flattered.
# Cured, the network has about the loss of one neuron with a decay of its own.
#
# ## Reading curves
#
# Now the other way round: four of the trainings above, without names. **Predict** for each what is wrong, if anything, and
# what you would change first.

# %%
import seaborn as sns

quiz = {"A": by_rate[10.0], "B": by_rate[0.001], "C": cured, "D": by_heart}
long = pd.concat(
    pd.DataFrame(each)
    .set_axis(["training", "validation"], axis=1)
    .melt(ignore_index=False, var_name="part", value_name="loss")
    .assign(network=name)
    for name, each in quiz.items()
)
looks = {"hue": "part", "style": "part", "kind": "line", "height": 2.2, "aspect": 1.4}
looks["palette"] = [plots.OKABE_ITO[colour] for colour in ("blue", "orange")]
free = {"sharex": False, "sharey": False}
long = long.rename_axis("epoch").reset_index()
sns.relplot(
    long, x="epoch", y="loss", col="network", col_wrap=2, **looks, facet_kws=free
)
last = long.groupby(["network", "part"])["loss"].last().round(2).unstack()
print(
    "Figure: loss of four networks over their epochs; at the end", last.to_dict("index")
)

# %% [markdown]
# | | you see | it is | change first |
# |---|---|---|---|
# | A | jumps, ends above chance | a learning rate far too high | divide the rate by ten |
# | B | both curves fall together, still near chance | a rate far too low, or too few epochs | multiply the rate by ten |
# | C | both fall, then stay flat | nothing wrong | stop turning |
# | D | training falls, validation turns and rises | over-fitting | a cure |
#
# ## A report for each class
#
# At the cut of 0.5, what does the decayed network say? First of one patient, then as scikit-learn's report on all 57:
# [precision](../docs/glossary.md#precision), [recall](../docs/glossary.md#recall) and [F1](../docs/glossary.md#f1) of both
# classes, and their averages. **Predict**: which average would hardly notice a rare class?

# %% tags=["nbval-check-output"]
from sklearn.metrics import classification_report

healthy, ill = probabilities(decayed, validation_inputs[:1])[0]
print(
    f"first patient: healthy {healthy:.1f}, ill {ill:.1f}; true label {y_validation[0]}"
)

alarm = probabilities(decayed, validation_inputs)[:, 1] > 0.5
options = {"target_names": ["healthy", "ill"], "output_dict": True}
report = pd.DataFrame(classification_report(y_validation, alarm, **options)).T
classes = report.loc[["healthy", "ill"]]
weighted = np.average(classes, axis=0, weights=classes["support"])
print(
    "macro avg is the plain mean:",
    np.allclose(classes.mean()[:3], report.loc["macro avg"][:3]),
)
print(
    "weighted avg counts patients:",
    np.allclose(weighted[:3], report.loc["weighted avg"][:3]),
)
report.round(2)

# %% [markdown]
# **Explain.** The [macro average](../docs/glossary.md#macro-average) is the plain mean of the classes: each counts the same,
# however rare. The [weighted average](../docs/glossary.md#weighted-average) counts each class as often as it has rows, so a
# rare class almost vanishes in it. For anomalies read their own row. (`accuracy` is one number for both classes, and what
# "micro" averaging gives where each row has one label.)
#
# ## Is it better than lesson 02?
#
# So take lesson 02's way: its pipeline, its folds, its table. The network with weight decay is our candidate. To be fair,
# logistic regression, too, may choose its decay (`C` is its inverse), from as many values and in the same way: for each
# fold, on inner folds of that fold's training rows, with everything that learns inside. The rows that judge choose nothing.

# %%
from functools import cache

from sklearn.compose import make_column_transformer
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OneHotEncoder

numbers = ["age", "trestbps", "chol", "thalach", "oldpeak", "ca"]
kinds = ["cp", "restecg", "slope", "thal"]
encode = make_pipeline(
    SimpleImputer(strategy="most_frequent"),
    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
)
number = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
prepare = make_column_transformer(
    (number, numbers), (encode, kinds), ("passthrough", ["sex", "fbs", "exang"])
)
folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X_train, y_train))


# %%
@cache
def untrained(width, decay, seed):
    network = build(width, decay=decay, seed=seed)
    return network, network.get_weights()


def of_network(decay, rows, others, seed=0, weights=None):
    """Probability of disease for `others`, from a network that learned from `rows`."""
    columns = prepare.fit_transform(X_train.iloc[rows])
    network, start = untrained(columns.shape[1], decay, seed)
    network.set_weights(start)
    for _ in range(80):
        network.train_on_batch(columns, y_train[rows], class_weight=weights)
    return probabilities(network, prepare.transform(X_train.iloc[others]))[:, 1]


def of_logistic(C, rows, others):
    """The same from a logistic regression."""
    model = make_pipeline(prepare, LogisticRegression(C=C, max_iter=1000))
    model.fit(X_train.iloc[rows], y_train[rows])
    return model.predict_proba(X_train.iloc[others])[:, 1]


# %% [markdown]
# `chosen` takes, for each fold, the setting with the lowest loss on three inner folds. Then the whole training part of the
# fold is fitted, and its held-out rows get their probabilities. **Predict** the order of the rows in the table.


# %%
def chosen(of_model, settings):
    """For each fold, the best setting on three inner folds of its training rows."""
    best = []
    for rows, _ in folds:
        inner = StratifiedKFold(3, shuffle=True, random_state=0)
        parts = [(rows[a], rows[b]) for a, b in inner.split(rows, y_train[rows])]
        losses = [
            np.mean([log_loss(y_train[b], of_model(each, a, b)) for a, b in parts])
            for each in settings
        ]
        best.append(settings[np.argmin(losses)])
    return best


def out_of_fold(of_model, settings, **options):
    """Each row's probability of disease from a model that did not see its fold."""
    p = np.empty(len(y_train))
    for (rows, held_out), setting in zip(folds, settings, strict=True):
        p[held_out] = of_model(setting, rows, held_out, **options)
    return p


# %% tags=["nbval-check-output"]
decays = chosen(of_network, (0.3, 0.1, 0.03, 0.01))
print("chosen decays:", decays)
scores = {
    "logistic regression": out_of_fold(of_logistic, [1.0] * 5),
    "logistic, tuned": out_of_fold(of_logistic, chosen(of_logistic, (3, 1, 0.3, 0.1))),
    "network, no cure": out_of_fold(of_network, [0.0] * 5),
}
for seed in range(3):
    scores[f"network, tuned, seed {seed}"] = out_of_fold(of_network, decays, seed=seed)
evaluation.results_table(scores, y_true=y_train, thresholds=0.5).round(2)

# %%
accuracy = {
    name: [np.mean((p[rows] > 0.5) == y_train[rows]) for _, rows in folds]
    for name, p in scores.items()
}
network_accuracy = np.array([accuracy[name] for name in scores if "seed" in name])
logistic_accuracy = np.array(accuracy["logistic, tuned"])
ax = plots.spread(accuracy, name="accuracy in a fold", chance=1 - y_train.mean())
print(plots.summary(ax))

# %% [markdown]
# **Explain.** Tuned in the same way, network and logistic regression rank the patients equally well, and a network
# without cure ranks them worse; other folds say the same ([claims](../docs/results/claims.md)). With decay the seeds
# hardly differ; without it they differ several times as much. The accuracy of the tuned network scatters far more over
# the folds than over the seeds: which patients are tested moves it more than the first weights do. On 50 patients the
# published network, reported with 0.84 and 0.86, gets [anything from 0.74 to 0.88](../docs/results/heart.md).
#
# ### Exercise 4.5: seeds are not patients
#
# `network_accuracy` has a row per seed and a column per fold; `logistic_accuracy`, of the tuned logistic regression, has the
# same folds. Compute the mean `gain` of the network, and its standard error `luck` as in exercise 2.4,
# $s\sqrt{1/k + n_{test}/n_{train}}$, with $s$ the standard deviation (`ddof=1`) of the $k$ differences. Let `better` say
# whether `gain` is more than twice `luck`. Mind what $k$ is.

# %% tags=["exercise"]
# Exercise 4.5
### BEGIN SOLUTION
difference = network_accuracy.mean(axis=0) - logistic_accuracy
gain = difference.mean()
luck = difference.std(ddof=1) * np.sqrt(1 / 5 + 1 / 4)
better = gain > 2 * luck
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("4.5", gain, luck, better, network_accuracy, logistic_accuracy)

# %% tags=["wrong-answer"] exercise="4.5" diagnosis="seeds counted as folds"
difference = (network_accuracy - logistic_accuracy).ravel()
gain = difference.mean()
luck = difference.std(ddof=1) / np.sqrt(15)
better = gain > 2 * luck

# %% tags=["wrong-answer"] exercise="4.5" diagnosis="independent folds"
difference = network_accuracy.mean(axis=0) - logistic_accuracy
gain = difference.mean()
luck = difference.std(ddof=1) / np.sqrt(5)
better = gain > 2 * luck

# %% tags=["wrong-answer"] exercise="4.5" diagnosis="unpaired"
a, b = network_accuracy.mean(axis=0), logistic_accuracy
gain = a.mean() - b.mean()
luck = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) * (1 / 5 + 1 / 4))
better = gain > 2 * luck

# %% tags=["wrong-answer"] exercise="4.5" diagnosis="verdict"
difference = network_accuracy.mean(axis=0) - logistic_accuracy
gain = difference.mean()
luck = difference.std(ddof=1) * np.sqrt(1 / 5 + 1 / 4)
better = luck > 0


# %% [markdown] tags=["teacher-note"]
# With 15 "results" the standard error shrinks to about a third, with a thousand seeds to nothing: then any gain looks
# proven. Papers do this. A second question: which logistic regression should the network be compared with, the one as it
# comes or the tuned one? Let them compute both gains.

# %% [markdown]
# **Explain.** Not proven. More seeds tell how much a network depends on its start, and nothing about new patients. On no
# folds that we tried is the network's gain in accuracy more than twice its luck. ([Claims](../docs/results/claims.md).)
# Logistic regression says the same with 23 numbers that a doctor can read, where the network has 3,618. The published
# training takes [about a hundred times as long](../docs/results/heart.md) as logistic regression. Over ten test parts its
# mean accuracy is 0.02 below that of logistic regression on one-hot columns, and 0.01 above that on the network's columns.
#
# ## Class weights
#
# In lesson 02 a miss cost ten times a false alarm. There are two ways to tell a network.
# [**Class weights**](../docs/glossary.md#class-weight) multiply the loss of each row in training, here ten to one, and 1 on
# average. Or leave the training alone and move the threshold, from 0.5 to the one that these costs ask for: an alarm pays
# where $10\,p > 1 - p$, so above $1/11$. **Predict** which way is cheaper.

# %% tags=["nbval-check-output"]
weights = {0: 2 / 11, 1: 20 / 11}
weighted = out_of_fold(of_network, decays, weights=weights)
alarms = {
    "cut at 0.5": scores["network, tuned, seed 0"] > 0.5,
    "class weights, cut at 0.5": weighted > 0.5,
    "cut at 1/11": scores["network, tuned, seed 0"] > 1 / 11,
}
for name, alarm in alarms.items():
    misses, false_alarms = y_train[~alarm].sum(), (1 - y_train[alarm]).sum()
    print(f"{name}: costs {10 * misses + false_alarms:.0f}, misses {misses}")

# %% [markdown]
# **Explain.** Both ways make the costs much smaller, and the cut alone does it as well as the weights, without a new
# training. ([Claims](../docs/results/claims.md), three draws of the folds.) It can be moved again when the costs change.
#
# ## A layer of your own
#
# You have used layers that Keras brings along. What Keras lacks you write yourself: a layer is a class with three methods.
# `__init__` keeps the settings, `build` makes the weights when the number of inputs is known, `call` computes.
#
# ### Exercise 4.6: write a layer
#
# Write `ReluUnits(units)`, which does what `Dense(units, activation="relu")` does: $\max(0, x W + b)$, for inputs of any
# width. `self.add_weight(shape=...)` makes weights that learn. `W` has the shape (inputs, units) and starts at random; `b`
# has a number for each unit. `keras.ops.relu` is the activation; leave `Dense` out of it.


# %% tags=["exercise"]
# Exercise 4.6
class ReluUnits(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        ### BEGIN SOLUTION
        self.W = self.add_weight(shape=(input_shape[-1], self.units))
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")
        ### END SOLUTION

    def call(self, inputs):
        ### BEGIN SOLUTION
        return keras.ops.relu(inputs @ self.W + self.b)
        ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("4.6", ReluUnits)


# %% tags=["wrong-answer"] exercise="4.6" diagnosis="bias after the activation"
class ReluUnits(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.W = self.add_weight(shape=(input_shape[-1], self.units))
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return keras.ops.relu(inputs @ self.W) + self.b


# %% tags=["wrong-answer"] exercise="4.6" diagnosis="nothing to learn"
class ReluUnits(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.W = keras.random.normal((input_shape[-1], self.units))
        self.b = keras.ops.zeros(self.units)

    def call(self, inputs):
        return keras.ops.relu(inputs @ self.W + self.b)


# %% [markdown]
# ## Go further: letters
#
# Each row describes two letters by 32 numbers. In an anomaly one of the two is of another kind, and the other half hides
# it. Look first: how much of the variance do a few principal components (PCA) hold, and do the anomalies stand apart in
# them? Where the data are missing, the cells say so; our numbers follow below.

# %%
import matplotlib.pyplot as plt
from sklearn.decomposition import PCA

from helpers.datasets import DatasetUnavailable

try:
    letter = load("krm_letter")
    pca = PCA(10).fit(scaled := StandardScaler().fit_transform(letter.X))
    print("share of the variance:", pca.explained_variance_ratio_.cumsum().round(2))
    view = pd.DataFrame(pca.transform(scaled)[:, :3], columns=["PC 1", "PC 2", "PC 3"])
    kind = pd.Series(np.where(letter.y, "anomaly", "normal"), name="kind")
    looks = {"s": 12, "alpha": 0.6}
    colours = {"normal": plots.NORMAL["color"], "anomaly": plots.ANOMALY["color"]}
    sns.pairplot(view.join(kind), hue="kind", palette=colours, plot_kws=looks)
    print("Figure: 1,600 letters in three principal components, pair by pair.")
    ax = plt.figure(figsize=(5, 5)).add_subplot(projection="3d")
    for label, style in enumerate((plots.NORMAL, plots.ANOMALY)):
        ax.scatter(
            *view[letter.y == label].to_numpy().T,
            **style,
            s=12,
            alpha=0.15 + 0.75 * label,
        )
    ax.set(xlabel="PC 1", ylabel="PC 2", zlabel="PC 3")
    print("Figure: the same three components in three dimensions.")
except DatasetUnavailable:
    print("The letters are not on this machine; `workshop data fetch krm_letter`.")

# %% [markdown]
# The first three components hold about half of the variance of the letters. In this view, of the five nearest
# neighbours of an anomaly 9 % are anomalies, where blindly drawn rows would give 6 %; in all 32 columns 20 % are
# ([claims](../docs/results/claims.md)). A picture in three dimensions shows little of what can be found here.
#
# The published network, 32-8-1, has linear layers. **Predict** what ReLU between them changes, in
# [AP](../docs/glossary.md#ap) and in F1 at the cut of 0.5.

# %%
from IPython.display import display

try:
    letter = load("krm_letter")
    A, rest, y_a, y_rest = train_test_split(
        letter.X, letter.y, test_size=0.33, random_state=42
    )
    _, B, _, y_b = train_test_split(rest, y_rest, test_size=0.5, random_state=42)
    scaler = StandardScaler().fit(A)
    A, B = scaler.transform(A), scaler.transform(B)
    model = LogisticRegression(max_iter=1000).fit(A, y_a)
    of_letters = {"logistic regression": model.predict_proba(B)[:, 1]}
    for name in ["linear", "relu"]:
        keras.utils.set_random_seed(0)
        letters = keras.Sequential([keras.Input((32,))])
        for units, activation in [(32, name), (8, name), (1, "sigmoid")]:
            letters.add(layers.Dense(units, activation))
        letters.compile(SGD(0.3), "binary_crossentropy")
        for _ in range(400):
            letters.train_on_batch(A, y_a)
        of_letters[f"network, {name}"] = probabilities(letters, B)[:, 0]
    display(evaluation.results_table(of_letters, y_true=y_b, thresholds=0.5))
except DatasetUnavailable:
    print("The letters are not on this machine; `workshop data fetch krm_letter`.")

# %% [markdown]
# The published report, one run: precision 0.91, recall 0.56, F1 0.69. [Our five runs](../docs/results/letter.md) of that
# network, trained as published, reach F1 0.41, from 0.20 to 0.59, and AP 0.79, which is what logistic regression has, as
# exercise 4.3 says. With ReLU F1 is 0.73, from 0.67 to 0.80, and AP still 0.79. A random forest has the highest AP there,
# 0.85, and an F1 of only 0.20: a cut that nobody chose orders these models otherwise than AP does.
#
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | a patient in whose vessels the X-ray found nothing |
# | What score says "not normal"? | a network's probability of disease: weighted sums, passed through activations, and summed again |
# | Where is the threshold, and who chose it on what? | 0.5, and nobody did; or $1/11$, from the costs of lesson 02 |
# | How good is it? | AP 0.91 (chance 0.47), level with a logistic regression tuned the same way, and not proven better |
# | What does it cost to be wrong? | as in lesson 02; over-fitting adds false certainty |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - One neuron is logistic regression. Layers add something only if an activation stands between them.
# - Count the parameters, then count the rows.
# - Look at the learning rate's curve first. The validation curve tells when to stop.
# - Over-fitting shows as false certainty. Stop early, drop out, or decay the weights; tune the simple model as fairly.
# - Compare on the same folds, seeds averaged: another seed is not another patient.
#
# **Next**: lesson 05 reads series, where the order of the values matters.
