//! Published test doubles.
