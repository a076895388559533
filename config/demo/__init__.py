"""What does the demo workspace hold? `seed_demo` puts it there through the services people use."""
