"""What is declared: architectures, methods and their checkpoints. Nothing heavy is imported."""
