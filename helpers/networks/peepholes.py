"""The LSTM cell with peepholes: gates that see what the cell remembers."""

from typing import Any

import keras

__all__ = ["PeepholeLSTMCell"]


@keras.saving.register_keras_serializable("anomaly_workshop")
class PeepholeLSTMCell(keras.layers.LSTMCell):
    """One step of an LSTM whose gates read the memory c beside input and output.

    With x the input, h the output and c the memory of the step before:

        i  = sigmoid(W_i x + U_i h + p_i * c  + b_i)    (* element by element)
        f  = sigmoid(W_f x + U_f h + p_f * c  + b_f)
        c' = f * c + i * tanh(W_c x + U_c h + b_c)
        o  = sigmoid(W_o x + U_o h + p_o * c' + b_o)
        h' = o * tanh(c')

    Gers, Schraudolph and Schmidhuber (2002); what Deeplearning4j calls a Graves LSTM.
    Beside the weights of Keras' `LSTMCell` there are 3 x units peepholes, in rows
    p_i, p_f, p_o. Use it in `keras.layers.RNN`.

    Takes the options of `LSTMCell`; `peephole_initializer` starts the peepholes, and
    what regularizes the recurrent kernel regularizes them. Raises `ValueError` for a
    dropout inside the cell, which it doesn't have.
    """

    def __init__(
        self,
        units: int,
        *,
        peephole_initializer: Any = "glorot_uniform",
        **options: Any,
    ):
        if options.get("dropout") or options.get("recurrent_dropout"):
            raise ValueError(
                "a cell with peepholes has no dropout inside; add a Dropout layer"
            )
        super().__init__(units, **options)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        super().build(input_shape)
        self.peepholes = self.add_weight(
            shape=(3, self.units),
            name="peepholes",
            initializer=self.peephole_initializer,
            regularizer=self.recurrent_regularizer,
        )

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        """Go one step on: inputs (n, features), states h and c, both (n, units)."""
        hidden, memory = states
        sums = keras.ops.matmul(inputs, self.kernel)
        sums += keras.ops.matmul(hidden, self.recurrent_kernel)
        if self.bias is not None:
            sums += self.bias
        input_sum, forget_sum, candidate, output_sum = keras.ops.split(sums, 4, axis=-1)
        of_input, of_forget, of_output = keras.ops.split(self.peepholes, 3, axis=0)
        gate = self.recurrent_activation
        kept = gate(forget_sum + of_forget * memory) * memory
        added = gate(input_sum + of_input * memory) * self.activation(candidate)
        memory = kept + added
        hidden = gate(output_sum + of_output * memory) * self.activation(memory)
        return hidden, [hidden, memory]

    def get_config(self) -> dict[str, Any]:
        """Return what makes the same cell again."""
        start = keras.initializers.serialize(self.peephole_initializer)
        return {**super().get_config(), "peephole_initializer": start}
