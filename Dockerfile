# CPU:   docker build -t harness . && docker run --rm harness
# CUDA:  docker build -t harness-cuda --build-arg BASE=nvidia/cuda:12.6.3-runtime-ubuntu22.04 . && docker run --rm --gpus all harness-cuda
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends make g++ libgl1 libglib2.0-0 python3 python3-venv python3-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /harness
COPY . .
RUN make install
CMD ["make", "run"]
