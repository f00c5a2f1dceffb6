"""What pages, mails and posters look like: colours, templates, pictures."""
