"""How does Parley reach the outside world? Through one guarded door for HTTP, one for mail, no other."""
