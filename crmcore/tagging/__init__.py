"""Tags as a whole: how often they are used, merging, bringing back."""
