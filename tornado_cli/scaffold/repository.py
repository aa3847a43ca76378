"""Makes a project a git repository."""

import os
from pathlib import Path

from tornado_cli.errors import TcliError


class RepositoryError(TcliError):
    """The project is there, without a repository."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"The project is made, but is no git repository: {problem}.", hint="In its folder, type: git init -b main"
        )


def is_inside_repository(folder: Path) -> bool:
    real = folder.resolve()
    return any(os.path.lexists(place / ".git") for place in (real, *real.parents))


def make_repository(folder: Path) -> None:
    """`git init`: nothing is added and nothing committed, so that no hook runs. Raises RepositoryError."""
    from tornado_cli.scaffold.git import GitError, git

    try:
        git(["init", "--quiet", "--initial-branch=main"], folder)
    except GitError as error:
        raise RepositoryError(str(error)) from error
