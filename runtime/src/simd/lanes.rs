//! Functions of two numbers, choices, and functions that are done one lane at a time: like [`math!`], one text for all
//! instruction sets.

macro_rules! lanewise {
    ($(#[$feature:meta])?) => {
        /// The greater; NaN where either is.
        #[inline]
        $(#[$feature])?
        pub fn maximum(a: V, b: V) -> V {
            pick_equal(a, a, max(a, b), a)
        }

        /// The lesser; NaN where either is.
        #[inline]
        $(#[$feature])?
        pub fn minimum(a: V, b: V) -> V {
            pick_equal(a, a, min(a, b), a)
        }

        /// `a` < 0 ? `slope` `a` : `a`.
        #[inline]
        $(#[$feature])?
        pub fn prelu(a: V, slope: V) -> V {
            pick_less(a, zero(), mul(a, slope), a)
        }

        /// 1 where `a < b`, else 0.
        #[inline]
        $(#[$feature])?
        pub fn less(a: V, b: V) -> V {
            pick_less(a, b, constant(1.0), zero())
        }

        /// 1 where `a <= b`, else 0.
        #[inline]
        $(#[$feature])?
        pub fn less_equal(a: V, b: V) -> V {
            pick_less_equal(a, b, constant(1.0), zero())
        }

        /// 1 where `a == b`, else 0.
        #[inline]
        $(#[$feature])?
        pub fn equal(a: V, b: V) -> V {
            pick_equal(a, b, constant(1.0), zero())
        }

        /// `no` where `a` is 0, else `yes`.
        #[inline]
        $(#[$feature])?
        pub fn select(a: V, yes: V, no: V) -> V {
            pick_equal(a, zero(), no, yes)
        }

        by_lane!($(#[$feature])? [sin cos tan asin acos atan sinh cosh asinh acosh atanh]);

        /// `a` to the `b`, one lane at a time by the system's library.
        #[inline]
        $(#[$feature])?
        pub fn pow(a: V, b: V) -> V {
            lane_pairs(a, b, |a, b| f64::from(a).powf(f64::from(b)) as f32)
        }

        /// The rest of `a / b` with the sign of `a`, exactly, one lane at a time.
        #[inline]
        $(#[$feature])?
        pub fn fmod(a: V, b: V) -> V {
            lane_pairs(a, b, |a, b| a % b)
        }

        #[inline]
        $(#[$feature])?
        fn each_lane(a: V, f: impl Fn(f32) -> f32) -> V {
            // SAFETY: a vector is `LANES` floats, in order.
            unsafe { std::mem::transmute::<[f32; LANES], V>(std::mem::transmute::<V, [f32; LANES]>(a).map(f)) }
        }

        #[inline]
        $(#[$feature])?
        fn lane_pairs(a: V, b: V, f: impl Fn(f32, f32) -> f32) -> V {
            // SAFETY: a vector is `LANES` floats, in order.
            let (a, b) = unsafe {
                (std::mem::transmute::<V, [f32; LANES]>(a), std::mem::transmute::<V, [f32; LANES]>(b))
            };
            let c: [f32; LANES] = std::array::from_fn(|lane| f(a[lane], b[lane]));
            // SAFETY: as before.
            unsafe { std::mem::transmute::<[f32; LANES], V>(c) }
        }
    };
}

/// Functions that are too rare for vectors of their own: the system's library, one lane at a time, in f64, where its
/// inverse hyperbolic functions neither overflow nor cancel.
macro_rules! by_lane {
    ($(#[$feature:meta])? [$($name:ident)*]) => { by_lane!(@ {$(#[$feature])?} $($name)*); };
    (@ $features:tt $($name:ident)*) => { $(by_lane!(! $features $name);)* };
    (! {$(#[$feature:meta])?} $name:ident) => {
        #[doc = concat!("`", stringify!($name), "`, one lane at a time by the system's library.")]
        #[inline]
        $(#[$feature])?
        pub fn $name(a: V) -> V {
            each_lane(a, |x| f64::from(x).$name() as f32)
        }
    };
}
