"""A small web shop's back office: catalogue, orders, reports."""
