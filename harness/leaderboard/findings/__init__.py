"""Which findings of a publication hold on a run: claims, what the run says about them, and a page that shows both."""
