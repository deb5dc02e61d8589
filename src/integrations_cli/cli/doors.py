"""What stands outside the process."""

from __future__ import annotations

import os
from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from integrations_cli.access import Principal
    from integrations_cli.web import Web


class Doors:
    """What stands outside the process: replaced as a whole by `integrations demo`, which brings its own network and home."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        web: Callable[[float], Web] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        principal: Principal | None = None,
    ) -> None:
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.web, self.clock = web, clock
        self.principal = principal  # None: whoever the operating system says, as in the product
