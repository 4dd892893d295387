"""The door for machines: referral in, case out."""
