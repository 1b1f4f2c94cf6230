"""Exercise 4, questions 1 to 3: mistakes with shapes, parameters and the last valid output."""

from lstm_course.checks import nn_lstm as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

predict_shapes = of("04_nn_lstm-predict-shapes")
count_parameters = of("04_nn_lstm-count-parameters")
last_valid = of("04_nn_lstm-last-valid")

RIGHT = {}
MISTAKES = {
    check.predict_shapes: {
        "batch first the other way round": Mistake(
            predict_shapes("(B, T) if batch_first else (T, B) => (T, B) if batch_first else (B, T)"),
            "first_axes = (T, B) if batch_first else (B, T)",
        ),
        "batch_first ignored": Mistake(
            predict_shapes("(B, T) if batch_first else (T, B) => (T, B)"), "first_axes = (T, B)"
        ),
        "always batch first": Mistake(
            predict_shapes("(B, T) if batch_first else (T, B) => (B, T)"), "first_axes = (B, T)"
        ),
        "h_n batch first": Mistake(
            predict_shapes(
                "h_n = (num_layers * directions, B, said) =>"
                " h_n = (B, num_layers * directions, said) if batch_first else (num_layers * directions, B, said)"
            ),
            "h_n = (B, rows, said) if batch_first else (rows, B, said)",
        ),
        "both states batch first": Mistake(
            predict_shapes(
                "h_n = (num_layers * directions, B, said) =>"
                " h_n = (B, num_layers * directions, said) if batch_first else (num_layers * directions, B, said)",
                "c_n = (num_layers * directions, B, H) =>"
                " c_n = (B, num_layers * directions, H) if batch_first else (num_layers * directions, B, H)",
            ),
            "h_n = (B, rows, said) if batch_first else (rows, B, said)",
        ),
        "layers forgotten": Mistake(predict_shapes("num_layers * directions => directions"), "rows = directions"),
        "directions forgotten": Mistake(predict_shapes("num_layers * directions => num_layers"), "rows = num_layers"),
        "directions in the last axis of the states": Mistake(
            predict_shapes(
                "h_n = (num_layers * directions, B, said) => h_n = (num_layers, B, directions * said)",
                "c_n = (num_layers * directions, B, H) => c_n = (num_layers, B, directions * H)",
            ),
            "h_n = (num_layers, B, directions * said)",
        ),
        "one direction in out": Mistake(predict_shapes("directions * said) => said)"), "out = (*first_axes, said)"),
        "proj_size ignored": Mistake(predict_shapes("proj_size or H => H"), "said = H"),
        "c narrowed too": Mistake(predict_shapes("directions, B, H) => directions, B, said)"), "c_n = (rows, B, said)"),
        "h_n not narrowed": Mistake(
            predict_shapes("h_n = (num_layers * directions, B, said) => h_n = (num_layers * directions, B, H)"),
            "h_n = (rows, B, H)",
        ),
        "layers in out": Mistake(
            predict_shapes("directions * said) => num_layers * directions * said)"),
            "out = (*first_axes, num_layers * directions * said)",
        ),
        "a pair in a pair": Mistake(
            predict_shapes("return out, h_n, c_n => return out, (h_n, c_n)"),
            "Got ((10, 5, 7), ((1, 5, 7), (1, 5, 7)))",
            "Three side by side, not out and a pair as nn.LSTM returns them",
        ),
        "two shapes": Mistake(
            predict_shapes("return out, h_n, c_n => return out, h_n"),
            "Got ((10, 5, 7), (1, 5, 7))",
            "Three side by side, not out and a pair as nn.LSTM returns them",
        ),
        "no return": Mistake(predict_shapes("return out, h_n, c_n => pass"), "Got NoneType. Is a return missing?"),
        "an LSTM looks it up": Mistake(
            predict_shapes("directions = 2 => nn.LSTM(3, H); directions = 2"), "Got one. Use the rules of the lesson"
        ),
        "a float": Mistake(
            predict_shapes("num_layers * directions, B, H => num_layers * directions / 1, B, H"), "Got (1.0, 5, 7)"
        ),
        "directions forgotten in out and states": Mistake(
            predict_shapes("num_layers * directions => num_layers", "directions * said) => said)"), "directions = 1"
        ),
        "time for the batch in h_n": Mistake(
            predict_shapes("h_n = (num_layers * directions, B, said) => h_n = (num_layers * directions, T, said)"),
            "h_n = (rows, T, said)",
        ),
        "raises for proj_size": Mistake(
            predict_shapes(
                "said = proj_size or H => said = proj_size or H\n    if proj_size: raise ValueError('no')",
                "num_layers * directions => num_layers",
            ),
            "raised ValueError",
            named=False,
        ),
        "states always batch first": Mistake(
            predict_shapes(
                "h_n = (num_layers * directions, B, said) => h_n = (B, num_layers * directions, said)",
                "c_n = (num_layers * directions, B, H) => c_n = (B, num_layers * directions, H)",
            ),
            "h_n = (B, rows, said)",
        ),
    },
    check.count_parameters: {
        "one bias": Mistake(count_parameters("2 * H) => H)"), "total += directions * 4 * (H * (read + H) + H)"),
        "no bias": Mistake(count_parameters(" + 2 * H) => )"), "total += directions * 4 * H * (read + H)"),
        "one layer": Mistake(count_parameters("range(num_layers) => range(1)"), "for layer in range(1):"),
        "layers above read the input": Mistake(
            count_parameters("I if layer == 0 else directions * H => I"), "read = I"
        ),
        "layers above read one direction": Mistake(
            count_parameters("I if layer == 0 else directions * H => I if layer == 0 else H"),
            "read = I if layer == 0 else H",
        ),
        "directions counted once": Mistake(
            count_parameters("total += directions * 4 => total += 4"), "total += 4 * (H * (read + H) + 2 * H)"
        ),
        "one direction": Mistake(
            count_parameters("directions = 2 if bidirectional else 1 => directions = 1"), "directions = 1"
        ),
        "one map": Mistake(
            count_parameters("directions * 4 * => directions *"), "total += directions * (H * (read + H) + 2 * H)"
        ),
        "three maps": Mistake(
            count_parameters("directions * 4 * => directions * 3 *"),
            "total += directions * 3 * (H * (read + H) + 2 * H)",
        ),
        "two numbers for the biases": Mistake(
            count_parameters("+ 2 * H) => + 2)"), "total += directions * 4 * (H * (read + H) + 2)"
        ),
        "bias outside the brackets": Mistake(
            count_parameters("4 * (H * (read + H) + 2 * H) => (4 * H * (read + H) + 2 * H)"),
            "total += directions * (4 * H * (read + H) + 2 * H)",
        ),
        "no state matrix": Mistake(
            count_parameters("H * (read + H) => H * read"), "total += directions * 4 * (H * read + 2 * H)"
        ),
        "sizes added": Mistake(
            count_parameters("H * (read + H) => (read + H)"), "total += directions * 4 * (read + H + 2 * H)"
        ),
        "sizes multiplied": Mistake(
            count_parameters("H * (read + H) => H * read * H"), "total += directions * 4 * (H * read * H + 2 * H)"
        ),
        "float": Mistake(
            count_parameters("return total => return float(total)"),
            "Got 200.0 (float). Return an int; // divides integers",
        ),
        "divided": Mistake(
            count_parameters("return total => return total / 1"),
            "Got 200.0 (float). Return an int; // divides integers",
        ),
        "text": Mistake(
            count_parameters("return total => return str(total)"), "Got '200' (str). Return an int; // divides integers"
        ),
        "printed, not returned": Mistake(
            count_parameters("return total => print(total)"), "Got None (NoneType). Is a return missing?"
        ),
        "a tensor": Mistake(
            count_parameters("return total => return torch.tensor(total)"),
            "Got tensor(200) (Tensor). Return an int; // divides integers",
        ),
        "an LSTM looks it up": Mistake(
            count_parameters(
                "return total =>"
                " return sum(p.numel() for p in nn.LSTM(I, H, num_layers, bidirectional=bidirectional).parameters())"
            ),
            "Got one. Use the rules of the lesson",
        ),
        "a cell looks it up": Mistake(
            count_parameters("return total => return sum(p.numel() for p in nn.LSTMCell(I, H).parameters())"),
            "Got one. Use the rules of the lesson",
        ),
        "one layer too few": Mistake(
            count_parameters("range(num_layers) => range(num_layers - 1)"), "for layer in range(num_layers - 1):"
        ),
        "one bias, and layers above read the input": Mistake(
            count_parameters("2 * H) => H)", "I if layer == 0 else directions * H => I"),
            "total += directions * 4 * (H * (read + H) + H)",
        ),
        "only the last layer": Mistake(
            count_parameters("total +=  => total = "), "total = directions * 4 * (H * (read + H) + 2 * H)"
        ),
        "seven too many": Mistake(count_parameters("return total => return total + 7"), "Got 207", named=False),
    },
    check.last_valid: {
        "out[:, -1]": Mistake(last_valid("out[rows, lengths - 1] => out[:, -1]"), "result = out[:, -1]"),
        "first step": Mistake(last_valid("out[rows, lengths - 1] => out[:, 0]"), "result = out[:, 0]"),
        "one step late": Mistake(
            last_valid("out[rows, lengths - 1] => out[rows, lengths]"), "result = out[rows, lengths]"
        ),
        "one step early": Mistake(
            last_valid("out[rows, lengths - 1] => out[rows, lengths - 2]"), "result = out[rows, lengths - 2]"
        ),
        "every combination": Mistake(
            last_valid("out[rows, lengths - 1] => out[:, lengths - 1]"), "result = out[:, lengths - 1]"
        ),
        "mean over time": Mistake(last_valid("out[rows, lengths - 1] => out.mean(1)"), "result = out.mean(dim=1)"),
        "shortest for all": Mistake(
            last_valid("out[rows, lengths - 1] => out[:, lengths.min() - 1]"), "result = out[:, lengths.min() - 1]"
        ),
        "longest for all": Mistake(
            last_valid("out[rows, lengths - 1] => out[:, lengths.max() - 1]"), "result = out[:, lengths.max() - 1]"
        ),
        "batch and time exchanged": Mistake(
            last_valid("out[rows, lengths - 1] => out[lengths - 1, rows]"),
            "Got an IndexError: index 4 is out of bounds for dimension 0 with size 4",
        ),
        "gather without expand": Mistake(
            last_valid("out[rows, lengths - 1] => out.gather(1, (lengths - 1)[:, None, None]).squeeze(1)"),
            "result = out.gather(1, (lengths - 1)[:, None, None]).squeeze(-1)",
        ),
        "an axis too many": Mistake(
            last_valid("out[rows, lengths - 1] => out[rows, lengths - 1].unsqueeze(1)"),
            "result = out[rows, lengths - 1][:, None]",
        ),
        "first sequence for all": Mistake(
            last_valid("out[rows, lengths - 1] => out[0, lengths - 1]"), "result = out[0, lengths - 1]"
        ),
        "detached": Mistake(
            last_valid("out[rows, lengths - 1] => out[rows, lengths - 1].detach()"),
            "Got a result without a gradient",
            "Do without .detach(), .data, .item(), numpy, torch.tensor(...) and torch.no_grad()",
        ),
        "by numpy": Mistake(
            last_valid(
                "out[rows, lengths - 1] => torch.tensor(out.detach().numpy()[rows.numpy(), lengths.numpy() - 1])"
            ),
            "Got a result without a gradient",
            "Do without .detach(), .data, .item(), numpy, torch.tensor(...) and torch.no_grad()",
        ),
        "lengths changed": Mistake(
            last_valid("out[rows, lengths - 1] => out[rows, lengths.sub_(1)]"),
            "Got an argument that was changed in place: lengths",
            "Operations such as += or ones that end in _ change their tensor",
        ),
        "a list": Mistake(
            last_valid("out[rows, lengths - 1] => [o[n - 1] for o, n in zip(out, lengths)]"),
            "Got [tensor([-0.6232, -0.8664, -1.2956], dtype=torch.float64), tensor([-0.4484, -",
            "torch.stack makes one tensor of a list of tensors",
        ),
        "time first": Mistake(
            last_valid(
                "rows = torch.arange(out.shape[0]) => out = out.transpose(0, 1); rows = torch.arange(out.shape[0])"
            ),
            "raised IndexError",
            named=False,
        ),
        "float32": Mistake(
            last_valid("out[rows, lengths - 1] => out[rows, lengths - 1].float()"),
            "Got torch.float32. New tensors take a dtype=..., and .float() or numpy may change it",
        ),
        "order of lengths": Mistake(
            last_valid("out[rows, lengths - 1] => out[rows, lengths - 1][lengths.argsort(descending=True)]"),
            "result = out[rows, lengths - 1][lengths.argsort(descending=True)]",
        ),
        "padding taken for zeros": Mistake(
            last_valid("out[rows, lengths - 1] => out[rows, (out.abs().sum(-1) > 0).sum(1) - 1]"), "result = out[:, -1]"
        ),
        "batch of four only": Mistake(
            last_valid("torch.arange(out.shape[0]) => torch.arange(4)"), "raised IndexError", named=False
        ),
        "numbers taken out": Mistake(
            last_valid(
                "out[rows, lengths - 1] => torch.tensor([[v.item() for v in o[n - 1]] for o, n in zip(out, lengths)])"
            ),
            "Got torch.float32. New tensors take a dtype=..., and .float() or numpy may change it",
        ),
        "sum over time": Mistake(
            last_valid("out[rows, lengths - 1] => torch.stack([o[:n].sum(0) for o, n in zip(out, lengths)])"),
            "result = torch.stack([row[:n].sum(0) for row, n in zip(out, lengths)])",
        ),
    },
}
