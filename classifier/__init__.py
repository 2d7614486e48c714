"""policytag: which policy measures a Chinese document takes, paragraph by paragraph."""
