"""The model under comparison, and the folder that holds what is made from it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from failure import Failure

SEED = 0


@dataclass
class Model:
    """An ONNX file with one f32 input of a known shape."""

    path: str
    input: str
    shape: list[int]
    output: str
    """The first output: that which is compared."""
    dims: dict[str, int]
    """What open dimensions were fixed to."""


def describe(path: Path, dims: dict[str, int]) -> Model:
    """Reads what the engines need to know about an ONNX file, with `dims` for its open dimensions."""
    import onnx

    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except Exception as error:  # onnx and protobuf raise their own
        raise Failure(f"{path}: is no ONNX file ({error})") from error
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1 or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        raise Failure(f"{path}: only models with one input, of f32, can be compared")
    shape = []
    for dim in inputs[0].type.tensor_type.shape.dim:
        size = dims.get(dim.dim_param) if dim.dim_param else dim.dim_value
        if not size:
            raise Failure(f"{path}: dimension {dim.dim_param or '?'} is open; say --dim {dim.dim_param or 'NAME'}=1")
        shape.append(size)
    return Model(str(path.resolve()), inputs[0].name, shape, graph.output[0].name, dims)


def folder_of(model: Model, parent: Path, versions: str) -> Path:
    """The folder for what is made from this model by engines of these `versions`, with the model's description and
    input in it. Another model, or other versions, get another folder."""
    digest = hashlib.sha256(Path(model.path).read_bytes())
    digest.update(json.dumps([model.shape, model.dims, versions]).encode())
    folder = parent / f"{Path(model.path).stem}-{digest.hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(asdict(model), indent=2))
    values = np.random.default_rng(SEED).standard_normal(model.shape, dtype=np.float32)
    np.save(folder / "input.npy", values)
    return folder
