//! Runtime of compiled models.
