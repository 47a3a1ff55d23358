"""The Registry: the contract of its extracts, their validation, and the engines that aggregate them."""
