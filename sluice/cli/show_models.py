"""How are registered versions, and the differences between two, put into words and JSON?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sluice.aws.package_details import Details
from sluice.aws.registry import Package
from sluice.cli.inferred import Inferred
from sluice.cli.show import Output
from sluice.domain.contents import Contents
from sluice.domain.contents_difference import Change, Difference
from sluice.domain.package_metadata import DIGEST, made_of
from sluice.domain.signature import DYNAMIC, Signature, TensorSpec

_SHORT = 12  # characters of a digest that people compare


@dataclass(frozen=True, slots=True)
class Opened:
    """A registered version, and what is in it.

    Attributes:
        package: In the registry.
        details: What else the registry knows.
        contents: What is in its archive; a reason in words where that could not be read.

    """

    package: Package
    details: Details
    contents: Contents | str


def package_form(package: Package) -> dict[str, Any]:
    """A package for programs."""
    return {
        "arn": package.arn,
        "number": package.number,
        "version": package.version,
        "artifact": package.artifact,
        "inputs_hash": package.inputs_hash,
        "approval": package.approval.value,
        "because": package.because,
        "created_at": package.created_at.isoformat(),
    }


def show_package(package: Package, model: str, out: Output) -> None:
    """A package for people, in three lines."""
    because = f" ({package.because})" if package.because else ""
    out.plain(f"{model} version {package.version}: package {package.number}, {package.approval}{because}")
    out.plain(f"  {package.arn}")
    out.plain(f"  {package.artifact or 'names no model.tar.gz in S3'}")


def show_registered(package: Package, inferred: Inferred | None, model: str, out: Output) -> None:
    """What was registered, and for which signature where nobody wrote one."""
    if out.as_json:
        extra = {"signature": inferred.signature.to_dict(), "notes": inferred.notes} if inferred else {}
        out.json({**package_form(package), **extra})
        return
    show_package(package, model, out)
    if inferred is not None:
        out.plain("  its signature was inferred from the graph, and random rows were answered by it:")
        for line in (*_signature_lines(inferred.signature), *(f"note: {note}" for note in inferred.notes)):
            out.plain(f"    {line}")


def show_opened(opened: Opened, model: str, out: Output) -> None:
    """Everything that is known of a version."""
    package, details, contents = opened.package, opened.details, opened.contents
    if out.as_json:
        out.json(_opened_form(opened))
        return
    show_package(package, model, out)
    rows = [
        ["status", details.status],
        ["registered", _by(f"{package.created_at:%Y-%m-%d %H:%M}", details.created_by)],
        ["changed", _by(f"{package.modified_at:%Y-%m-%d %H:%M}", details.modified_by)],
        *([["decided", f"{package.approval} by {details.decided_by}"]] if details.decided_by else []),
        ["image", details.image or "-"],
        ["digest", details.metadata.get(DIGEST, "-")],
        *([["statistics", details.statistics]] if details.statistics else []),
        *_training_rows(details.metadata),
        *(_content_rows(contents) if isinstance(contents, Contents) else [["contents", contents]]),
    ]
    for line in (f"{name:<10}  {text}" for name, text in rows):
        out.plain(f"  {line}")


def show_difference(packages: tuple[Package, Package], found: Difference, out: Output) -> None:
    """From one version to another."""
    if out.as_json:
        out.json({"before": package_form(packages[0]), "after": package_form(packages[1]), **asdict(found)})
        return
    one, two = (f"version {each.version} (package {each.number})" for each in packages)
    out.plain(f"{one} → {two}")
    parts: list[tuple[str, tuple[Change, ...], Callable[[Any], str]]] = [
        ("inputs", found.inputs, _tensor_words),
        ("outputs", found.outputs, _tensor_words),
        ("order", found.order, lambda names: ", ".join(names) or "none"),
        ("metrics", found.metrics, str),
        ("files", found.files, _file_words),
        ("reference", found.bins, _bins_words),
        *([("made", found.made, str)] if found.made else []),
    ]
    for name, changes, words in parts:
        out.plain(f"  {name}: {'' if changes else 'the same'}".rstrip())
        for change in changes:
            out.plain(f"    {_change_words(change, words)}")


def _opened_form(opened: Opened) -> dict[str, Any]:
    details, contents = opened.details, opened.contents
    form = {
        **package_form(opened.package),
        "modified_at": opened.package.modified_at.isoformat(),
        **asdict(details),
        "metadata": dict(details.metadata),
        "digest": details.metadata.get(DIGEST),
    }
    if isinstance(contents, str):
        return {**form, "unreadable": contents}
    return {
        **form,
        "signature": contents.signature.to_dict() if contents.signature else None,
        "metrics": dict(contents.metrics),
        "reference": contents.bins is not None,
        "files": {name: {"size": file.size, "sha256": file.digest} for name, file in contents.files.items()},
        "notes": list(contents.notes),
    }


def _training_rows(metadata: Mapping[str, str]) -> Iterator[list[str]]:
    """How it came about, of a version that a pipeline has trained."""
    made = made_of(metadata)
    rows = made.pop("rows", "")
    if "learnt" in made and rows.isdecimal():
        made["learnt"] += f", {int(rows):,} rows"
    yield from ([name, said] for name, said in made.items())


def _content_rows(contents: Contents) -> Iterator[list[str]]:
    for line in _signature_lines(contents.signature) if contents.signature else ():
        yield line.split(" ", 1)
    yield from (["metric", f"{name} {value}"] for name, value in contents.metrics.items())
    features = "none: its drift is not judged" if contents.bins is None else f"bins of {len(contents.bins)} features"
    yield ["reference", features]
    for name, file in contents.files.items():
        yield ["file", f"{name}  {file.size:,} bytes  sha256 {file.digest[:_SHORT]}"]
    yield from (["note", note] for note in contents.notes)


def _signature_lines(signature: Signature) -> Iterator[str]:
    yield from (f"input {spec.name} {_spec_words(spec)}" for spec in signature.inputs)
    yield from (f"output {spec.name} {_spec_words(spec)}" for spec in signature.outputs)
    if signature.classes:
        yield f"classes {', '.join(signature.classes)}"


def _spec_words(spec: TensorSpec) -> str:
    return _tensor_words(spec.to_dict())


def _tensor_words(form: Mapping[str, Any]) -> str:
    shape = ", ".join("any" if dim == DYNAMIC else str(dim) for dim in form["shape"])
    bounds = [f"{name} {form[name]:g}" for name in ("minimum", "maximum") if name in form]
    return " ".join([form["datatype"], f"[{shape}]", *(["optional"] if form.get("optional") else []), *bounds])


def _file_words(form: Mapping[str, Any]) -> str:
    return f"{form['size']:,} bytes, sha256 {form['sha256'][:_SHORT]}"


def _bins_words(form: Mapping[str, Any]) -> str:
    if form["kind"] == "categorical":
        return f"{len(form['cuts'])} categories"
    low, *edges, high = form["cuts"]
    return f"{len(edges) + 1} bins from {low} to {high}"


def _change_words(change: Change, words: Callable[[Any], str]) -> str:
    if change.before is None:
        return f"+ {change.name}: {words(change.after)}"
    if change.after is None:
        return f"- {change.name}: {words(change.before)}"
    before, after = words(change.before), words(change.after)
    return (
        f"~ {change.name}: {before} → {after}" if before != after else f"~ {change.name}: {after}, others than before"
    )


def _by(moment: str, who: str | None) -> str:
    return f"{moment} by {who}" if who else moment
