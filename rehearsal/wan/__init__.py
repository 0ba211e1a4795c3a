"""The compared WAN: tunnels come up between the two clouds when both ends fit.

It reads each cloud as a client would (EC2 by boto3, ARM by HTTPS), decides by comparing, and writes the outcome
back through the clouds' control APIs. No packet is ever sent, and everything it reports is marked so.
"""
