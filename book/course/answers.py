"""Carry answers from the kernel that runs a submission to the kernel that tests them.

The two kernels share nothing but messages. What comes from the submission is data (numbers,
text, arrays, and containers of these), never code: a function stays where it is, and the tests
get a stand-in that sends the arguments over and the result back. So a submission can change
whatever it wants in its own kernel, and neither sees the tests nor what they compare with.

This file is given to both kernels as text. ``send`` and ``call`` run beside the submission,
``Remote`` beside the tests.
"""

import base64
import builtins
import io
import json
import pickle
import queue
import time

import numpy as np

LIMIT = 50_000_000  # characters of an answer


def encode(value, name=None):
    """Turn a value into what JSON can hold.

    >>> decode(encode({"a": (1, np.array([2.5]), None, b"x")}))
    {'a': (1, array([2.5]), None, b'x')}
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and type(value) is float:
        return {"float": repr(value)}  # JSON has no nan
    if isinstance(value, bytes | bytearray):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    for kind in (list, tuple, set):
        if isinstance(value, kind):
            return {kind.__name__: [encode(item) for item in value]}
    if isinstance(value, range):
        return encode(list(value))
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype.hasobject:
            raise TypeError("an array of objects cannot be graded, one of numbers can")
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        scalar = isinstance(value, np.generic)
        return {"scalar" if scalar else "array": base64.b64encode(file.getvalue()).decode()}
    if callable(value) and name:
        return {"function": name}
    raise TypeError(f"an answer of the type {type(value).__name__} cannot be graded")


def decode(data, remote=None):
    """The value that ``encode`` was given; of a function, its stand-in."""
    if not isinstance(data, dict):
        return data
    ((kind, content),) = data.items()
    if kind == "float":
        return float(content)
    if kind == "bytes":
        return base64.b64decode(content)
    if kind == "dict":
        return {decode(key): decode(value) for key, value in content}
    if kind in ("list", "tuple", "set"):
        return {"list": list, "tuple": tuple, "set": set}[kind](decode(x) for x in content)
    if kind == "function":
        return remote.function(content)
    array = np.load(io.BytesIO(base64.b64decode(content)), allow_pickle=False)
    return array[()] if kind == "scalar" else array


# ---- beside the submission


def send(names, namespace):
    """The values of some names, as JSON; None for a name that is not set."""
    return json.dumps([encode(namespace.get(name), name) for name in names])


def call(name, arguments, namespace):
    """Call a function of the submission; return its result, or its error, as JSON."""
    args, kwargs = pickle.loads(base64.b64decode(arguments))
    try:
        reply = {"result": encode(namespace[name](*args, **kwargs))}
    except Exception as error:
        reply = {"error": [type(error).__name__, str(error)]}
    # a generator goes on where the function left it
    reply["states"] = [
        arg.bit_generator.state if isinstance(arg, np.random.Generator) else None for arg in args
    ]
    return json.dumps(reply, default=int)


# ---- beside the tests


class Remote:
    """The kernel that runs the submission, as the tests see it.

    Parameters
    ----------
    connection : dict
        The connection of that kernel.
    seconds : float
        How long a call may take.
    """

    def __init__(self, connection, seconds):
        import zmq
        from jupyter_client import BlockingKernelClient

        # a context of its own would wait without end for its sockets when it is collected
        self.client = BlockingKernelClient(context=zmq.Context.instance())
        self.seconds = seconds
        self.client.load_connection_info(connection)
        self.client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)

    def close(self):
        self.client.stop_channels()

    def ask(self, expression):
        """The text that an expression has over there."""
        number = self.client.execute(
            "", silent=True, store_history=False, user_expressions={"answer": expression}
        )
        end = time.monotonic() + self.seconds
        while True:
            try:
                reply = self.client.get_shell_msg(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                message = f"no answer from your code after {self.seconds:g} seconds"
                raise TimeoutError(message) from None
            if reply["parent_header"].get("msg_id") == number:
                break
        found = reply["content"].get("user_expressions", {}).get("answer", {})
        if found.get("status") != "ok":
            raise RuntimeError(f"{found.get('ename', 'Error')}: {found.get('evalue', 'no answer')}")
        text = found["data"]["text/plain"]
        if len(text) > LIMIT:
            raise ValueError("this answer is too large")
        # the text of a text
        return base64.b64decode(text.strip("'\"")).decode()

    def fetch(self, names):
        """The values of some names over there: name -> value."""
        data = json.loads(self.ask(f"__import__('answers').reply('send', {names!r})"))
        return {name: decode(value, self) for name, value in zip(names, data, strict=True)}

    def function(self, name):
        """What calls the function over there."""

        def stand_in(*args, **kwargs):
            sent = base64.b64encode(pickle.dumps((args, kwargs))).decode()
            reply = json.loads(self.ask(f"__import__('answers').reply('call', {name!r}, {sent!r})"))
            for arg, state in zip(args, reply["states"]):
                if state is not None:
                    arg.bit_generator.state = state
            if "error" in reply:
                kind = getattr(builtins, str(reply["error"][0]), None)
                if not (isinstance(kind, type) and issubclass(kind, Exception)):
                    kind = RuntimeError
                raise kind(str(reply["error"][1]))
            return decode(reply["result"])

        stand_in.__name__ = name
        return stand_in


def reply(what, *details):
    """Run ``send`` or ``call`` on the notebook's names; the text is safe in any quotes."""
    import __main__

    text = {"send": send, "call": call}[what](*details, vars(__main__))
    return base64.b64encode(text.encode()).decode()
