// The front end: each module enhances what the server rendered; nothing here is needed to use a page.
