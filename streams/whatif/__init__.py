"""What would differ under other rules? Recorded or live reports through the stream's own code, once as it is and once
as it would be; nothing live is touched.
"""
