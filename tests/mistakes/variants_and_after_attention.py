"""Exercise 8, questions 3 and 4: mistakes in counting and in attention."""

from lstm_course.checks import variants_and_after as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

count_parameters = of("08_variants_and_after-count-parameters")
attention = of("08_variants_and_after-attention")

RIGHT = {}
MISTAKES = {
    check.count_parameters: {
        "LSTM with two biases": Mistake(
            count_parameters('"lstm": 4 * one_map => "lstm": 4 * (one_map + H)'), "one_map = H * I + H * H + 2 * H"
        ),
        "two biases in every map": Mistake(
            count_parameters("H * I + H * H + H => H * I + H * H + 2 * H"), "one_map = H * I + H * H + 2 * H"
        ),
        "no bias": Mistake(count_parameters("H * I + H * H + H => H * I + H * H"), "one_map = H * I + H * H"),
        "inputs and units exchanged": Mistake(
            count_parameters("H * I + H * H + H => H * I + I * I + I"), "one_map = H * I + I * I + I"
        ),
        "no state matrix": Mistake(count_parameters("H * I + H * H + H => H * I + H"), "one_map = H * I + H"),
        "no peepholes": Mistake(count_parameters(" + 3 * H, => ,"), '"peephole": 4 * one_map,'),
        "four peepholes": Mistake(count_parameters(" + 3 * H, =>  + 4 * H,"), '"peephole": 4 * one_map + 4 * H,'),
        "peepholes as matrices": Mistake(
            count_parameters(" + 3 * H, =>  + 3 * H * H,"), '"peephole": 4 * one_map + 3 * H * H,'
        ),
        "coupled with four maps": Mistake(count_parameters('"coupled": 3 => "coupled": 4'), '"coupled": 4 * one_map,'),
        "GRU with one bias": Mistake(count_parameters("3 * (one_map + H) => 3 * one_map"), '"gru": 3 * one_map,'),
        "GRU with four maps": Mistake(
            count_parameters("3 * (one_map + H) => 4 * (one_map + H)"), '"gru": 4 * (one_map + H),'
        ),
        "one direction": Mistake(count_parameters("2 * 4 * one_map => 4 * one_map"), '"bidirectional": 4 * one_map,'),
        "two state matrices for two directions": Mistake(
            count_parameters("2 * 4 * one_map => 4 * (one_map + H * H)"), '"bidirectional": 4 * (one_map + H * H),'
        ),
        "two-dimensional with four maps": Mistake(
            count_parameters("5 * (one_map + H * H) => 4 * (one_map + H * H)"), '"2d": 4 * (one_map + H * H),'
        ),
        "one hidden state": Mistake(count_parameters("5 * (one_map + H * H) => 5 * one_map"), '"2d": 5 * one_map,'),
        "the input twice": Mistake(
            count_parameters("5 * (one_map + H * H) => 5 * 2 * one_map"), '"2d": 5 * 2 * one_map,'
        ),
        "float": Mistake(count_parameters("return counts[kind] => return float(counts[kind])"), "Got 180.0 (float)"),
        "no return": Mistake(
            count_parameters("return counts[kind] => counts[kind]"), "Got None (NoneType). Is a return missing?"
        ),
        "the whole table": Mistake(
            count_parameters("return counts[kind] => return counts"),
            "Got {'lstm': 180, 'peephole': 195, 'coupled': 135, 'gru': 150, 'bidirectional': 3",
            "(dict)",
        ),
        "a kind missing": Mistake(
            count_parameters('    "2d": 5 * (one_map + H * H), => '), "raised KeyError", named=False
        ),
        "one size typed in": Mistake(
            count_parameters(
                "return counts[kind] =>"
                " return {'lstm':180,'peephole':195,'coupled':135,'gru':150,'bidirectional':360,'2d':350}[kind]"
            ),
            "Got 180",
            named=False,
        ),
        "eleven too many": Mistake(count_parameters("3 * (one_map + H) => 3 * one_map + 11"), "Got 146", named=False),
        "one bias, and layers above read the input": Mistake(
            count_parameters(
                '"peephole": 4 * one_map + 3 * H => "peephole": 4 * one_map', '"coupled": 3 => "coupled": 4'
            ),
            '"peephole": 4 * one_map,',
        ),
    },
    check.attention: {
        "reshaped for transposed": Mistake(
            attention("K.transpose(1, 2) => K.reshape(len(K), K.shape[2], -1)"), "scores = Q @ K.reshape(len(K), D, -1)"
        ),
        "a mask of its own": Mistake(
            attention("~mask => torch.ones_like(mask).triu(1)"),
            "scores = scores.masked_fill(torch.ones_like(mask).triu(1), -torch.inf)",
        ),
        "no mask": Mistake(attention("scores.masked_fill(~mask, -torch.inf) => scores"), "scores = scores  # no mask"),
        "not divided": Mistake(attention(" / Q.shape[-1] ** 0.5 => "), "scores = scores  # not divided"),
        "divided by D": Mistake(attention("Q.shape[-1] ** 0.5 => Q.shape[-1]"), "scores = scores / D"),
        "multiplied by the root of D": Mistake(attention("/ Q.shape[-1] => * Q.shape[-1]"), "scores = scores * D**0.5"),
        "divided by the root of T": Mistake(
            attention("Q.shape[-1] ** 0.5 => K.shape[1] ** 0.5"), "scores = scores / K.shape[1] ** 0.5"
        ),
        "divided by the root of E": Mistake(
            attention("Q.shape[-1] ** 0.5 => V.shape[-1] ** 0.5"), "scores = scores / V.shape[-1] ** 0.5"
        ),
        "mask after the softmax": Mistake(
            attention("scores.masked_fill(~mask, -torch.inf).softmax(dim=-1) => scores.softmax(-1) * mask"),
            "A = (Q @ K.transpose(1, 2) / D**0.5).softmax(dim=-1) * mask  # masked too late",
        ),
        "masked scores 0": Mistake(attention("-torch.inf => 0"), "scores = scores * mask"),
        "masked scores -1": Mistake(attention("-torch.inf => -1"), "scores = scores.masked_fill(~mask, -1)"),
        "masked scores -10": Mistake(attention("-torch.inf => -10"), "scores = scores.masked_fill(~mask, -10)"),
        "masked scores -100": Mistake(
            attention("-torch.inf => -100."), "Got 3.2e-44. Put minus infinity there before the softmax"
        ),
        "mask the other way round": Mistake(
            attention("~mask => mask"), "scores = scores.masked_fill(mask, -torch.inf)"
        ),
        "softmax over the questions": Mistake(attention("dim=-1 => dim=1"), "A = scores.softmax(dim=1).nan_to_num()"),
        "softmax over the batch": Mistake(attention("dim=-1 => dim=0"), "A = scores.softmax(dim=0)"),
        "sigmoid for softmax": Mistake(attention("softmax(dim=-1) => sigmoid()"), "A = scores.sigmoid()"),
        "no softmax": Mistake(attention(".softmax(dim=-1) => "), "A = scores"),
        "scores times V": Mistake(
            attention("return A @ V, A => return scores @ V, A"), "result = (Q @ K.transpose(1, 2) / D**0.5) @ V"
        ),
        "scores returned": Mistake(
            attention("return A @ V, A => return A @ V, scores"), "scores = scores  # no mask; A = scores"
        ),
        "results exchanged": Mistake(attention("return A @ V, A => return A, A @ V"), "A, result = result, A"),
        "result only": Mistake(attention("return A @ V, A => return A @ V"), "Got Tensor. Look at its return"),
        "result without the mask": Mistake(
            attention("A @ V, A => scores.softmax(-1) @ V, A"),
            "result = (Q @ K.transpose(1, 2) / D**0.5).softmax(dim=-1) @ V",
        ),
        "A transposed": Mistake(attention("A @ V, A => A @ V, A.transpose(1, 2)"), "A = A.transpose(1, 2)"),
        "all axes of K reversed": Mistake(
            attention("K.transpose(1, 2) => K.permute(2, 1, 0)"),
            "raised RuntimeError",
            "Number by number, both shapes must agree: look at each of the two.",
            named=False,
        ),
        "mask changed": Mistake(
            attention("scores = Q @ => mask.logical_not_(); scores = Q @", "~mask => mask"),
            "Got an argument that was changed in place: mask",
            "Operations such as += or ones that end in _ change their tensor",
        ),
        "first of the batch only": Mistake(attention("A @ V, A => A[0] @ V[0], A"), "result = A[0] @ V[0]"),
        "PyTorch's own": Mistake(
            attention("return A @ V, A => return torch.nn.functional.scaled_dot_product_attention(Q, K, V, mask), A"),
            "Got a call of scaled_dot_product_attention",
        ),
        "float32": Mistake(
            attention("return A @ V, A => return (A @ V).float(), A.float()"),
            "Got torch.float32. New tensors take a dtype=..., and .float() or numpy may change it",
        ),
        "detached": Mistake(
            attention("return A @ V, A => return A.detach() @ V, A.detach()"),
            "Got no gradient for Q",
            "Do without .detach(), .data, .item(), numpy, torch.tensor(...) and torch.no_grad()",
        ),
        "largest only": Mistake(
            attention("return A @ V, A => A = (A == A.max(-1, keepdim=True).values).to(A.dtype); return A @ V, A"),
            "A = (scores == scores.amax(-1, keepdim=True)).to(V.dtype)",
        ),
        "not divided by the sum": Mistake(
            attention(
                "scores.masked_fill(~mask, -torch.inf).softmax(dim=-1) => scores.masked_fill(~mask, -torch.inf).exp()"
            ),
            "A = scores.exp()",
        ),
        "divided by the sum of all": Mistake(
            attention(
                "scores.masked_fill(~mask, -torch.inf).softmax(dim=-1) =>"
                " scores.masked_fill(~mask, -torch.inf).exp(); A = A / A.sum()"
            ),
            "A = scores.exp() / scores.exp().sum()",
        ),
        "K changed in place": Mistake(
            attention("scores = Q @ => K.mul_(1); scores = Q @"),
            "raised RuntimeError",
            "An operation such as += or [...] = changes what autograd still needs: make a new tensor.",
        ),
        "Q and K exchanged": Mistake(
            attention("Q @ K.transpose(1, 2) => K @ Q.transpose(1, 2)"), "scores = K @ Q.transpose(1, 2)"
        ),
        "mean over the questions": Mistake(attention("A @ V, A => (A @ V).mean(1), A"), "result = (A @ V).mean(1)"),
        "not divided, masked scores 0": Mistake(
            attention(" / Q.shape[-1] ** 0.5 => ", "-torch.inf => 0"),
            "scores = scores  # not divided; scores = scores * mask",
        ),
        "divided after the softmax": Mistake(
            attention(
                "scores.masked_fill(~mask, -torch.inf).softmax(dim=-1) =>"
                " scores.masked_fill(~mask, -torch.inf).softmax(dim=-1) / Q.shape[-1] ** 0.5",
                " / Q.shape[-1] ** 0.5  # =>   #",
            ),
            "scores = scores  # not divided; A = scores.softmax(dim=-1) / D**0.5",
        ),
        "masked scores NaN": Mistake(
            attention("-torch.inf => torch.nan"), "scores = scores.masked_fill(~mask, torch.inf)"
        ),
    },
}
