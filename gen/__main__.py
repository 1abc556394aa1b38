"""`python -m gen explain | redraw | prune | write | record`: the author's tools, beside mkdocs.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from actmax.cli import errors_for_people
from actmax.errors import ActmaxError, StoreError
from actmax.networks import labels
from actmax.pipeline.draw import draw
from actmax.recipe.recipe import Recipe
from actmax.store.store import write_atomically
from gen import site as build
from gen.ledger import ledger
from gen.settings.schema import configuration
from gen.site import Site

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What the gallery has drawn, would draw, and need not keep.",
)
ConfigOption = Annotated[Path, typer.Option("--config", "-f", help="The site's mkdocs.yml.")]


@app.command()
def explain(config: ConfigOption = Path("mkdocs.yml")) -> None:
    """Say what is stored, what would be drawn, and why."""
    with errors_for_people():
        site, _ = _site(config)
        kept = [entry.recipe for entry in site.store.entries()]
        stored = set(site.store.digests())
        shown = {
            variant.recipe.digest(): f"{plate.label.slug}#{variant.anchor}"
            for plate in site.plan.plates
            for variant in plate.variants
        }
        planned = {recipe.digest(): recipe for recipe in build.recipes(site, config.resolve().parent)}
        for digest, recipe in planned.items():
            if site.store.get(recipe):
                fate = "stored"
            elif digest in stored:
                fate = "to draw: the stored drawing is damaged"
            else:
                fate = f"to draw: {_why(recipe, kept)}"
            typer.echo(f"{digest}  {shown.get(digest, f'write-up, {recipe.target}')}  {fate}")
        spare = [digest for digest in stored if digest not in planned]
        typer.echo(f"{len(planned)} planned, {len(spare)} stored that no page shows (`prune` removes them)")


@app.command()
def redraw(
    names: Annotated[list[str], typer.Argument(help="Classes of the gallery, or the author's words for them.")],
    config: ConfigOption = Path("mkdocs.yml"),
) -> None:
    """Draw classes again, and put the new drawings in place of the stored ones once they are done."""
    with errors_for_people():
        site, _ = _site(config)
        recipes = [recipe for name in names for recipe in _recipes(site, name)]
        typer.echo(str(draw(recipes, site.plan.source, site.store, fresh=True, say=typer.echo)))


@app.command()
def prune(
    config: ConfigOption = Path("mkdocs.yml"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove stored drawings that no page shows."""
    with errors_for_people():
        site, _ = _site(config)
        planned = {recipe.digest() for recipe in build.recipes(site, config.resolve().parent)}
        stored = site.store.digests()
        spare = [digest for digest in stored if digest not in planned]
        if not dry_run and spare:
            with site.store.lock(lambda: typer.echo("waiting for another process that draws into this store")):
                site.store.sweep()
                for digest in spare:
                    site.store.remove(digest)
        typer.echo(f"{'would remove' if dry_run else 'removed'} {len(spare)}, kept {len(stored) - len(spare)}")


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(help="Where the generated pages and pictures go.")],
    config: ConfigOption = Path("mkdocs.yml"),
) -> None:
    """Write all generated files, as Markdown and pictures, for any other site generator."""
    with errors_for_people():
        site, whole = _site(config)
        if words := build.warning(site):
            typer.secho(words, fg="yellow", err=True)
        where = build.place(whole.get("site_url"), whole.get("site_name"))
        docs = config.parent / str(whole.get("docs_dir", "docs"))
        pages, outcome = build.generate(site, config.resolve().parent, docs, typer.echo, where)
        count = 0
        for path, content in build.files(pages, docs):
            count += 1
            try:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                write_atomically(folder / path, content if isinstance(content, bytes) else content.encode())
            except OSError as error:
                raise StoreError(f"{folder / path} cannot be written: {error.strerror or error}.") from None
        typer.echo(f"{outcome}; wrote {count} files to {folder}")


@app.command()
def record(
    config: ConfigOption = Path("mkdocs.yml"),
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Keep the pictures that citations point to, too.")
    ] = True,
) -> None:
    """Add the built site's addresses and anchors to the ledger, which a strict build then holds to."""
    with errors_for_people():
        whole = configuration(config)
        site_dir, docs = (config.parent / str(whole.get(key, usual)) for key, usual in _FOLDERS.items())
        typer.echo(ledger.record(site_dir, docs, pictures=pictures))


_FOLDERS = {"site_dir": "site", "docs_dir": "docs"}
"""Keys of mkdocs.yml, and MkDocs' defaults."""


def _site(config: Path) -> tuple[Site, dict[str, Any]]:
    """The site of a mkdocs.yml, and all that stands in it."""
    whole = configuration(config)
    extra = whole.get("extra")
    gallery = extra.get("gallery") if isinstance(extra, dict) else None
    return build.prepare(gallery, config.resolve().parent), whole


def _recipes(site: Site, name: str) -> list[Recipe]:
    """All recipes of a class that is in the gallery."""
    for plate in site.plan.plates:
        if name in plate.words or labels.slugify(name) in map(labels.slugify, plate.words):
            return [variant.recipe for variant in plate.variants]
    label = labels.resolve(name)
    for plate in site.plan.plates:
        if plate.label == label:
            return [variant.recipe for variant in plate.variants]
    raise ActmaxError(f"{label.name!r} is a class of ImageNet, but none of this gallery: add it to a group first.")


def _why(wanted: Recipe, kept: list[Recipe]) -> str:
    """What sets a recipe apart from the stored one that is most like it."""
    if not kept:
        return "nothing is stored yet"
    alike = [recipe for recipe in kept if recipe.target == wanted.target]
    if not alike:
        return "this class was never drawn"
    asked = wanted.model_dump()
    differences = [
        {field: value for field, value in recipe.model_dump().items() if value != asked[field]} for recipe in alike
    ]
    nearest = min(differences, key=len)
    return ", ".join(f"{field} was {value}, is {asked[field]}" for field, value in nearest.items())


if __name__ == "__main__":
    app(prog_name="python -m gen")
