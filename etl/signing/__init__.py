"""The keys with which releases are signed: made, kept, rotated, revoked. The secret ones never leave the work folder."""
