"""azureml.opendatasets: exists in Azure only; its names can be imported and say what to use instead."""

from __future__ import annotations

from jupyter_runs.azureml import cloud

__all__ = [
    "MNIST",
    "BingCOVID19Data",
    "BostonSafety",
    "ChicagoSafety",
    "Covid19OpenResearch",
    "Diabetes",
    "NoaaGfsWeather",
    "NoaaIsdWeather",
    "NycSafety",
    "NycTaxiFhv",
    "NycTlcFhv",
    "NycTlcGreen",
    "NycTlcYellow",
    "OjSalesSimulated",
    "PublicHolidays",
    "PublicHolidaysOffline",
    "SampleCPI",
    "SanFranciscoSafety",
    "SeattleSafety",
    "UsPopulationCounty",
    "UsPopulationZip",
]

__getattr__ = cloud.only(dict.fromkeys(__all__, cloud.DATA))
