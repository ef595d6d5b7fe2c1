"""The peers: how each is prepared, configured and run. Used inside worker processes only.

Each is given its best: what it can do beforehand is done by `prepare`, its own format for deployment is what `load`
reads, and no call of `run` copies more than it must. All compute in f32 on the CPU, with as many threads as they are
told.
"""

import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Engine(ABC):
    """An engine in this process."""

    package: str
    """Its name in the package index."""
    bindings: tuple[str, ...]
    """Parts of the names of libraries that only its Python interface needs."""

    @abstractmethod
    def prepare(self, model: dict[str, Any], folder: Path) -> None:
        """Writes into `folder` what `load` reads; `model` is as in model.json."""

    @abstractmethod
    def load(self, model: dict[str, Any], folder: Path, threads: int, values: Array) -> None:
        """Makes ready to run on these values, importing the engine first."""

    @abstractmethod
    def run(self) -> None:
        """One inference."""

    @abstractmethod
    def output(self) -> Array:
        """The first output of the last run."""

    @abstractmethod
    def files(self, folder: Path) -> list[Path]:
        """What a deployment needs beside the libraries."""


class OnnxRuntime(Engine):
    """onnxruntime: CPU provider, all optimisations, done once and stored; input and output bound once."""

    package = "onnxruntime"
    bindings = ()

    def _session(self, path: Path | str, threads: int, dims: dict[str, int], save: Path | None = None) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        for name, size in dims.items():
            options.add_free_dimension_override_by_name(name, size)
        if save is not None:
            options.optimized_model_filepath = str(save)
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def prepare(self, model: dict[str, Any], folder: Path) -> None:
        self._session(model["path"], 1, model["dims"], folder / "optimised.onnx")

    def load(self, model: dict[str, Any], folder: Path, threads: int, values: Array) -> None:
        self._run = self._session(folder / "optimised.onnx", threads, {})
        self._binding = self._run.io_binding()
        self._binding.bind_cpu_input(model["input"], values)
        self._binding.bind_output(model["output"], "cpu")

    def run(self) -> None:
        self._run.run_with_iobinding(self._binding)

    def output(self) -> Array:
        return np.asarray(self._binding.copy_outputs_to_cpu()[0])

    def files(self, folder: Path) -> list[Path]:
        return [folder / "optimised.onnx"]


class OpenVino(Engine):
    """OpenVINO: its own format with f32 weights, one stream, f32 arithmetic, the compiled model cached on disk."""

    package = "openvino"
    bindings = ("_pyopenvino", "tensorflow_frontend")

    def prepare(self, model: dict[str, Any], folder: Path) -> None:
        import openvino

        network = openvino.Core().read_model(model["path"])
        network.reshape({model["input"]: openvino.PartialShape(model["shape"])})
        openvino.save_model(network, str(folder / "model.xml"), compress_to_fp16=False)

    def load(self, model: dict[str, Any], folder: Path, threads: int, values: Array) -> None:
        import openvino

        config = {
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            # The whole process is pinned already, as all engines are.
            "ENABLE_CPU_PINNING": False,
            "CACHE_DIR": str(folder / "cache"),
        }
        compiled = openvino.Core().compile_model(str(folder / "model.xml"), "CPU", config)
        self._request = compiled.create_infer_request()
        self._request.set_input_tensor(openvino.Tensor(values, shared_memory=True))

    def run(self) -> None:
        self._request.infer(share_outputs=True)

    def output(self) -> Array:
        return np.array(self._request.get_output_tensor(0).data)

    def files(self, folder: Path) -> list[Path]:
        # Not the cache, which is as large again: one can do without.
        return [folder / "model.xml", folder / "model.bin"]


class Ncnn(Engine):
    """ncnn: translated by pnnx with f32 weights, f32 storage and arithmetic, Winograd, packing and SGEMM as by default,
    light mode, pooled memory as in its own benchmark."""

    package = "ncnn"
    bindings = ()

    def prepare(self, model: dict[str, Any], folder: Path) -> None:
        if model["shape"][0] != 1:
            raise ValueError("ncnn has no batches")
        # Its package cannot be imported without torch; the program inside needs nothing.
        program = next(path for entry in sys.path if (path := Path(entry) / "pnnx" / "pnnx").is_file())
        copy = folder / "model.onnx"
        copy.symlink_to(model["path"])  # it writes beside its input
        shape = ",".join(str(size) for size in model["shape"])
        command = [str(program), copy.name, f"inputshape=[{shape}]", "fp16=0"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        results = self.files(folder)
        if done.returncode or not all(path.is_file() for path in results):
            raise ValueError(f"pnnx cannot translate the model: {done.stderr[-500:]}")
        for path in set(folder.iterdir()) - set(results):
            path.unlink()

    def load(self, model: dict[str, Any], folder: Path, threads: int, values: Array) -> None:
        import ncnn

        # The pools must outlive the network.
        self._pools = ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator()
        self._net = net = ncnn.Net()
        net.opt.blob_allocator, net.opt.workspace_allocator = self._pools
        net.opt.num_threads = threads
        net.opt.lightmode = True
        net.opt.use_vulkan_compute = False
        for reduced in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_packed", "bf16_storage"):
            setattr(net.opt, f"use_{reduced}", False)
        ncnn.set_omp_dynamic(0)
        ncnn.set_omp_num_threads(threads)
        param, weights = self.files(folder)
        if net.load_param(str(param)) or net.load_model(str(weights)):
            raise ValueError("ncnn cannot load what pnnx wrote")
        self._input = ncnn.Mat(values[0])

    def run(self) -> None:
        extractor = self._net.create_extractor()
        extractor.input("in0", self._input)
        status, self._result = extractor.extract("out0")
        if status:
            raise ValueError(f"ncnn fails with status {status}")

    def output(self) -> Array:
        return np.array(self._result)[np.newaxis]

    def files(self, folder: Path) -> list[Path]:
        return [folder / "model.ncnn.param", folder / "model.ncnn.bin"]


ENGINES: dict[str, type[Engine]] = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "ncnn": Ncnn}
