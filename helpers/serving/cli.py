"""`workshop train` and `workshop serve`."""

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from helpers.extras import require
from helpers.files import user_path

__all__ = ["serve", "train"]


def train(
    model: Annotated[
        str, typer.Argument(help="autoencoder, vae, bigan, seq2seq, pca, ocsvm or all")
    ],
    split: Annotated[str, typer.Option(help="8020 or 9010")] = "8020",
    out: Annotated[
        Path,
        typer.Option(parser=user_path, metavar="PATH", help="The folder of models."),
    ] = Path("models"),
    seed: Annotated[int, typer.Option(min=0)] = 0,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Networks: not the published number.")
    ] = None,
) -> None:
    """Train the named models into a folder that `workshop serve` reads."""
    from helpers.serving import training
    from helpers.serving.tables import parts

    names = training.chosen(model)
    data, told = parts(split)
    typer.echo(told)
    for name in names:
        found = training.train_one(name, data, out, seed=seed, epochs=epochs)
        typer.echo(f"{name}: ROC-AUC {found['roc']:.3f}, {found['seconds']:.1f} s")
    training.write_rows(data, out)
    typer.echo(training.draw_overview(data, out))


def serve(
    models: Annotated[
        Path,
        typer.Argument(
            parser=user_path, metavar="MODELS", help="A folder by `workshop train`."
        ),
    ],
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    name: Annotated[
        list[str] | None,
        typer.Option(help="What else clients call it: a proxy's name. Repeatable."),
    ] = None,
) -> None:
    """Answer over HTTP with the models of a folder, and show the dashboard."""
    for package in ("fastapi", "uvicorn"):
        require(package, "workshop serve", extra="serve")
    from helpers.serving.app import create_app
    from helpers.serving.limits import names_of
    from helpers.serving.server import listening, server_of

    server = server_of(create_app(models, names=names_of(host, name or ())))
    with listening(host, port) as door:
        told = f"[{host}]" if ":" in host else host
        typer.echo(f"http://{told}:{port}/  (Ctrl+C ends it)")
        # what a client sends is its own affair; each new text would be kept for ever
        warnings.simplefilter("ignore")
        with suppress(KeyboardInterrupt):
            server.run(sockets=[door])
