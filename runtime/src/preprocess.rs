//! How a picture becomes an input: what the model records, and feature `image` does.

/// How a picture becomes an input: short side resized, centre cropped, normalised, planar.
///
/// With the feature `image`, `apply` does it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Preprocess {
    /// Pixels of the short side after resizing; the aspect ratio stays.
    pub resize_short: u32,
    /// Pixels of both sides of the square cut out of the middle.
    pub crop: u32,
    /// How to resize.
    pub filter: Filter,
    /// Subtracted from red, green and blue, in this order whatever that of the planes, where a pixel is 0 to 1.
    pub mean: [f32; 3],
    /// Divides red, green and blue after that.
    pub std: [f32; 3],
    /// Order of the planes.
    pub order: ChannelOrder,
}

impl Preprocess {
    /// What the classifiers of torchvision were trained with.
    pub const IMAGENET: Preprocess = Preprocess {
        resize_short: 256,
        crop: 224,
        filter: Filter::Bilinear,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        order: ChannelOrder::Rgb,
    };
}

impl Default for Preprocess {
    fn default() -> Self {
        Preprocess::IMAGENET
    }
}

/// An interpolation, widened when shrinking so that no pixel is skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filter {
    /// Triangle of radius 1.
    Bilinear,
    /// Catmull-Rom of radius 2 (a = -0.5).
    Bicubic,
}

/// Which colour comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelOrder {
    /// Red, green, blue: PyTorch, TensorFlow.
    Rgb,
    /// Blue, green, red: Caffe, OpenCV.
    Bgr,
}

impl ChannelOrder {
    /// Which of red (0), green (1) and blue (2) each plane is.
    pub const fn colours(self) -> [usize; 3] {
        match self {
            ChannelOrder::Rgb => [0, 1, 2],
            ChannelOrder::Bgr => [2, 1, 0],
        }
    }
}
