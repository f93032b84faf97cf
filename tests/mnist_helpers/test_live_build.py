from importlib.util import find_spec

import pytest

from mnist_helpers.live import build


@pytest.mark.skipif(
    not find_spec("ziglang"),
    reason="needs the compiler of the group engine, 100 MB to load; GitHub runs this once a week",
)
def test_the_binary_is_what_its_source_gives(tmp_path):
    built = build.build(tmp_path / "engine.wasm")
    assert built.read_bytes() == build.BINARY.read_bytes(), "run python -m mnist_helpers.live.build"


def test_without_the_compiler_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="pip install --group engine"):
        build.build(tmp_path / "engine.wasm")
