"""What is learnt from, and whose place may be taken? The first step of a training pipeline, in a processing job.

Its folder ``output`` below /opt/ml/processing gets the three parts, the quarantine, lineage.json, the champion's
archive, and assembled.json, which the pipeline reads.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import BotoCoreError, ClientError
from pyarrow import ArrowException, parquet
from rich.progress import Progress

from sluice.aws.champion import champion_archive
from sluice.aws.downloads import Downloads
from sluice.aws.endpoint import Endpoints
from sluice.aws.registry import Registry
from sluice.aws.state import RoutingStore
from sluice.cli import assemble_here as here
from sluice.cli.assemble_order import Subject, read_order
from sluice.cli.assemble_order import Words as OrderWords
from sluice.cli.skew_here import load_features
from sluice.cli.target import UsageProblem
from sluice.data_file.skew import skew_of_file
from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.errors import ObjectUnreadable, SluiceError, TrainServeSkew
from sluice.domain.training.pipeline import ASSEMBLED_FILE, CAPTURED, CHAMPION_FILE, SERVING, training_folder
from sluice.domain.training.skew import Skew
from sluice.domain.training.split import Part
from sluice.settings.feedback import Feedback
from training.exit_message import fail, say

_LINEAGE = "lineage.json"
_MOST_QUARANTINED = 10_000
_TOLERANCE = 1e-5  # as `sluice data skew` takes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the step was told: each attribute is an option."""

    model: str
    endpoint: str
    table: str
    bucket: str
    data: str
    champion: str
    label: str
    since_days: float
    until_days: float
    split: str
    max_per_unit: int
    outliers: float
    least: float
    most: float
    sensitive: tuple[str, ...]
    history: str | None
    history_time: str
    history_label: str | None
    features: str | None


def assemble(root: Path, words: Words, *, now: datetime) -> int:
    """Do it, or say in one line why nothing comes of it; the exit code."""
    out = root / "processing" / "output"
    out.mkdir(parents=True, exist_ok=True)
    try:
        champion = _get_champion(words, out)
        rows = _assemble(words, out, now) if words.data == CAPTURED else _copy(words.data.rstrip("/"), out)
        _check_features(words, out)
        Registry.connect().make_group(words.endpoint)
    except (SluiceError, UsageProblem, ClientError, BotoCoreError) as wrong:
        return fail(root, str(wrong))
    except Exception as wrong:  # noqa: BLE001  the function that computes features may fail in any way
        return fail(root, f"{type(wrong).__name__}: {wrong}")
    form = {"rows": str(rows), "data": words.data, "champion": champion}
    (out / ASSEMBLED_FILE).write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
    say(root, f"{rows:,} rows to learn {words.label!r} from")
    return 0


def _get_champion(words: Words, out: Path) -> str:
    """Where its archive is."""
    url = champion_archive(Endpoints.connect(), words.endpoint) if words.champion == SERVING else words.champion
    Downloads.connect().get(url, out / CHAMPION_FILE)
    return url


def _assemble(words: Words, out: Path, now: datetime) -> int:
    """How many rows were assembled."""
    feedback = Feedback(minimum=words.least, maximum=words.most, label=words.label)
    routing = RoutingStore.connect_patiently(words.table).get(words.model)
    subject = Subject(words.model, routing, frozenset(words.sensitive), feedback)
    with TemporaryDirectory() as folder:
        history = None if words.history is None else Path(folder) / Path(words.history).name
        if history is not None:
            url = f"s3://{words.bucket}/{training_folder(words.model)}/{words.history}"
            Downloads.connect().get(url, history)
        asked = _asked(words, history, now)
        order = read_order(asked, subject, now=now)
        place = here.Place(words.endpoint, words.table, words.bucket)
        form = here.assemble(here.Job(place, order, here.history_of(asked, order)), out, Progress(disable=True))
    return sum(part["rows"] for part in form["parts"].values())


def _asked(words: Words, history: Path | None, now: datetime) -> OrderWords:
    """What `sluice data assemble` would be told."""
    return OrderWords(
        since=(now - timedelta(days=words.since_days)).isoformat(),
        until=(now - timedelta(days=words.until_days)).isoformat(),
        as_of=now.isoformat(),
        label=words.label,
        split=words.split,
        max_per_unit=words.max_per_unit,
        outliers=words.outliers,
        quarantine_rows=_MOST_QUARANTINED,
        history=history,
        history_time=words.history_time,
        history_label=words.history_label,
    )


def _copy(url: str, out: Path) -> int:
    """How many rows of data that was assembled before there are; its lineage comes along where it has one."""
    downloads = Downloads.connect()
    for part in Part:
        downloads.get(f"{url}/{part}.parquet", out / f"{part}.parquet")
    with suppress(ObjectUnreadable):
        downloads.get(f"{url}/{_LINEAGE}", out / _LINEAGE)
    return sum(_rows(out / f"{part}.parquet") for part in Part)


def _rows(file: Path) -> int:
    try:
        return int(parquet.read_metadata(file).num_rows)
    except (ArrowException, OSError) as broken:
        raise UnreadableFile(f"{file.name} is broken, or no Parquet file: {str(broken)[:200]}") from broken


def _check_features(words: Words, out: Path) -> None:
    """Raises TrainServeSkew, or UsageProblem where nothing could be compared."""
    if words.features is None:
        return
    function, found = load_features(words.features), dict[str, Skew]()
    for part in Part:
        for name, skew in skew_of_file(out / f"{part}.parquet", function, tolerance=_TOLERANCE).items():
            found[name] = found.get(name, Skew()) + skew
    if not found:
        raise UsageProblem(f"nothing was compared: {words.features} computes no column that was captured")
    if differing := "; ".join(_differing(found)):
        raise TrainServeSkew(f"captured features are not what {words.features} computes: {differing}")


def _differing(found: dict[str, Skew]) -> Iterator[str]:
    for name, skew in found.items():
        if skew.example is not None:
            prediction, captured, computed = skew.example
            yield (
                f"{name} in {skew.differing:,} of {skew.rows:,} rows, such as {prediction}: "
                f"captured {captured!r:.40}, computed {computed!r:.40}"
            )
