//! A view through which several threads write disjoint ranges of one output.

use std::marker::PhantomData;
use std::ptr::NonNull;

/// `N` floats that a kernel writes. A copy is a view of the same floats.
///
/// Two `&mut` to one buffer would be undefined behaviour even where the ranges are disjoint; copies of this view are
/// not, since nothing can be read or written through it without `unsafe`. Whoever does promises that no range is
/// written while another thread reads or writes it, and that no reference to it is alive.
pub struct Out<'a, const N: usize> {
    start: NonNull<f32>,
    floats: PhantomData<&'a mut [f32; N]>,
}

impl<'a, const N: usize> Out<'a, N> {
    /// A view of an exclusively borrowed array.
    #[inline]
    pub fn new(floats: &'a mut [f32; N]) -> Self {
        Out { start: NonNull::from(floats).cast(), floats: PhantomData }
    }

    /// A view of `N` floats at an address.
    ///
    /// # Safety
    /// `start .. start + N` is writable during `'a`, and through nothing but such views.
    #[inline]
    pub(crate) unsafe fn from_raw(start: NonNull<f32>) -> Self {
        Out { start, floats: PhantomData }
    }

    /// Address of element `at`; also the end address for `at == N`.
    #[inline]
    pub(crate) fn at(self, at: usize) -> *mut f32 {
        debug_assert!(at <= N, "element {at} of {N}");
        self.start.as_ptr().wrapping_add(at)
    }

    /// Writes one element.
    ///
    /// # Safety
    /// `at < N`, and no one else reads or writes that element meanwhile.
    #[inline]
    pub unsafe fn set(self, at: usize, value: f32) {
        debug_assert!(at < N, "element {at} of {N}");
        // SAFETY: the caller keeps `at < N`, and the view covers N floats.
        unsafe { self.at(at).write(value) }
    }

    /// Reads one element back.
    ///
    /// # Safety
    /// `at < N`, and no one else writes that element meanwhile.
    #[inline]
    pub unsafe fn get(self, at: usize) -> f32 {
        debug_assert!(at < N, "element {at} of {N}");
        // SAFETY: the caller keeps `at < N`, and the view covers N floats.
        unsafe { self.at(at).read() }
    }
}

impl<const N: usize> Clone for Out<'_, N> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<const N: usize> Copy for Out<'_, N> {}

// SAFETY: every access through the view is unsafe and promises that no other thread touches the same floats.
unsafe impl<const N: usize> Send for Out<'_, N> {}
// SAFETY: as for Send; the view itself is a plain address.
unsafe impl<const N: usize> Sync for Out<'_, N> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_write_disjoint_halves() {
        let mut floats = [0.0f32; 64];
        let out = Out::new(&mut floats);
        std::thread::scope(|scope| {
            for half in 0..2 {
                scope.spawn(move || {
                    for i in half * 32..half * 32 + 32 {
                        // SAFETY: i < 64, and the halves are disjoint.
                        unsafe { out.set(i, i as f32) };
                    }
                });
            }
        });
        // SAFETY: 63 < 64, and the threads have ended.
        assert_eq!(unsafe { out.get(63) }, 63.0);
        assert!(floats.iter().enumerate().all(|(i, &x)| x == i as f32));
    }
}
