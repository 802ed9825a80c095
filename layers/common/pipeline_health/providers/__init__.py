"""One module per sender: is it really them (`verify`), and which build do they mean (`parse`). Pure."""
