"""What the gallery shows, by subject; each module enters its pictures."""
