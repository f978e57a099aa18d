"""Describes one of Keras's networks as JSON: keras_networks.py NAME FILE.

A list of layers in the order in which they can be computed, each with its name, its class, its configuration and the
places of its inputs in the list.
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "numpy"  # nothing is computed

import keras


def describe(name):
    model = getattr(keras.applications, name)(weights=None, classifier_activation=None)
    places = {layer.name: place for place, layer in enumerate(model.layers)}
    layers = []
    for layer in model.layers:
        inputs = layer._inbound_nodes[0].input_tensors if layer._inbound_nodes else []
        layers.append({
            "name": layer.name, "class": type(layer).__name__, "config": layer.get_config(),
            "inputs": [places[tensor._keras_history.operation.name] for tensor in inputs],
        })
    return layers


if __name__ == "__main__":
    with open(sys.argv[2], "w") as file:
        json.dump(describe(sys.argv[1]), file, default=str)
