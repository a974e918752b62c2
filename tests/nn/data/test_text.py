"""Text: corpora, vocabularies, and windows that continue each other."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from nn import data
from nn.data import text as text_module


def test_any_file_is_a_corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("Grüße\n", encoding="utf-8")
    assert data.text_file(path) == "Grüße\n"
    path.write_bytes("Grüße".encode("latin-1"))
    assert data.text_file(path, encoding="latin-1") == "Grüße"
    with pytest.raises(ag.RangeError, match=r"not utf-8 text \(byte 2\)"):
        data.text_file(path)
    with pytest.raises(ag.ArgumentError, match="No such file"):
        data.text_file(tmp_path / "none")


def test_corpora_that_come_with_python():
    topics = data.python_topics()
    assert len(topics) > 100_000
    assert 'The "if" statement' in topics
    assert topics == data.python_topics()
    source = data.python_source(50_000)
    assert len(source) == 50_000
    assert "import" in source
    assert data.python_source(60_000).startswith(source)


def test_missing_topics_are_explained(monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(text_module, "import_module", refuse)
    with pytest.raises(ag.MissingPackageError, match="without pydoc_data"):
        data.python_topics()


def test_a_vocabulary_goes_there_and_back():
    text = "to be, or not to be"
    vocabulary = data.Vocabulary(text)
    numbers = vocabulary.encode(text)
    assert numbers.dtype == np.int64
    assert numbers.max() == len(vocabulary) - 1
    assert vocabulary.decode(numbers) == text
    assert vocabulary.decode(ag.tensor(numbers)) == text
    assert "b" in vocabulary
    assert "z" not in vocabulary
    assert data.Vocabulary(reversed(text)).symbols == vocabulary.symbols
    assert repr(vocabulary) == "Vocabulary(8 symbols)"
    assert vocabulary.encode("").shape == (0,)
    words = ["to", "be", "or", "not", "to", "be"]
    spoken = data.Vocabulary(words)
    assert len(spoken) == 4
    assert spoken.decode(spoken.encode(words), " ") == "to be or not to be"


def test_unknown_symbols():
    with pytest.raises(ag.RangeError, match=r"no 'q' \(place 1\)"):
        data.Vocabulary("abc").encode("aqua")
    vocabulary = data.Vocabulary("abc", unknown="?")
    assert vocabulary.decode(vocabulary.encode("aqc")) == "a?c"
    with pytest.raises(ag.IndexingError, match="no symbol 7: 0 to 2"):
        data.Vocabulary("abc").decode([1, 7])
    with pytest.raises(ag.RangeError, match="empty text"):
        data.Vocabulary("")


@pytest.mark.parametrize("batch_first", [True, False])
def test_windows_continue_row_by_row(batch_first):
    sequence = np.arange(103)
    batches = data.SequenceBatches(sequence, batch_size=4, length=6, batch_first=batch_first)
    windows = [(x.data, y.data) if batch_first else (x.data.T, y.data.T) for x, y in batches]
    assert len(windows) == len(batches) == 4  # 25 steps a row
    rows = np.concatenate([x for x, _ in windows], axis=1)
    np.testing.assert_array_equal(rows, np.arange(4)[:, None] * 25 + np.arange(24))
    for x, y in windows:
        np.testing.assert_array_equal(y, x + 1)
    assert [x.tolist() for x, _ in batches] == [x.tolist() for x, _ in batches]


def test_windows_of_values():
    x, y = next(iter(data.SequenceBatches(np.arange(40.0).reshape(20, 2), 2, 5)))
    assert x.shape == y.shape == (2, 5, 2)


def test_a_short_sequence_is_refused():
    assert len(data.SequenceBatches(np.arange(9), 2, 4)) == 1
    with pytest.raises(ag.RangeError, match="need 9 steps, and the sequence has 8"):
        data.SequenceBatches(np.arange(8), 2, 4)
    with pytest.raises(ag.RangeError):
        data.SequenceBatches(np.arange(8), 0, 4)


def test_sliding_windows():
    inputs, targets = data.sliding_windows(np.arange(10), 4)
    assert inputs.shape == (6, 4)
    np.testing.assert_array_equal(inputs + 1, targets)
    assert targets[-1].tolist() == [6, 7, 8, 9]
    assert data.sliding_windows(np.ones((10, 3)), 4, step=3).inputs.shape == (2, 4, 3)
    with pytest.raises(ag.RangeError, match="it has 4 steps"):
        data.sliding_windows(np.arange(4), 4)


def test_texts_are_split_in_order():
    text = "x" * 997
    parts = data.split_text(text, 0.8, 0.1, 0.1)
    assert sum(map(len, parts)) == 997
    assert "".join(data.split_text("abcdefg", 0.5, 0.5)) == "abcdefg"
    with pytest.raises(ag.RangeError, match="do not sum to 1"):
        data.split_text(text, 0.9)
