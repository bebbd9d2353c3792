"""The HTTP application: scores as JSON, and the dashboard's three files."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from helpers.serving.limits import Limits
from helpers.serving.models import ModelFolder, read_folder
from helpers.serving.requests import MOST_ROWS, BadRequest, Query, matrix, read_query

__all__ = ["create_app"]

PAGES = Path(__file__).parent / "pages"
_FILES = {
    "/": ("index.html", "text/html"),
    "/app.js": ("app.js", "text/javascript"),
    "/style.css": ("style.css", "text/css"),
}
BODY_SECONDS = 10.0
AT_ONCE = 2  # one reads while one scores: JSON takes 10 times its memory


def create_app(folder: Path, *, names: frozenset[str] | None = None) -> FastAPI:
    """Return the application on a folder of models; raises `KitError`.

    `names` are what clients may call it by, from `names_of`; None: anything.
    """
    models = read_folder(folder)
    app = FastAPI(
        title="Anomaly workshop",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would lead to whatever the Host says
    )
    app.add_middleware(Limits, names=names)
    _add_errors(app)
    _add_pages(app)
    _add_reading(app, models)
    _add_predict(app, models)
    return app


def predictions(models: ModelFolder, body: bytes) -> dict[str, Any]:
    """Return what `/predict` answers; raise `BadRequest`."""
    query = read_query(body)
    name = query.model if query.model is not None else next(iter(models.detectors))
    if name not in models.detectors:
        known = ", ".join(models.detectors)
        raise BadRequest(404, f"no such model; there are {known}")
    X = matrix(query, models.columns)
    try:
        with np.errstate(all="ignore"):
            scores = models.scores(name, X)
            errors = models.errors(name, X) if query.errors else None
    except ValueError as error:
        raise BadRequest(422, " ".join(str(error).split())) from None
    return _answer(models, name, query, scores, errors)


def _answer(
    models: ModelFolder, name: str, query: Query, scores: Any, errors: Any
) -> dict[str, Any]:
    threshold = query.threshold
    if threshold is None:
        threshold = float(models.detectors[name].threshold_)
    ids = [row.get("id") if isinstance(row, dict) else None for row in query.data]
    ids = [at if one is None else one for at, one in enumerate(ids)]
    if not all(map(_can_be_told, ids)):
        raise BadRequest(422, "an id must be a whole number or text")
    finite = errors is not None and bool(np.isfinite(errors).all())
    return {
        "model": name,
        "scores": scores.tolist(),
        "predictions": (scores > threshold).astype(int).tolist(),
        "threshold": threshold,
        "ids": ids,
        "errors": errors.tolist() if finite else None,
    }


def _can_be_told(one: object) -> bool:
    """Say whether an id can be sent back: half a surrogate pair can't."""
    if isinstance(one, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in one)
    return type(one) is int


def _add_predict(app: FastAPI, models: ModelFolder) -> None:
    schema = Query.model_json_schema()
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    pool = ThreadPoolExecutor(AT_ONCE, "predict")

    @app.post("/predict", openapi_extra={"requestBody": body})
    async def predict(request: Request) -> JSONResponse:
        """Score rows: scores, predictions (score > threshold), threshold, ids."""
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise BadRequest(415, "the content type must be application/json")
        try:
            sent = await asyncio.wait_for(request.body(), BODY_SECONDS)
        except TimeoutError:
            told = f"the body took more than {BODY_SECONDS:.0f} s"
            raise BadRequest(408, told) from None
        except ClientDisconnect:
            raise BadRequest(400, "the client went away") from None
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(pool, predictions, models, sent)
        return JSONResponse(answer)


def _add_reading(app: FastAPI, models: ModelFolder) -> None:
    # none of these waits for a thread: those may all be at work for others
    records = models.records

    @app.get("/data", response_model=list[dict[str, Any]])
    async def data(n: int = 10) -> JSONResponse:
        """Return n labelled rows, with ids."""
        if not 1 <= n <= MOST_ROWS:
            raise BadRequest(422, f"n must be from 1 to {MOST_ROWS}")
        return JSONResponse(records[:n])

    @app.get("/colnames")
    async def colnames() -> dict[str, Any]:
        """Return the names of the columns, and in words."""
        told = [name.replace("_", " ") for name in models.columns]
        return {"colnames": models.columns, "coldesc": told, "label": "label"}

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Say which models answer."""
        return {"status": "ok", "models": list(models.detectors)}

    @app.get("/metrics")
    async def metrics() -> dict[str, Any]:
        """Return each model's measures on the labelled test rows."""
        return models.metrics


def _add_pages(app: FastAPI) -> None:
    app.add_route("/favicon.ico", _as_route(Response(status_code=204)))
    for route, (name, kind) in _FILES.items():
        # whole and from memory: an answer from a file has ranges, with errors in text
        page = Response((PAGES / name).read_bytes(), media_type=kind)
        app.add_route(route, _as_route(page))


def _as_route(page: Response) -> Any:
    async def route(request: Request) -> Response:
        return page

    return route


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(BadRequest)
    async def refused(request: Request, error: BadRequest) -> JSONResponse:
        return _told(error.status, str(error))

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> JSONResponse:
        return _told(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        return _told(422, f"{ascii(first['loc'][-1])[:60]}: {first['msg']}")


def _told(status: int, line: str, headers: Any = None) -> JSONResponse:
    return JSONResponse({"error": line}, status_code=status, headers=headers)
