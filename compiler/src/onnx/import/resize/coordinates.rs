//! Where in the operand each element of a resized axis lies (ONNX Resize, coordinate_transformation_mode).

/// The modes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
    TfHalfPixelForNn,
    TfCropAndResize,
}

const NAMES: [(&str, Mode); 7] = [
    ("half_pixel", Mode::HalfPixel),
    ("half_pixel_symmetric", Mode::HalfPixelSymmetric),
    ("pytorch_half_pixel", Mode::PytorchHalfPixel),
    ("align_corners", Mode::AlignCorners),
    ("asymmetric", Mode::Asymmetric),
    ("tf_half_pixel_for_nn", Mode::TfHalfPixelForNn),
    ("tf_crop_and_resize", Mode::TfCropAndResize),
];

impl Mode {
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }
}

/// One axis that changes its extent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Axis {
    /// Extent of the operand; not 0.
    pub from: usize,
    /// Extent of the result.
    pub to: usize,
    /// Extents of the result for one of the operand, as given; the result's is rounded.
    pub scale: f64,
    /// Part of the operand that the result shows, from 0 to 1: for tf_crop_and_resize.
    pub region: [f64; 2],
}

impl Axis {
    /// The coordinate of each element of the result; `None` outside of the region that tf_crop_and_resize has. Those that will
    /// be rounded to the `nearest` element are whole where f32 cannot tell them from whole ones: 11 / 1.1 is 10, though the
    /// scale, which is stored as f32, is a little more than 1.1. So does onnxruntime; ONNX leaves it open.
    pub fn places(&self, mode: Mode, nearest: bool) -> Vec<Option<f64>> {
        (0..self.to).map(|element| self.place(mode, nearest, element as f64)).collect()
    }

    fn place(&self, mode: Mode, nearest: bool, element: f64) -> Option<f64> {
        let (from, to) = (self.from as f64, self.to as f64);
        let whole = self.scale == to / from;
        let scaled = |place: f64| match (whole, nearest) {
            // Right where the quotient is whole, which by the scale it need not be.
            (true, _) => place * from / to,
            (false, true) => f64::from((place / self.scale) as f32),
            (false, false) => place / self.scale,
        };
        // The extent before it was rounded.
        let exact = if whole { to } else { self.scale * from };
        let half_pixel = scaled(element + 0.5) - 0.5;
        let place = match mode {
            Mode::HalfPixel => half_pixel,
            // ONNX's offset and quotient as one, since `from / exact` is one over the scale.
            Mode::HalfPixelSymmetric => scaled((exact - to) / 2.0 + element + 0.5) - 0.5,
            Mode::PytorchHalfPixel if self.to == 1 => 0.0,
            Mode::PytorchHalfPixel => half_pixel,
            Mode::AlignCorners if self.to == 1 => 0.0,
            Mode::AlignCorners => element * (from - 1.0) / (exact - 1.0),
            Mode::Asymmetric => scaled(element),
            Mode::TfHalfPixelForNn => scaled(element + 0.5),
            Mode::TfCropAndResize => {
                let [start, end] = self.region.map(|corner| corner * (from - 1.0));
                let place = match self.to {
                    1 => 0.5 * (start + end),
                    _ => start + element * (end - start) / (to - 1.0),
                };
                return (0.0..=from - 1.0).contains(&place).then_some(place);
            }
        };
        Some(place)
    }

    /// The element nearest to a whole coordinate.
    pub fn clamp(&self, place: f64) -> usize {
        // A coordinate that is no number becomes 0.
        place.max(0.0).min((self.from - 1) as f64) as usize
    }

    /// True when every element stays where it is.
    pub fn stays(&self) -> bool {
        self.from == self.to && self.scale == 1.0 && self.region == [0.0, 1.0]
    }
}
