//! Memory that may be short: what grows with a model or with input is asked for before it is used.

use crate::Error;

/// The error of a buffer for which there is no memory.
pub(crate) fn short(bytes: u128) -> Error {
    Error::new(format!("there is no memory for a buffer of {bytes} bytes; free some or raise the limit"))
}

/// An empty list with room for so many elements.
///
/// # Errors
/// The size, when there is not that much memory.
#[cfg(any(feature = "npy", feature = "image", test))]
pub(crate) fn room<T>(len: usize) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    list.try_reserve_exact(len).map_err(|_| short(len as u128 * size_of::<T>() as u128))?;
    Ok(list)
}

/// Asks for memory that code elsewhere will take without asking.
///
/// # Errors
/// The size, when there is not that much memory.
#[cfg(feature = "image")]
pub(crate) fn affords(bytes: u64) -> Result<(), Error> {
    room::<u8>(usize::try_from(bytes).unwrap_or(usize::MAX)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_memory_is_an_error_that_tells_the_size() {
        for len in [usize::MAX, usize::MAX / 4, isize::MAX as usize / 4 - 16] {
            let error = room::<f32>(len).unwrap_err().to_string();
            assert!(error.contains(&(len as u128 * 4).to_string()), "{error}");
        }
        assert!(room::<f32>(1000).unwrap().capacity() >= 1000);
    }
}
