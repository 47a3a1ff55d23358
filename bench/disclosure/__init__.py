"""What the benchmark of disclosure control compares with: reference tables, simple methods, exact optima."""
