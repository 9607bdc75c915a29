"""Help where the reader is: the glossary, questions to ask of each page, the first hour, and exercises with answers."""
