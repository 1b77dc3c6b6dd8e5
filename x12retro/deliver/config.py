"""The configuration of an installation: `x12retro deliver --config FILE`. Where things lie, and who the partners are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from x12retro.deliver.exchange import Partnership, load_exchange
from x12retro.deliver.secrets import secret
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
    Prometheus' node exporter picks up; `retain_days` how long what is closed is kept.
    """

    file: Path
    root: Path
    ledger: str
    partners: tuple[Partnership, ...]
    payers: Path | None
    actor: str | None
    metrics: Path | None
    retain_days: int

    def partner(self, id_: str) -> Partnership:
        """The partner called so. Raises UsageError with those there are."""
        for one in self.partners:
            if one.id == id_:
                return one
        raise UsageError(f"no partner is called {id_}; there are: {', '.join(one.id for one in self.partners) or 'none'}")


def load_config(file: Path) -> Config:
    """Read a configuration and its partner files. Raises UsageError with all that is wrong, in all files."""
    told = settings(read_settings(file), _File, file)
    beside = file.resolve().parent
    root = beside / told.root
    ledger = secret(told.ledger, beside) if told.ledger.startswith(("env:", "file:")) else told.ledger
    if "://" not in ledger and ("//" in ledger or ":" in ledger[2:]):
        raise UsageError(f"{file}: $.ledger: looks like a database URL and is none; such as postgresql://user@host/database")
    return Config(
        file=file,
        root=root,
        ledger=ledger if "://" in ledger else str(root / ledger),
        partners=_partners(beside / told.partners),
        payers=beside / told.payers if told.payers else None,
        actor=told.actor,
        metrics=beside / told.metrics if told.metrics else None,
        retain_days=told.retain_days,
    )


def _partners(folder: Path) -> tuple[Partnership, ...]:
    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder of partner files ($.partners)")
    found, wrong = [], []
    for file in sorted(folder.glob("*.toml")):
        try:
            found.append(load_exchange(file))
        except UsageError as problem:
            wrong.append(str(problem))
    boxes: dict[tuple[object, ...], str] = {}
    for one in found:
        exchange, interchange = one.exchange, one.partner.interchange
        box = (exchange.folder, exchange.sftp, exchange.outgoing.folder, interchange.sender_id, interchange.receiver_id)
        if box in boxes:
            why = f"has the mailbox and the ids of {boxes[box]}.toml: their control numbers would meet; make one partner of them"
            wrong.append(f"{one.file}: $.exchange: {why}")
        boxes[box] = one.id
    if wrong:
        raise UsageError("\n".join(wrong))
    if not found:
        raise UsageError(f"{folder}: holds no partner file (*.toml)")
    return tuple(found)
