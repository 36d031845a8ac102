"""Who may do what, and what was done: users, sessions, policy, audit chain."""
