"""The sandbox as a container for testcontainers: https://testcontainers-python.readthedocs.io/en/latest/core/README.html"""

from __future__ import annotations

from typing import Any

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

IMAGE = "snowmaker-sandbox"  # as `make container` builds it
PORT = 8085  # inside
LOCAL = "127.0.0.1"


class SandboxContainer(DockerContainer):  # type: ignore[misc]  # it has types only where it is installed
    """A Snowflake account in a container, new with each; published on a free port of `address` alone.

        with SandboxContainer() as account:
            connection = snowflake.connector.connect(**account.connection())

    `options` are testcontainers' own. The engine has to be this machine's, unless `address` says otherwise.
    """

    def __init__(self, image: str = IMAGE, *, address: str = LOCAL, **options: Any) -> None:
        super().__init__(image, **options)
        self._address = address
        self.ports[str(PORT)] = (address, None)  # what docker-py takes for an address and any port
        self.waiting_for(LogMessageWaitStrategy("[sandbox]"))  # it says where it listens when it does

    @property
    def port(self) -> int:
        """Where it is published."""
        return int(self.get_exposed_port(PORT))

    def connection(self) -> dict[str, Any]:
        """Keywords for `snowflake.connector.connect`, and keys for a connection of snowmaker.toml."""
        return {
            "account": "sandbox",
            "user": "ADMIN",
            "password": "admin",
            "host": self._address,
            "port": self.port,
            "protocol": "http",
            "role": "ACCOUNTADMIN",
            "warehouse": "COMPUTE_WH",
        }
