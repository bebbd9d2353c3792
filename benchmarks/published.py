"""What the reference systems published: each fact once, for tables and tests.

Text is as the source prints it, two reports of one model with "and" between them;
what is compared digit by digit is numbers.
"""

from helpers.datasets import examples

# ------------------------------ krmonline/AnomalyDetection, day 1: rules and clusters

INTEGERS = examples.INTEGERS
INTEGERS_QUARTILES, INTEGERS_LIMITS, INTEGERS_OUTLIERS = (4, 6), (1, 9), (0, 10)
INTEGERS_MEAN, INTEGERS_SD = 4.684211, 2.067839

# on the CPU series 53ea38 of the Numenta Anomaly Benchmark
THREE_SIGMA_LIMIT = 2.1339289
BY_THREE_SIGMA = [
    98, 156, 446, 735, 992, 1018, 1148, 1226, 1307, 1502, 1514, 1520, 1592, 1730, 1883,
    2075, 2168, 2225, 2456, 2468, 2522, 2666, 2672, 2678, 2684, 2732, 2750, 3038, 3321,
    3368, 3609, 3901,
]  # fmt: skip
BOX_PLOT_LIMITS, BY_BOX_PLOT = (1.516, 2.116), (40, 0)  # k = 2.5; above and below

# on days 4 and 5 of that series, as 288 pairs
BY_DBSCAN, DBSCAN_SIZES = [62, 67, 74, 80, 152, 155, 223], (279, 2)  # eps 0.05
BY_LOF = [53, 67, 74, 80, 152, 155, 223, 247, 283]  # 20 neighbours
LOF_FACTORS = [
    -2.5980, -2.0251, -2.6098, -2.6211, -7.3331, -5.6043, -2.7597, -2.0640, -2.0620,
]  # fmt: skip

# on days 1 and 2 of the workshop's series, as 48 pairs
WORKSHOP_LOF, WORKSHOP_DBSCAN = [40, 41], [8]  # 20 neighbours; eps 1000

FOUR_POINTS = examples.FOUR_POINTS  # 2 neighbours, contamination 0.4
FOUR_FACTORS = [-0.9267767, -1.17157288, -0.9267767, -2.16885037]
FOUR_OFFSET = -1.1226136

BLOB_SIZES, BLOB_NOISE = (334, 333, 332), 1  # DBSCAN, eps 0.4, on three blobs
SMTP_CONFUSION = (31383, 10, 6, 3)  # tn, fp, fn, tp of DBSCAN, eps 0.5, on ODDS smtp
COSINE_PAIR = examples.TWO_SERIES
COSINE = 0.95548199  # of that pair, z-scored

# ------------------------------ krmonline/AnomalyDetection: networks, measure -> report

HEART = {
    "parameters": "3042",
    "accuracy": "0.84 and 0.86",
    "disease: precision": "0.86 and 0.90",
    "disease: recall": "0.78 and 0.78",
    "disease: F1": "0.82 and 0.84",
    "healthy: precision": "0.83 and 0.83",
    "healthy: recall": "0.89 and 0.93",
    "healthy: F1": "0.86 and 0.88",
}
LETTER = {
    "parameters": "1329",
    "true negatives": "245",
    "false positives": "1",
    "false negatives": "8",
    "true positives": "10",
    "precision": "0.91",
    "recall": "0.56",
    "F1": "0.69",
    "accuracy": "0.97",
}
MNIST = {
    "parameters": "28328",
    "true positives, at 0.03": "28",
    "false positives, at 0.03": "11",
    "false negatives, at 0.03": "43",
    "precision, at 0.03": "0.72, printed as recall",
    "recall, at 0.03": "0.39, printed as precision",
    "F1, at 0.03": "0.51",
    "accuracy, at 0.03": "0.93",
}
FORECAST = {
    "parameters": "4385",
    "forecasts": "443",
    "MSE of the best epoch": "0.00079",
    "MSE of the validation points": "0.0068",
    "error at 240": "0.53",
    "error at 431": "0.34",
    "largest error away from faults": "about 0.20",
    "faults found, at 0.3": "2 of 3",
    "false alarms, at 0.3": "0",
    "dots at 240 and 431 only": "1",
}
RECONSTRUCTION = {
    "parameters": "23301",
    "windows": "448",
    "MSE of the training windows": "0.000065",
    "MSE of window 125": "0.000019",
    "MSE of window 125, its third value 0.7": "0.0032",
    "faults found, at 0.001": "4 of 4",
    "false alarms, at 0.001": "0",
    "detections at 10, 51, 90, 150 only": "1",
}

# ------------------------------ fastforwardlabs/deepad: six models of KDD99

# by the keys of its `metrics.json`: six measures on 8020, at the oracle threshold; the
# autoencoder's of May and of October 2020, the sequence model's on 480 draws
DEEPAD_METRICS = {
    "autoencoder": {
        "acc": "0.961 and 0.846",
        "precision": "0.854 and 0.697",
        "recall": "0.972 and 0.409",
        "f1": "0.909 and 0.515",
        "f2": "0.945 and 0.445",
        "roc": "0.956 and 0.956",
    },
    "VAE": {
        "acc": "0.931",
        "precision": "0.821",
        "recall": "0.836",
        "f1": "0.829",
        "f2": "0.833",
        "roc": "0.947",
    },
    "BiGAN": {
        "acc": "0.923",
        "precision": "0.793",
        "recall": "0.833",
        "f1": "0.812",
        "f2": "0.825",
        "roc": "0.947",
    },
    "sequence to sequence": {
        "acc": "0.838",
        "precision": "0.507",
        "recall": "0.888",
        "f1": "0.645",
        "f2": "0.772",
        "roc": "0.806",
    },
    "PCA": {
        "acc": "0.919",
        "precision": "0.871",
        "recall": "0.700",
        "f1": "0.776",
        "f2": "0.728",
        "roc": "0.754",
    },
    "one-class SVM": {
        "acc": "0.949",
        "precision": "0.907",
        "recall": "0.832",
        "f1": "0.868",
        "f2": "0.846",
        "roc": "0.958",
    },
}
# of these ROC-AUC and accuracy, the first of two reports
DEEPAD = {
    model: tuple(
        found[key].partition(" and ")[0]
        + (" on 480 draws" if model == "sequence to sequence" else "")
        for key in ("roc", "acc")
    )
    for model, found in DEEPAD_METRICS.items()
}
# weights of its networks; the BiGAN's are encoder, generator and discriminator
DEEPAD_PARAMETERS = {
    "autoencoder": 842,
    "VAE": 858,
    "BiGAN": 2690 + 2706 + 2817,
    "sequence to sequence": 2741,
}

# ------------------------------ weiwei-liu/anomaly_detection: kernel traces of QNX

# kind of trace -> flagged segments of 1 000 events; of a disturbed file, read off
QNX_FLAGGED = {
    "clean": "1 of 7,338",
    "fifo": "about 33 %",
    "sporadic": "about 33 %",
    "full-while": "about 95 %",
    "half-while": "about 97 %",
}
# after epoch 2 of a run that went on from an earlier one; rates are of clean-01
QNX_TRAINING = {
    "parameters": "256226",
    "loss": "0.3011",
    "training accuracy": "0.8861",
    "clean rate, mean": "0.2996",
    "clean rate, sd": "0.0219",
    "threshold": "0.3653",
}
