"""A real Slurm of one node, with its daemons in a folder of its own: no systemd, no cgroups, no accounting database."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from daemons import Daemons
from ports import free_ports

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
ReturnToService=2
SwitchType=switch/none
MpiDefault=none
KillWait=5
SlurmdParameters=config_overrides
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


def missing() -> str | None:
    """Why it cannot be started here."""
    if not sys.platform.startswith("linux"):
        return "Slurm runs on Linux"
    absent = [program for program in _PROGRAMS if _where(program) == program]
    if absent:
        return f"{', '.join(absent)} not installed (apt-get install slurmctld slurmd slurm-client munge)"
    return None if os.geteuid() == 0 else "the daemons of Slurm start jobs as root only"


class Slurm(Daemons):
    """Started by `start`, ended by `stop`; `environ` is what its commands need."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.environ = {"SLURM_CONF": str(folder / "slurm.conf")}

    def start(self) -> None:
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        self.folder.chmod(0o755)
        host = socket.gethostname().partition(".")[0]
        (self.folder / "slurm.conf").write_text(_CONF.format(host=host, folder=self.folder, ports=free_ports(2)))
        files = ("socket", "pid-file", "log-file", "seed-file")
        paths = [f"--{name}={self.folder}/munge.{name.partition('-')[0]}" for name in files]
        self._spawn("munged", "--foreground", "--force", f"--key-file={key}", *paths)
        self.until((self.folder / "munge.socket").exists, "munged listens")
        self._spawn("slurmctld", "-D", "-c")
        self.start_node()
        self.until(lambda: self.ask("sinfo", "--noheader", "--format=%t") == "idle", "the node is idle")

    def start_node(self) -> None:
        self._spawn("slurmd", "-D", "-N", socket.gethostname().partition(".")[0])

    def kill_node(self) -> None:
        daemon = self.processes.pop("slurmd")
        daemon.kill()
        daemon.wait()

    def stop(self) -> None:
        if "slurmctld" in self.processes:
            self.ask("scancel", "--user=root")
        super().stop()

    def ask(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [_where(program), *arguments], env=os.environ | self.environ, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def _spawn(self, name: str, *arguments: str) -> None:
        self.spawn(name, [_where(name), *arguments], os.environ | self.environ)


def _where(program: str) -> str:
    """Its path, whatever PATH a test has set."""
    return shutil.which(program, path=_PATH) or program
