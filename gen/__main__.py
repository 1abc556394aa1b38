"""Entry point for the shell: `python -m gen COMMAND`, in the folder of mkdocs.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from actmax.cli import Commands
from actmax.stopping import KEPT, keeping
from gen import configuration, site, tools
from gen.ledger.record import record as recorded
from gen.pages import SiteInfo

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Draw, inspect, write and verify the site without building it.",
)
ConfigOption = Annotated[Path, typer.Option("--config", "-f", help="The site's mkdocs.yml.")]
CONFIG = Path("mkdocs.yml")
SiteOption = Annotated[Path | None, typer.Option("--site", help="The built site's folder; by default mkdocs.yml's.")]
FOLDERS = {"site_dir": "site", "docs_dir": "docs"}
"""Keys of mkdocs.yml, and MkDocs' defaults."""


@app.command()
def explain(config: ConfigOption = CONFIG) -> None:
    """List what is stored, what would be drawn, and why."""
    for line in tools.explain(_site(configuration.read(config), config)):
        typer.echo(line)


@app.command()
def draw(
    config: ConfigOption = CONFIG,
    shard: Annotated[
        str | None,
        typer.Option(help="A share, such as 2/4; by default that of SLURM_ARRAY_TASK_ID, or all."),
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or ray: on all processors of a Ray cluster.")] = tools.LOCAL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only estimate what it would take.")] = False,
) -> None:
    """Draw what the store lacks, without building the site: all of it, or one machine's share."""
    prepared = _site(configuration.read(config), config)
    wanted = tools.share(shard)
    if dry_run:
        typer.echo(tools.estimate(prepared, wanted))
        return
    with keeping(_print_error, f"{KEPT}, and the same command goes on from there"):
        typer.echo(tools.draw(prepared, wanted, typer.echo, engine))


@app.command()
def merge(
    stores: Annotated[list[Path], typer.Argument(help="Folders of stores.")], config: ConfigOption = CONFIG
) -> None:
    """Copy into the site's store what other machines have drawn."""
    for line in tools.merge(_site(configuration.read(config), config), stores):
        typer.echo(line)


@app.command()
def redraw(
    names: Annotated[list[str], typer.Argument(help="Classes, your words for them, or channels such as conv4:117.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Draw classes or channels again; each new drawing replaces the stored one when it is done."""
    prepared = _site(configuration.read(config), config)
    with keeping(_print_error):
        typer.echo(tools.redraw(prepared, names, typer.echo))


@app.command()
def prune(
    config: ConfigOption = CONFIG,
    all_networks: Annotated[bool, typer.Option("--all-networks", help="Also what other networks drew.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
) -> None:
    """Remove stored drawings by this network that no page shows."""
    prepared = _site(configuration.read(config), config)
    typer.echo(tools.prune(prepared, all_networks=all_networks, dry_run=dry_run, log=typer.echo))


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(help="New, empty, or written before.")], config: ConfigOption = CONFIG
) -> None:
    """Write the whole site as plain files, which MkDocs, ProperDocs and Zensical build without plugins of ours."""
    values = configuration.read(config)
    docs, theme = _folder(values, config, "docs_dir"), values.get("theme")
    own = theme.get("custom_dir") if isinstance(theme, dict) else None
    templates = config.parent / str(own) if own else None
    tools.require_ours(folder, [docs, *([templates] if templates else [])])
    prepared = site.prepare(_project(values, config))
    if prepared.warning:
        typer.secho(prepared.warning, fg="yellow", err=True)
    info = SiteInfo.of(
        *(values.get(key) for key in ("site_url", "site_name", "site_author")), guest=tools.is_guest(values)
    )
    with keeping(_print_error, f"{KEPT}, and the same command goes on from there"):
        contents, outcome = site.generate(prepared, typer.echo, info)
    typer.echo(site.WRITING)
    files, extra = site.files(prepared, contents), site.footer(prepared, contents)
    tree = tools.write_tree(files, values, docs, templates, folder, extra)
    typer.echo(f"{outcome}; wrote {tree.files} files to {folder}")
    for sentence in tools.left_out(values, tree.shifted):
        typer.secho(sentence, fg="yellow", err=True)


@app.command()
def record(
    config: ConfigOption = CONFIG,
    site_dir: SiteOption = None,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Keep the pictures that citations point to, too.")
    ] = True,
) -> None:
    """Add the built site's addresses and anchors to the ledger, which a strict build then holds to."""
    values = configuration.read(config)
    built, docs = site_dir or _folder(values, config, "site_dir"), _folder(values, config, "docs_dir")
    typer.echo(recorded(built, docs, pictures=pictures))


@app.command()
def verify(
    config: ConfigOption = CONFIG,
    site_dir: SiteOption = None,
    measure: Annotated[bool, typer.Option("--measure", help="Measure each drawing again, too.")] = False,
) -> None:
    """Check the store, and the built site against it and the ledger. Fails if there is a fault."""
    values = configuration.read(config)
    built, docs = site_dir or _folder(values, config, "site_dir"), _folder(values, config, "docs_dir")
    done = tools.verify(_site(values, config), built, docs, measure=measure)
    for fault in done.faults:
        typer.secho(fault, fg="red", err=True)
    typer.echo(done)
    if done.faults:
        raise typer.Exit(1)


@app.command(name="compile")
def compile_engine() -> None:
    """Compile the engine that draws in a reader's browser, after a change of its source."""
    typer.echo(tools.write_engine())


def _print_error(message: str) -> None:
    typer.echo(message, err=True)


def _site(values: dict[str, Any], config: Path) -> site.Site:
    return site.plan_site(_project(values, config))


def _project(values: dict[str, Any], config: Path) -> site.Project:
    extra = values.get("extra")
    return site.Project(
        gallery=extra.get("gallery") if isinstance(extra, dict) else None,
        config=config,
        docs=_folder(values, config, "docs_dir"),
        exclude="\n".join(str(values.get(key) or "") for key in ("exclude_docs", "draft_docs")),
        use_directory_urls=values.get("use_directory_urls") is not False,
    )


def _folder(values: dict[str, Any], config: Path, key: str) -> Path:
    return config.parent / str(values.get(key, FOLDERS[key]))


if __name__ == "__main__":
    app(prog_name="python -m gen")
