"""What trainers of SR methods and recognisers share."""
