"""A Jupyter kernel that is asked cell by cell, with a time limit."""

import os
import queue
import time

import nbformat
from jupyter_client import KernelManager

GRACE = 5  # seconds for an interrupted cell to end
MOST_OUTPUT = 100_000  # characters that are kept of what a cell prints


class KernelDied(RuntimeError):
    """The kernel ended, or had to be ended."""


class KernelHangs(KernelDied):
    """The kernel went on after it was interrupted."""


class Kernel:
    """A kernel with a time limit for each cell.

    Parameters
    ----------
    folder : path
        Where it works.
    seconds : float
        The limit.
    environment : dict of str to str
        Variables that it gets besides those of this process.
    """

    def __init__(self, folder, seconds, environment):
        self.seconds = seconds
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(
            cwd=str(folder),
            env=os.environ | environment,
            extra_arguments=["--HistoryManager.hist_file=:memory:", "--log-level=CRITICAL"],
        )
        self.client = self.manager.client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=60)
        except RuntimeError as error:
            self.close()
            raise KernelDied("the kernel did not start") from error

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, source, seconds=None, quiet=False):
        """Run a cell and return its outputs; a cell over the limit gets an error among them.

        Raises
        ------
        KernelDied
            If the cell ended the kernel, or did not let itself be interrupted.
        """
        seconds = seconds or self.seconds
        number = self.client.execute(
            source, silent=quiet, store_history=not quiet, allow_stdin=False, stop_on_error=False
        )
        outputs, size, end, late = [], 0, time.monotonic() + seconds, False
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=0.5)
            except queue.Empty:
                message = None
                if not self.manager.is_alive():
                    raise KernelDied("this cell ended the kernel") from None
            if time.monotonic() > end:
                if late:
                    raise KernelHangs(f"this cell ran over {seconds:g} seconds and went on")
                late, end = True, time.monotonic() + GRACE
                self.manager.interrupt_kernel()
            if message is None or message["parent_header"].get("msg_id") != number:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind in ("stream", "display_data", "execute_result", "error"):
                output = nbformat.v4.output_from_msg(message)
                size += len(str(content))
                if kind == "error" or size <= MOST_OUTPUT:
                    _append(outputs, output)
        if late:
            outputs = [output for output in outputs if output.output_type != "error"]
            outputs.append(error_output("TimeoutError", f"stopped after {seconds:g} seconds"))
        return outputs

    def is_idle(self):
        """Whether it answers, if need be after an interruption."""
        for attempt in range(2):
            if not self.manager.is_alive():
                return False
            number = self.client.kernel_info()
            end = time.monotonic() + (2 if attempt == 0 else GRACE)
            while time.monotonic() < end:
                try:
                    reply = self.client.get_shell_msg(timeout=0.2)
                except queue.Empty:
                    continue
                if reply["parent_header"].get("msg_id") == number:
                    return True
            self.manager.interrupt_kernel()
        return False


def _append(outputs, output):
    """Add an output; text that goes on is one output."""
    before = outputs[-1] if outputs else None
    if before and before.output_type == output.output_type == "stream":
        if before.name == output.name:
            before.text += output.text
            return
    outputs.append(output)


def error_output(name, message):
    """An error as a notebook stores it, without a look at any code."""
    return nbformat.v4.new_output(
        "error", ename=name, evalue=message, traceback=[f"{name}: {message}"]
    )
