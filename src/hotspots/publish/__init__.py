"""The gate between analysis and the public: rules, hiding, and the Release that comes out."""
