//! Memory that may be short: the buffers that grow with a tensor are asked for before they are used, so that where they
//! do not fit is an error like any other.

use super::diag::Error;

/// What helps where memory is short.
pub const REMEDY: &str = "free some or raise the limit, or compile on a larger machine";

/// An empty list with room for so many elements; `place` is what they are for.
///
/// # Errors
/// The size, when there is not that much memory.
pub fn room<T>(place: impl Into<String>, len: usize) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    list.try_reserve_exact(len).map_err(|_| short(place, len.saturating_mul(size_of::<T>())))?;
    Ok(list)
}

/// Asks for memory that code behind it takes without asking.
///
/// # Errors
/// The size, when there is not that much memory.
pub fn affords(place: impl Into<String>, bytes: usize) -> Result<(), Error> {
    room::<u8>(place, bytes).map(drop)
}

fn short(place: impl Into<String>, bytes: usize) -> Error {
    Error::one(place, format!("there is no memory for {bytes} bytes"), REMEDY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_memory_is_an_error_that_tells_the_size() {
        for len in [usize::MAX / 4, isize::MAX as usize / 4 - 16] {
            let error = room::<f32>("constant `w`", len).expect_err("too much").to_string();
            let size = format!("constant `w`: there is no memory for {} bytes", len.saturating_mul(4));
            assert!(error.contains(&size), "{error}");
        }
        assert!(affords("x", usize::MAX).is_err() && affords("x", 1000).is_ok());
    }
}
