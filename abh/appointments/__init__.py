"""One roster, computed slots, guarded bookings."""
