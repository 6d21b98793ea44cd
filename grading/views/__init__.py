"""Pages of learners and teachers. Each fetches under a guard, calls one function, renders."""
