"""What does the demo workspace hold? Data only; `seed_demo` puts it there through the same services people use."""
