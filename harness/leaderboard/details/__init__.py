"""A run class by class and clip by clip: accuracy of classes, confusions, and clips that change sides."""
