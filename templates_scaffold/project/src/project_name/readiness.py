"""Whether all answers that the application cannot work without."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

Check = Callable[[], Awaitable[None]]
PATIENCE = 2.0

logger = logging.getLogger(__name__)


async def does_all_answer(checks: Mapping[str, Check]) -> bool:
    outcomes = await asyncio.gather(*(answers(name, check) for name, check in checks.items()))
    return all(outcomes)


async def answers(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await check()
    except Exception:
        # Each driver has errors of its own, and any of them is an answer.
        logger.warning("Not ready: %s does not answer.", name, exc_info=True)
        return False
    return True
