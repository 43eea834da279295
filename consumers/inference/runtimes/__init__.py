"""What executes a model: LiteRT, ONNX Runtime and OpenCV recipes behind one protocol."""
