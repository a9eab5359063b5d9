"""The files that come with snowmaker: authoring templates, macros, the example project."""

from __future__ import annotations

from pathlib import Path

from snowmaker.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The path of a shipped file or folder, e.g. `templates/new`, `migrations`, `snowmaker.toml`.

    A wheel carries them in the package (`shipped/`, the example project in `shipped/example/`); in a checkout
    they stand beside it. Raises ConfigError where neither has it.
    """
    roots = [_PACKAGE / "shipped", _PACKAGE / "shipped" / "example"]
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        roots.append(_PACKAGE.parent)
    for root in roots:
        if (root / name).exists():
            return root / name
    raise ConfigError(f"{name} did not come with this installation", "not_shipped", "install snowmaker again")
