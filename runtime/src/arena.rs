//! The memory of a run: one 64-byte-aligned buffer, of which the compiler's memory planner gives each value a range.
//!
//! # Safety contract
//! The planner proved, for the arena length it printed into the generated code: every range lies inside the arena and
//! starts at a multiple of 16 floats; a value's range is disjoint from that of every other value that is alive at the
//! same time; a step that updates in place takes one [`Out`], never a reference and a view of the same floats. Hence
//! within a step no range is both read through a reference and written.

use crate::{Error, Out, memory, pages};
use std::alloc::{Layout, alloc, dealloc};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Alignment in bytes of buffers, arenas and weights: a cache line, and the widest vector register.
pub const ALIGN: usize = 64;

/// [`ALIGN`] in floats.
pub(crate) const ALIGN_FLOATS: usize = ALIGN / size_of::<f32>();

/// A heap buffer of zeroed floats, aligned to [`ALIGN`] bytes; a large one is on huge pages where the system has them.
pub struct AlignedBuf {
    start: NonNull<f32>,
    len: usize,
}

impl AlignedBuf {
    /// A buffer of `len` zeros.
    ///
    /// # Errors
    /// The size, when there is not that much memory.
    pub fn try_new(len: usize) -> Result<Self, Error> {
        let short = || memory::short(len as u128 * size_of::<f32>() as u128);
        let layout = Self::layout(len).ok_or_else(short)?;
        if layout.size() == 0 {
            // SAFETY: the alignment is not zero; no float is ever read through this address.
            let start = unsafe { NonNull::new_unchecked(std::ptr::without_provenance_mut(ALIGN)) };
            return Ok(AlignedBuf { start, len });
        }
        // SAFETY: the size is not zero.
        let start = unsafe { alloc(layout) };
        let start: NonNull<f32> = NonNull::new(start).ok_or_else(short)?.cast();
        pages::prefer_huge(start.cast(), layout);
        // SAFETY: `layout` has room for `len` floats, and zeros are floats.
        unsafe { start.write_bytes(0, len) };
        Ok(AlignedBuf { start, len })
    }

    fn layout(len: usize) -> Option<Layout> {
        let bytes = len.checked_mul(size_of::<f32>())?;
        let align = if bytes >= pages::HUGE { pages::HUGE } else { ALIGN };
        Layout::from_size_align(bytes, align).ok()
    }
}

impl Drop for AlignedBuf {
    fn drop(&mut self) {
        if let Some(layout) = Self::layout(self.len).filter(|layout| layout.size() > 0) {
            // SAFETY: `try_new` allocated it with this very layout.
            unsafe { dealloc(self.start.as_ptr().cast(), layout) }
        }
    }
}

impl Deref for AlignedBuf {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `len` initialised floats that this buffer owns; none where `len` is 0.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for AlignedBuf {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as for `deref`, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

// SAFETY: the buffer owns its floats and shares them only through ordinary borrows.
unsafe impl Send for AlignedBuf {}
// SAFETY: as for Send.
unsafe impl Sync for AlignedBuf {}

/// A view of the arena from which steps take their operands; see the safety contract of this module.
#[derive(Clone, Copy)]
pub struct Arena<'a> {
    start: NonNull<f32>,
    len: usize,
    floats: PhantomData<&'a mut [f32]>,
}

impl<'a> Arena<'a> {
    /// A view of exclusively borrowed floats (an [`AlignedBuf`] too).
    pub fn new(floats: &'a mut [f32]) -> Self {
        Arena { len: floats.len(), start: NonNull::from(floats).cast(), floats: PhantomData }
    }

    /// A view of the caller's memory for a model that needs `need` floats.
    ///
    /// # Errors
    /// When the memory is shorter or not aligned to [`ALIGN`] bytes.
    pub fn try_new(floats: &'a mut [f32], need: usize) -> Result<Self, Error> {
        if floats.len() < need {
            return Err(Error::usage(format!(
                "the arena has {} floats and the model needs {need} with its number of threads; its INFO tells the size",
                floats.len()
            )));
        }
        if !floats.as_ptr().addr().is_multiple_of(ALIGN) {
            return Err(Error::usage(format!(
                "the arena is not aligned to {ALIGN} bytes; take an AlignedBuf or an aligned static"
            )));
        }
        Ok(Arena::new(floats))
    }

    /// `N` floats to read, from float `at` on.
    ///
    /// # Safety
    /// The range lies inside the arena, and no one writes it while the reference lives.
    #[inline]
    pub unsafe fn read<const N: usize>(self, at: usize) -> &'a [f32; N] {
        // SAFETY: the caller keeps the range inside the arena, whose floats are initialised.
        unsafe { self.range(at, N).cast().as_ref() }
    }

    /// `N` floats to write, from float `at` on.
    ///
    /// # Safety
    /// The range lies inside the arena, and no reference to it is alive while the view is written through.
    #[inline]
    pub unsafe fn write<const N: usize>(self, at: usize) -> Out<'a, N> {
        // SAFETY: the caller keeps the range inside the arena.
        unsafe { Out::from_raw(self.range(at, N)) }
    }

    /// The whole arena, for a probe between two steps.
    ///
    /// # Safety
    /// No one writes the arena while the slice lives.
    #[inline]
    pub unsafe fn view(&self) -> &[f32] {
        // SAFETY: the arena is `len` initialised floats.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    /// # Safety
    /// `at + n <= len`.
    #[inline]
    unsafe fn range(self, at: usize, n: usize) -> NonNull<f32> {
        debug_assert!(at.checked_add(n).is_some_and(|end| end <= self.len), "{at} + {n} of {}", self.len);
        debug_assert!(at.is_multiple_of(ALIGN_FLOATS), "float {at} is not at a multiple of {ALIGN} bytes");
        debug_assert!(
            self.start.addr().get().is_multiple_of(ALIGN),
            "the arena is not aligned to {ALIGN} bytes"
        );
        // SAFETY: the caller keeps `at` inside the arena.
        unsafe { self.start.add(at) }
    }
}

// SAFETY: every access through the view is unsafe and promises that no other thread touches the same floats.
unsafe impl Send for Arena<'_> {}
// SAFETY: as for Send; the view itself is a plain address and a length.
unsafe impl Sync for Arena<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_zeroed_and_aligned() {
        for len in [0, 1, 16, 1000] {
            let buf = AlignedBuf::try_new(len).unwrap();
            assert_eq!(buf.len(), len);
            assert!(buf.as_ptr().addr().is_multiple_of(ALIGN));
            assert!(buf.iter().all(|&x| x == 0.0));
        }
    }

    #[test]
    fn too_little_memory_is_an_error_that_tells_the_size() {
        for len in [usize::MAX, usize::MAX / 4, isize::MAX as usize / 4 - 16] {
            let Err(error) = AlignedBuf::try_new(len) else { panic!("{len} floats fit") };
            assert!(error.to_string().contains(&(len as u128 * 4).to_string()), "{error}");
        }
    }

    #[test]
    fn reads_what_was_written() {
        let mut buf = AlignedBuf::try_new(64).unwrap();
        let arena = Arena::try_new(&mut buf, 64).unwrap();
        // SAFETY: 32 + 16 <= 64, and no reference to the range is alive.
        unsafe { arena.write::<16>(32).set(3, 7.0) };
        // SAFETY: as above, and the view is no longer used.
        assert_eq!(unsafe { arena.read::<16>(32) }[3], 7.0);
        // SAFETY: nothing writes any more.
        assert_eq!(unsafe { arena.view() }[35], 7.0);
    }

    #[test]
    fn memory_that_does_not_fit_is_refused() {
        let mut buf = AlignedBuf::try_new(64).unwrap();
        assert!(Arena::try_new(&mut buf, 65).is_err());
        assert!(Arena::try_new(&mut buf[1..], 16).is_err());
        assert!(Arena::try_new(&mut buf[16..], 48).is_ok());
    }

    #[test]
    #[cfg(debug_assertions)]
    fn debug_builds_check_range_and_alignment() {
        let refused = |at: usize| {
            std::panic::catch_unwind(move || {
                let mut buf = AlignedBuf::try_new(64).unwrap();
                // SAFETY: the range is wrong on purpose; the debug assertion stops before any access.
                let _ = unsafe { Arena::new(&mut buf).write::<32>(at) };
            })
            .is_err()
        };
        assert!(!refused(32));
        assert!(refused(8), "not aligned");
        assert!(refused(48), "over the end");
        assert!(refused(usize::MAX - 15), "overflow");
    }
}
