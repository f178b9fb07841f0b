"""Visits, popular pages and busy clients from a web server's access log."""
