"""Training recognisers through mmengine's Runner."""
