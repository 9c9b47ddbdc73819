"""What is declared of MMAction2's zoo. Nothing heavy is imported."""
