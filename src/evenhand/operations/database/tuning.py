"""The server's settings: durable, quiet about people, and sized to the machine."""

from __future__ import annotations

import os

MEGABYTE = 1024 * 1024


def settings(*, socket: str, port: int, durable: bool, memory_bytes: int, processors: int) -> dict[str, str]:
    """Return every setting that the server is started with; nothing is left in files inside its folder."""
    memory = memory_bytes // MEGABYTE
    chosen = {
        "listen_addresses": "",
        "unix_socket_directories": socket,
        "unix_socket_permissions": "0700",
        "port": str(port),
        "max_connections": "100",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        # Sizes: a share of the machine, because web, worker and checks live on it too.
        "shared_buffers": f"{_between(128, memory // 8, 3072)}MB",
        "effective_cache_size": f"{_between(256, memory // 2, 65536)}MB",
        "maintenance_work_mem": f"{_between(64, memory // 32, 768)}MB",
        "work_mem": f"{_between(4, memory // 1024, 32)}MB",
        "max_wal_size": "4GB",
        "min_wal_size": "80MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers_per_gather": "1" if processors <= 2 else "2",
        "max_parallel_workers": str(max(2, processors)),
        # A statement can carry what somebody reported: neither the log nor the activity view repeats it.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_line_prefix": "%m [%p] ",
        "track_activity_query_size": "100",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
    }
    if not durable:
        # A test's server, one of several at once.
        chosen |= {"shared_buffers": "128MB", "max_wal_size": "1GB"}
        chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return chosen


def memory_bytes() -> int:
    """Return the machine's memory, or the share of it that a container may use."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as limit:
            memory = min(memory, int(limit.read()))
    except (OSError, ValueError):
        pass
    return memory


def _between(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))
