"""The example's commands: ``train`` both versions, write ``rows`` or ``requests``, run the ``demo`` or a ``season``."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import pandas as pd

from examples.flights import data, samples
from examples.flights.faulty import write_faulty
from examples.flights.features import features
from examples.flights.train import LABEL, PIPELINES, examples, make, measure, untrained

SUMMER = 92


def main() -> None:
    """Parse the command line and run one command."""
    parser = ArgumentParser(prog="python -m examples.flights", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train both versions and measure them on May, June and July")
    train.add_argument("--out", type=Path, default=Path("build/flights"), help="parent of the model directories")
    rows = commands.add_parser("rows", help="write the flights of some months as a file of rows")
    rows.add_argument("--months", type=int, nargs=2, default=(6, 7), metavar=("FIRST", "LAST"), help="both included")
    rows.add_argument("--out", type=Path, required=True, help="a .csv or .parquet file")
    commands.add_parser("requests", help=f"write {samples.FOLDER.name}/v1.json and v2.json from live flights")
    commands.add_parser("demo", help="deploy to the local cloud, predict the summer's flights, shift traffic")
    season = commands.add_parser("season", help="deploy to the local cloud, ask about the summer day by day")
    season.add_argument("--days", type=_days, default=SUMMER, help=f"1 to {SUMMER}, from 1 June on; 10 seconds each")
    arguments = parser.parse_args()
    match arguments.command:
        case "train":
            train_both(arguments.out)
        case "rows":
            write_rows(arguments.months, arguments.out)
        case "requests":
            samples.write(data.load().live)
        case "demo":
            from examples.flights.demo import demo  # noqa: PLC0415  the other commands need no cloud

            demo()
        case "season":
            from examples.flights.season import season as pass_season  # noqa: PLC0415  the same

            pass_season(arguments.days)


def _days(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= SUMMER:
        raise ArgumentTypeError(f"{word} is not 1 to {SUMMER}, the days of June to August")
    return int(word)


def train_both(out: Path) -> None:
    """Write ``v1``, ``v2`` and the faulty ``v3`` to ``v5`` below ``out``, saying what is done and how well it went."""
    started = perf_counter()

    def say(text: str) -> None:
        print(f"{perf_counter() - started:5.1f} s  {text}", flush=True)

    say("reading the flights and the weather of 2013")
    split = data.load()
    training = examples(split.training)
    held_out = {"May": examples(split.validation), "June and July": examples(_before_august(split.live))}
    say(f"{len(training):,} flights of January to April to learn from; {len(held_out['May']):,} of May to choose by")
    for version in PIPELINES:
        say(f"v{version}: training")
        model_dir = out / f"v{version}"
        make(untrained(version), version, training, model_dir)
        size = (model_dir / "model.onnx").stat().st_size
        say(f"v{version}: {model_dir} ({size / 1024:.0f} KiB)")
        for months, table in held_out.items():
            say(f"v{version}: {months}: {measure(model_dir, table)}")
    say(f"versions {', '.join(write_faulty(out))}: faulty on purpose, for a release to stop")


def write_rows(months: Sequence[int], file: Path) -> None:
    """Write the inputs of some months, when each flight was to leave, and whether it was late (empty: no landing)."""
    flights = data.join(data.read())
    month = flights["scheduled_departure"].dt.tz_convert(data.NEW_YORK).dt.month
    chosen = flights[month.between(*months)]
    rows = features(chosen).assign(scheduled_departure=chosen["scheduled_departure"], **{LABEL: chosen["late"]})
    if file.suffix == ".parquet":
        rows.to_parquet(file, index=False)
    else:
        rows.to_csv(file, index=False)
    print(f"{file}: {len(rows):,} flights")


def _before_august(flights: pd.DataFrame) -> pd.DataFrame:
    return flights[flights["scheduled_departure"] < pd.Timestamp("2013-08-01", tz=data.NEW_YORK)]


if __name__ == "__main__":
    main()
