"""What a careful person writes with NumPy alone: every derivative worked out on paper."""
