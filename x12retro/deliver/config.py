"""The configuration of an installation: `x12retro deliver --config FILE`. Where things lie, and who the partners are."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from x12retro.deliver.exchange import Partnership, load_exchange
from x12retro.deliver.secrets import secret
from x12retro.deliver.sharing import clashes
from x12retro.encounter.mapping import is_mapping
from x12retro.encounter.settings import read_settings, settings
from x12retro.errors import UsageError


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    root: Annotated[str, Meta(min_length=1)] = "."
    ledger: Annotated[str, Meta(min_length=1)] = "ledger.db"
    partners: Annotated[str, Meta(min_length=1)] = "partners"
    payers: str | None = None
    actor: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    metrics: str | None = None
    retain_days: Annotated[int, Meta(ge=30)] = 2190


class Config(msgspec.Struct, frozen=True):
    """An installation. `ledger` is a file below `root` or a database URL; `payers` a folder of your own rules; `metrics` a file that
    Prometheus' node exporter picks up; `retain_days` how long what is closed is kept. `broken` says of each partner file that cannot be
    used, by the file's name without `.toml`, what is wrong with it: the `partners` are the others.
    """

    file: Path
    root: Path
    ledger: str
    partners: tuple[Partnership, ...]
    broken: dict[str, str]
    payers: Path | None
    actor: str | None
    metrics: Path | None
    retain_days: int

    def partner(self, id_: str) -> Partnership:
        """The partner called so. Raises UsageError with what is wrong with its file, or with those there are."""
        for one in self.partners:
            if one.id == id_:
                return one
        if id_ in self.broken:
            raise UsageError(self.broken[id_])
        raise UsageError(f"no partner is called {id_}; there are: {', '.join(one.id for one in self.partners) or 'none'}")


def load_config(file: Path) -> Config:
    """Read a configuration and its partner files. Raises UsageError with all that is wrong with the configuration; what is wrong with a
    partner file is told in `broken`, and the others can be worked for.
    """
    told = settings(read_settings(file), _File, file)
    for key in ("root", "ledger", "partners", "payers", "metrics"):
        if "\0" in (getattr(told, key) or ""):
            raise UsageError(f"{file}: $.{key}: holds a null character (U+0000), which no path and no address has")
    beside = file.resolve().parent
    root = beside / told.root
    ledger = secret(told.ledger, file, "$.ledger") if told.ledger.startswith(("env:", "file:")) else told.ledger
    if "://" not in ledger and ("//" in ledger or ":" in ledger[2:]):
        raise UsageError(f"{file}: $.ledger: looks like a database URL and is none; such as postgresql://user@host/database")
    partners, broken = _partners(beside / told.partners, f"{file}: $.partners")
    payers = beside / told.payers if told.payers else None
    if payers is not None and not payers.is_dir():
        raise UsageError(f"{file}: $.payers: {payers} is no folder; it is where payers' files of your own are (docs/assess.md)")
    return Config(
        file=file,
        root=root,
        ledger=ledger if "://" in ledger else str(root / ledger),
        partners=partners,
        broken=broken,
        payers=payers,
        actor=told.actor,
        metrics=beside / told.metrics if told.metrics else None,
        retain_days=told.retain_days,
    )


def _partners(folder: Path, where: str) -> tuple[tuple[Partnership, ...], dict[str, str]]:
    """The partners of the folder that is named at `where`, and what is wrong with the others: by themselves, or beside each other."""
    if not folder.is_dir():
        raise UsageError(f"{where}: {folder} is no folder; it is where the partner files are (*.toml)")
    found: list[Partnership] = []
    wrong: defaultdict[str, list[str]] = defaultdict(list)
    for file in sorted(folder.glob("*.toml")):
        if is_mapping(file):
            continue
        try:
            found.append(load_exchange(file))
        except UsageError as problem:
            wrong[file.stem].append(str(problem))
    if not found and not wrong:
        raise UsageError(f"{where}: {folder} holds no partner file (*.toml)")
    for one, why in clashes(found):
        wrong[one.file.stem].append(f"{one.file}: {why}")
    good = tuple(one for one in found if one.file.stem not in wrong)
    return good, {name: "\n".join(told) for name, told in wrong.items()}
