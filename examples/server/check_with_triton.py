"""Talks to the server as Triton's own client does: metadata, inference in JSON and binary, errors, eight clients at once.

    pip install 'tritonclient[http]' numpy
    python3 examples/server/check_with_triton.py [PROGRAM]

PROGRAM is the built server (target/release/tilewright-server when absent); it is started on a free port and stopped at the
end. Every answer is compared with what NumPy computes. Exits with 0 when everything agreed.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy
from tritonclient import http
from tritonclient.utils import InferenceServerException

SHAPE = (3, 32, 32)


def difference(left, right):
    """What the model `difference` computes of two batches of one picture each."""
    square = (left - right) ** 2
    return square.mean(), square.mean(axis=1, keepdims=True)


def pictures(seed):
    return numpy.random.default_rng(seed).random((2, 1, *SHAPE), dtype=numpy.float32)


def ask(client, seed, binary, **options):
    """One request; returns the largest difference from NumPy."""
    left, right = pictures(seed)
    inputs = []
    for name, value in (("left", left), ("right", right)):
        tensor = http.InferInput(name, value.shape, "FP32")
        tensor.set_data_from_numpy(value, binary_data=binary)
        inputs.append(tensor)
    outputs = [http.InferRequestedOutput(name, binary_data=binary) for name in ("distance", "map")]
    result = client.infer("difference", inputs, outputs=outputs, request_id=str(seed), **options)
    assert result.get_response()["id"] == str(seed)
    pairs = zip(difference(left, right), (result.as_numpy("distance"), result.as_numpy("map")))
    return max(float(abs(want - got).max()) for want, got in pairs)


def refusal(call):
    try:
        call()
    except InferenceServerException as error:
        return error.message()
    raise AssertionError("this should have been refused")


def metadata(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("difference") and client.is_model_ready("difference", "1")
    assert not client.is_model_ready("nothing")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    model = client.get_model_metadata("difference")
    assert [tensor["name"] for tensor in model["inputs"]] == ["left", "right"], model
    assert all(tensor["datatype"] == "FP32" for tensor in model["inputs"] + model["outputs"])
    return f"{len(model['inputs'])} inputs, {len(model['outputs'])} outputs"


def errors(client):
    def infer(model, name, shape, datatype="FP32"):
        tensor = http.InferInput(name, shape, datatype)
        tensor.set_data_from_numpy(numpy.zeros(shape, dtype={"FP32": numpy.float32, "INT8": numpy.int8}[datatype]))
        return lambda: client.infer(model, [tensor])

    told = {
        "no model": refusal(infer("nothing", "left", (1, *SHAPE))),
        "no input": refusal(infer("difference", "middle", (1, *SHAPE))),
        "shape": refusal(infer("difference", "left", (1, 3, 31, 32))),
        "datatype": refusal(infer("difference", "left", (1, *SHAPE), "INT8")),
        "missing": refusal(infer("difference", "left", (1, *SHAPE))),
        "gzip": refusal(lambda: ask(client, 0, True, request_compression_algorithm="gzip")),
    }
    for word, part in (("no model", "no model"), ("no input", "middle"), ("shape", "31"), ("datatype", "FP32"),
                       ("missing", "right"), ("gzip", "gzip")):
        assert part in told[word], told
    return f"{len(told)} refused"


def at_once(url):
    def one(number):
        with http.InferenceServerClient(url) as client:
            return max(ask(client, 100 * number + i, binary=i % 2 == 0) for i in range(50))

    with ThreadPoolExecutor(8) as pool:
        worst = max(pool.map(one, range(8)))
    assert worst < 1e-6, worst
    return f"8 clients, 400 requests, largest difference {worst:.1e}"


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "target/release/tilewright-server"
    server = subprocess.Popen([program, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[-1]
        with http.InferenceServerClient(url) as client:
            print("metadata:", metadata(client))
            for word, binary in (("JSON", False), ("binary", True)):
                worst = max(ask(client, seed, binary) for seed in range(20))
                assert worst < 1e-6, worst
                print(f"{word}: 20 requests, largest difference {worst:.1e}")
            print("errors:", errors(client))
        print("at once:", at_once(url))
    finally:
        server.terminate()
        code = server.wait(timeout=10)
    assert code == 0, f"the server ended with {code}"
    print("stopped when asked to")


main()
