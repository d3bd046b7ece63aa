"""Abstract evaluation of one body: statements, expressions, calls. Iterating over all bodies is the solver's."""
