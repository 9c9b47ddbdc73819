"""Packages lie in three top-level folders; `benchmarks` is installed as `harness_benchmarks`."""

from setuptools import find_packages, setup

core = find_packages(".", include=["harness", "harness.*"])
plugins = find_packages("plugins", include=["harness_*"])
setup(
    packages=[*core, *plugins, "harness_benchmarks"],
    package_dir={"harness_benchmarks": "benchmarks", **{name: "plugins/" + name.replace(".", "/") for name in plugins}},
)
