"""Workers of a Dask cluster: one on this machine, or one that stands somewhere and sees the same folders."""

from __future__ import annotations

import importlib
import logging
from typing import Any

from circle15.batch.seats import THREADS, Lost, threads_of_each
from circle15.batch.work import Record, Task, attend
from circle15.core.errors import ConfigError
from circle15.core.text import Text

# How often Dask gives a study to another worker after one has died of it.
_MORE_DEATHS = 0


class Cluster:
    """A crew of Dask workers, one study at a time in each. ``address`` is a scheduler's; without one it is made here.

    Raises ConfigError where Dask is missing, no scheduler answers, or a worker has several threads: studies of one
    process would be told apart neither by memory nor by death.
    """

    def __init__(self, address: str | None, count: int, most_bytes: int = 0) -> None:
        dask, self._distributed = _library("dask"), _library("distributed")
        self._waiting: dict[Any, Task] = {}
        self._cluster: Any = None
        if address is None:
            with dask.config.set({"distributed.scheduler.allowed-failures": _MORE_DEATHS}):
                self._cluster = self._distributed.LocalCluster(
                    n_workers=count,
                    threads_per_worker=1,
                    env={THREADS: str(threads_of_each(count))},
                    memory_limit=most_bytes or "auto",
                    dashboard_address="127.0.0.1:0",  # the usual port is another cluster's already, if there is one
                    scheduler_kwargs={"dashboard": False},
                    silence_logs=logging.CRITICAL,
                )
        try:
            self._client = self._distributed.Client(self._cluster or address, timeout="30s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConfigError(
                Text(
                    f"无法连接 Dask 调度器 {address}：{error}。请检查 --scheduler。",
                    f"no Dask scheduler answers at {address}: {error}. Check --scheduler.",
                )
            ) from error
        self._done = self._distributed.as_completed(loop=self._client.loop)
        self._refuse_threads()

    def _refuse_threads(self) -> None:
        threads = self._client.nthreads()
        several = [name for name, count in threads.items() if count != 1]
        if several or not threads:
            self.close()
            raise ConfigError(
                Text(
                    f"Dask 集群有 {len(threads)} 个计算进程，其中 {len(several)} 个不是单线程。"
                    f"请用 dask worker --nthreads 1 启动，至少一个。",
                    f"the Dask cluster has {len(threads)} workers, {len(several)} with more than one thread: "
                    f"start them with dask worker --nthreads 1, at least one.",
                )
            )

    @property
    def free(self) -> int:
        """How many more studies it takes: as many wait as are under way, so that no worker is idle."""
        return max(2 * len(self._client.nthreads()) - len(self._waiting), 0)

    @property
    def busy(self) -> int:
        """Studies given and not taken back."""
        return len(self._waiting)

    def give(self, task: Task) -> None:
        """Have a study attended to."""
        future = self._client.submit(attend, task, pure=False, retries=0)
        self._waiting[future] = task
        self._done.add(future)

    def take(self) -> tuple[Task, Record | Lost]:
        """Wait until a study is done, or a worker has died of it. Raises ConfigError where the cluster is gone."""
        future = next(self._done)
        task = self._waiting.pop(future)
        try:
            return task, future.result()
        except self._distributed.KilledWorker:
            return task, Lost(
                Text(
                    "Dask 计算进程意外终止（可能是内存不足）。请减少 --workers，或单独运行该研究。",
                    "its Dask worker died, perhaps for want of memory: use fewer --workers, or run the study alone.",
                )
            )
        except (OSError, self._distributed.CancelledError, self._distributed.client.FutureCancelledError) as error:
            raise ConfigError(
                Text(
                    f"与 Dask 集群的连接中断：{error}。恢复后加 --resume 继续。",
                    f"the Dask cluster is gone: {error}. Go on with --resume when it is back.",
                )
            ) from error

    def close(self) -> None:
        """Leave the cluster; one of this machine ends."""
        for future in self._waiting:
            future.cancel()
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigError(
            Text(
                "使用 Dask 集群需要 distributed。请运行 pip install circle15[cluster]，"
                "或去掉 --scheduler 和 --cluster。",
                "a Dask cluster needs distributed: pip install circle15[cluster], or leave out --scheduler and "
                "--cluster.",
            )
        ) from error
