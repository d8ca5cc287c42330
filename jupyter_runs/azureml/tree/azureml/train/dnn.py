"""azureml.train.dnn: exists in Azure only; its names can be imported and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud

__all__ = ["Chainer", "Gloo", "Horovod", "Mpi", "Nccl", "ParameterServer", "PyTorch", "TensorFlow"]

__getattr__ = cloud.only(
    {
        "Chainer": cloud.ESTIMATOR,
        "Gloo": cloud.DISTRIBUTED,
        "Horovod": cloud.DISTRIBUTED,
        "Mpi": cloud.DISTRIBUTED,
        "Nccl": cloud.DISTRIBUTED,
        "ParameterServer": cloud.DISTRIBUTED,
        "PyTorch": cloud.ESTIMATOR,
        "TensorFlow": cloud.ESTIMATOR,
    }
)
