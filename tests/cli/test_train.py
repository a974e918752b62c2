"""The trainings in small: they learn, the same seed gives the same numbers, Ctrl-C leaves a table.

The full ones, which take minutes, are run by hand; the README has what they found.
"""

from __future__ import annotations

import argparse

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.cli.main import main
from autograd.cli.train import copying, images, report, shakespeare, transfer


def without_times(out: str) -> list[str]:
    """The lines of a table that hold no seconds."""
    return [line for line in out.splitlines() if "seed" not in line and " s]" not in line]


# --- what all of them share ---------------------------------------------------------------


def test_seeds_are_read():
    assert report.seeds("0-4") == [0, 1, 2, 3, 4]
    assert report.seeds("7") == [7]
    assert report.seeds("3,1") == [3, 1]
    for wrong in ("", "x", "4-0", "-1", "1-2-3", "1.5"):
        with pytest.raises(argparse.ArgumentTypeError, match="write 3, or 0-4"):
            report.seeds(wrong)


@pytest.mark.parametrize(
    "words", [["train"], ["train", "chess"], ["train", "digits", "--seed", "x"]]
)
def test_what_is_typed_wrongly_is_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err


def test_the_float_type_is_put_back():
    before = ag.get_default_dtype()
    with report.single_precision():
        assert ag.get_default_dtype() == np.float32
    with pytest.raises(ZeroDivisionError), report.single_precision():
        _ = 1 / 0
    assert ag.get_default_dtype() == before


def test_ctrl_c_leaves_the_table_so_far(monkeypatch, capsys):
    def trained(reader, seed, epochs):
        if seed == 2:
            raise KeyboardInterrupt
        return 0.5 + seed / 10

    monkeypatch.setattr(images, "trained", trained)
    assert main(["train", "digits"]) == 130
    out = capsys.readouterr().out
    table = out[out.index("interrupted; so far:") :]
    assert "50.00%" in table
    assert "median 55.00%" in table


def test_ctrl_c_within_a_training_ends_the_command():
    def interrupt(run):
        raise KeyboardInterrupt

    model = nn.Linear(2, 2, rng=0)
    data = np.zeros((4, 2)), np.zeros(4, dtype=int)
    with pytest.raises(KeyboardInterrupt):
        report.fit(model, nn.CrossEntropyLoss(), data, epochs=2, callbacks=interrupt)


def test_where_there_is_no_bar_lines_tell_how_far_it_is(monkeypatch, capsys):
    clock = iter(range(0, 1000, 15))
    monkeypatch.setattr(report.time, "perf_counter", lambda: next(clock))
    lines, run = report.Lines(), optim.Run(None, None, None, optim.History(), 4)
    for run.epoch in (1, 2):
        run.history.append({"loss": 0.5})
        lines.on_epoch_end(run)
    assert capsys.readouterr().err.strip() == "epoch 2 of 4, loss 0.5000"


def test_a_table_that_failed_says_nothing_more(capsys):
    table = report.Table({"n": "d"}, lambda rows: ["sum"])
    table.rows.append({"n": 1})
    with pytest.raises(ZeroDivisionError), table:
        _ = 1 / 0
    assert "sum" not in capsys.readouterr().out


# --- digits -------------------------------------------------------------------------------


def test_an_mlp_reads_digits_and_repeats_itself():
    first, second = (images.run(images.MLP, [3], quick=True) for _ in range(2))
    assert first[0]["accuracy"] > 0.88
    assert first[0]["accuracy"] == second[0]["accuracy"]


def test_lenet_begins_to_read(capsys):
    assert main(["train", "lenet", "--quick", "--seed", "0"]) == 0
    out = capsys.readouterr().out
    share = float(out.split("median ")[1].split("%")[0])
    assert share > 50  # one epoch; chance is 10 %


def test_the_median_is_that_of_the_rows():
    rows = [{"accuracy": a, "seconds": 1.0} for a in (0.9, 0.99, 0.95)]
    assert images.verdict(images.MLP, rows)[0].startswith("median 95.00%")


# --- transfer -----------------------------------------------------------------------------


def test_ten_labels_a_class_and_none_of_them_in_the_test():
    (few, labels), (test, test_labels) = transfer.target(np.random.default_rng(0))
    assert np.bincount(labels).tolist() == [10] * 5
    assert len(labels) + len(test_labels) == (nn.data.digits().targets >= 5).sum()
    assert few.shape[1:] == test.shape[1:] == (1, 16, 16)
    fields = {image.tobytes() for image in few}
    assert not any(image.tobytes() in fields for image in test)


def test_digits_are_placed_whole():
    ones = np.ones((20, 1, 8, 8), np.float32)
    fields = transfer.placed(ones, np.random.default_rng(0))
    assert (fields.sum(axis=(1, 2, 3)) == 64).all()
    corners = {tuple(np.argwhere(field[0])[0]) for field in fields}
    assert len(corners) > 10


def test_transfer_helps():
    (row,) = transfer.run([1], quick=True)
    assert row["points"] > 0
    assert row["points"] == pytest.approx(100 * (row["transfer"] - row["scratch@0.003"]))


def test_the_best_from_scratch_counts(monkeypatch):
    scores = iter([0.6, 0.3, 0.5, 0.4])
    monkeypatch.setattr(transfer, "learn", lambda model, *rest: model)
    monkeypatch.setattr(transfer, "accuracy", lambda model, data: next(scores))
    assert transfer.compared(transfer.Settings(), 0)["points"] == pytest.approx(10)


# --- copy ---------------------------------------------------------------------------------


def test_an_lstm_copies():
    task = copying.QUICK
    row = copying.trained(task, copying.contestants(task)[0], seed=0)
    assert row["accuracy"] > 0.9
    assert row["curve"][0] < 0.8 < row["curve"][-1]


def test_all_networks_are_compared(monkeypatch, capsys):
    monkeypatch.setattr(copying, "QUICK", copying.Task(3, 2, reports=2, steps=3, hidden=8))
    assert main(["train", "copy", "--quick"]) == 0
    out = capsys.readouterr().out
    assert out.count("rnn 8 @") == 6  # told, in the table, and over the curves; at two rates
    assert out.splitlines()[-1].split()[0] == "6"


def test_the_larger_vanilla_network_has_as_many_parameters():
    task = copying.Task()
    sizes = []
    for contestant in copying.contestants(task):
        model = copying.built(task, contestant, np.random.default_rng(0))
        sizes.append(sum(p.numel() for p in model.parameters()))
    assert sizes[1] == sizes[2] < sizes[0]
    assert sizes[3] == pytest.approx(sizes[0], rel=0.03)


def test_answers_are_what_is_asked_for():
    drawn = nn.data.copy_task(5, 4, symbols=3, rng=0)
    model = nn.models.LanguageModel(5, 6, rng=0)
    scores, asked = copying.answers(model, (ag.tensor(drawn.inputs), ag.tensor(drawn.targets)))
    assert scores.shape == (20, 5)
    assert asked.data.reshape(5, 4).tolist() == drawn.inputs[:, :4].tolist()


# --- shakespeare --------------------------------------------------------------------------


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat and saw the rat. " * 100, encoding="utf-8")
    return path


def test_a_text_is_learned_and_the_weights_are_kept(text, tmp_path, capsys):
    weights = tmp_path / "weights.npz"
    options = ["--quick", "--text", str(text), "--epochs", "4", "--save", str(weights)]
    assert main(["train", "shakespeare", *options]) == 0
    out = capsys.readouterr().out
    assert all(title in out for title in ("--- step 1,", "--- step 30,", "--- after "))
    reached = float(out.split(" nats per character on")[0].split()[-1])
    assert reached < 1.5  # it begins at log(15) = 2.7
    assert "output.weight" in nn.load_weights(weights)


def test_the_held_out_loss_is_that_of_the_model(text):
    rows = shakespeare.run(str(text), quick=True, epochs=1)
    again = shakespeare.run(str(text), quick=True, epochs=1)
    assert rows[0]["held_out"] == again[0]["held_out"]
    assert rows[0]["held_out"] != shakespeare.run(str(text), 1, True, 1)[0]["held_out"]


def test_without_a_network_the_command_line_is_explained(monkeypatch, capsys):
    def unreachable():
        raise nn.data.DownloadError("tiny_shakespeare is out of reach.")

    monkeypatch.setattr(nn.data, "tiny_shakespeare", unreachable)
    assert main(["train", "shakespeare", "--quick"]) == 1
    assert "--text FILE" in capsys.readouterr().err


def test_a_text_that_is_not_there(capsys):
    assert main(["train", "shakespeare", "--text", "nowhere.txt"]) == 1
    assert "nowhere.txt" in capsys.readouterr().err


def test_pythons_documentation_is_a_text():
    assert len(shakespeare.corpus(shakespeare.TOPICS)) > 100_000


def test_samples_become_rarer(monkeypatch):
    told = []
    diary = shakespeare.Diary(report.Table({}, lambda rows: []), letters=3, seed=0)
    monkeypatch.setattr(diary, "write", lambda model, title: told.append(title.split(",")[0]))
    run = optim.Run(None, None, None, optim.History(), 1, loss=1.0)
    for _ in range(200):
        run.history.batch_losses.append(1.0)
        diary.on_batch_end(run)
    assert told == [f"step {n}" for n in (1, 3, 10, 30, 100)]
