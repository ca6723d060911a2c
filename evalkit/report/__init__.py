"""What people read: the terminal's tables and transcripts, pages and charts."""
