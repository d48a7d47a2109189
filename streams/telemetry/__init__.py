"""Every metric named once; logs; health."""
