"""KDD Cup 1999 and its relatives, among them the preparation of deepad.

deepad (Cloudera Fast Forward 2020) joins the records with the list of 22 attacks of
the training file. Attacks that occur only in the test file find no partner there and
become "normal": `y` has these published labels, `extra["y_corrected"]` the right ones.
"""

import numpy as np
import pandas as pd

from helpers.datasets.cards import Card
from helpers.datasets.dataset import Dataset, make
from helpers.datasets.files import read_file
from helpers.datasets.readers.tabular import read_csv

COLUMNS = [
    "duration",
    "protocol_type",
    "service",
    "flag",
    "src_bytes",
    "dst_bytes",
    "land",
    "wrong_fragment",
    "urgent",
    "hot",
    "num_failed_logins",
    "logged_in",
    "num_compromised",
    "root_shell",
    "su_attempted",
    "num_root",
    "num_file_creations",
    "num_shells",
    "num_access_files",
    "num_outbound_cmds",
    "is_host_login",
    "is_guest_login",
    "count",
    "srv_count",
    "serror_rate",
    "srv_serror_rate",
    "rerror_rate",
    "srv_rerror_rate",
    "same_srv_rate",
    "diff_srv_rate",
    "srv_diff_host_rate",
    "dst_host_count",
    "dst_host_srv_count",
    "dst_host_same_srv_rate",
    "dst_host_diff_srv_rate",
    "dst_host_same_src_port_rate",
    "dst_host_srv_diff_host_rate",
    "dst_host_serror_rate",
    "dst_host_srv_serror_rate",
    "dst_host_rerror_rate",
    "dst_host_srv_rerror_rate",
]

# what the file kddcup.names calls continuous: 34 columns
SYMBOLIC = [
    "protocol_type",
    "service",
    "flag",
    "land",
    "logged_in",
    "is_host_login",
    "is_guest_login",
]
CONTINUOUS = [column for column in COLUMNS if column not in SYMBOLIC]

# deepad keeps the 18 traffic features from srv_count on
DEEPAD_COLUMNS = COLUMNS[COLUMNS.index("srv_count") :]


def _records(name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """Return KDD records with their `label`, the dot at its end removed."""
    keep = None if columns is None else [*columns, "label"]
    table = read_csv(name, header=None, names=[*COLUMNS, "label"], usecols=keep)
    table["label"] = table["label"].str.rstrip(".")
    return table


def service_rows(
    name: str, service: str, columns: list[str], *, at_once: int = 200_000
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the `columns` of the records of one service, and the attack of each.

    The file `name` is read `at_once` rows at a time, so that the full one with its
    4.9 million records fits into the memory of a laptop.
    """
    keep = list(dict.fromkeys([*columns, "service", "label"]))
    pieces = read_csv(
        name, header=None, names=[*COLUMNS, "label"], usecols=keep, chunksize=at_once
    )
    table = pd.concat([part[part["service"] == service] for part in pieces])
    attack = table["label"].str.rstrip(".").to_numpy(dtype=object)
    return table[columns].reset_index(drop=True), attack


def kdd99(card: Card) -> Dataset:
    """KDD Cup 1999, all records or those of `options.service`: y = not normal."""
    table = _records(card.files[0])
    service = card.options.get("service")
    if service:
        table = table[table["service"] == service].reset_index(drop=True)
    attack = table.pop("label").to_numpy(dtype=object)
    return make(card, table, attack != "normal", attack=attack)


def keel_pair(card: Card) -> Dataset:
    """Two attacks of KDD Cup 1999 in KEEL's format: y = 1 is the rarer one."""
    table = read_csv(card.files[0], header=None, skipinitialspace=True)
    X = table.iloc[:, :-1].set_axis(COLUMNS, axis=1)
    return make(card, X, table.iloc[:, -1] == "positive")


def nsl_kdd(card: Card) -> Dataset:
    """NSL-KDD: like KDD Cup 1999, with a difficulty from 0 (hard) to 21 (easy)."""
    columns = [*COLUMNS, "label", "difficulty"]
    table = read_csv(card.files[0], header=None, names=columns)
    attack = table.pop("label").to_numpy(dtype=object)
    difficulty = table.pop("difficulty").to_numpy()
    return make(card, table, attack != "normal", attack=attack, difficulty=difficulty)


def _deepad_records(
    records: str, attack_types: str, columns: list[str] = DEEPAD_COLUMNS
) -> pd.DataFrame:
    """Return a file as deepad shuffles it: `columns`, `label` and `target`."""
    listed = set(read_file(attack_types).decode("ascii").split()[::2])
    table = _records(records, columns)
    table["target"] = table["label"].isin(listed).astype(np.int64)
    return table[[*columns, "label", "target"]].sample(frac=1, random_state=200)


def deepad_train(card: Card) -> Dataset:
    """The rows deepad trains on: all normal records of the 10 % file, shuffled."""
    records, attack_types = card.files
    table = _deepad_records(records, attack_types)
    inliers = table[table["target"] == 0].reset_index(drop=True)
    return make(card, inliers[DEEPAD_COLUMNS], inliers["target"])


def deepad_split(card: Card) -> Dataset:
    """A published split of deepad: test rows as X, training and validation in extra.

    `options.n_normal` and `options.n_attacks` give its size. All parts are rebuilt
    from the KDD files with deepad's seeds, so every row keeps the name of its attack.
    `options.all_columns` keeps the 23 columns that deepad leaves out, three of them
    text.
    """
    train_file, test_file, attack_types = card.files
    columns = COLUMNS if card.options.get("all_columns") else DEEPAD_COLUMNS
    train = _deepad_records(train_file, attack_types, columns)
    rest = _deepad_records(test_file, attack_types, columns)
    n_test = {0: card.options["n_normal"], 1: card.options["n_attacks"]}
    validation, test = [], []
    for target, rows in rest.groupby("target"):
        held_out = rows.sample(frac=0.2, random_state=200)
        left = rows.drop(held_out.index)
        validation.append(held_out)
        test.append(left.sample(n_test[target], random_state=250))
    X, y, labels = _deepad_part(test, columns)
    X_validation, y_validation, validation_labels = _deepad_part(validation, columns)
    extra = {f"{key}_validation": value for key, value in validation_labels.items()}
    extra |= {"X_validation": X_validation, "y_validation": y_validation}
    inliers = train.loc[train["target"] == 0, columns]
    return make(card, X, y, train=inliers.reset_index(drop=True), **labels, **extra)


def _deepad_part(
    parts: list[pd.DataFrame], columns: list[str]
) -> tuple[pd.DataFrame, np.ndarray, dict[str, np.ndarray]]:
    """Return X, published y, and attack names with corrected y, of some rows."""
    rows = pd.concat(parts, ignore_index=True)
    attack = rows["label"].to_numpy(dtype=object)
    corrected = (attack != "normal").astype(np.int64)
    labels = {"attack": attack, "y_corrected": corrected}
    return rows[columns], rows["target"].to_numpy(), labels
