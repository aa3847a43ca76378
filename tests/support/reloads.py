"""Which files a dev server's reloads were for."""

from pathlib import Path

from support.project import write
from support.server_process import ServerProcess

_LAST = "last_of_all_"


def reloads_until_now(server: ServerProcess, folder: Path) -> list[list[str]]:
    """Return the names of the files of each reload, by making a last one: whatever was to come has come before it."""
    last = f"{_LAST}{len(server.seen('reloaded'))}.py"
    write(folder, {last: ""})
    server.wait_for_reload_of(last)
    told = [[Path(file).name for file in event["files"]] for event in server.seen("reloaded")]
    assert told[-1] == [last]
    return [names for names in told if not names[0].startswith(_LAST)]
