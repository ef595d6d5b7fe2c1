//! Operators that put elements elsewhere: Concat, Take, Transpose, Rearrange.

use super::check::{self, MISSING};
use super::index::Index;
use super::{Rearrange, Take};
use crate::base::tensor::{Elements, Tensor, TensorType};

pub(super) fn infer_concat(axis: usize, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let dtype = check::same_dtype(inputs)?;
    let mut shape = inputs.first().ok_or(MISSING)?.shape.clone();
    if axis >= shape.len() {
        return Err(no_axis(axis, shape.len()));
    }
    shape[axis] = 0;
    for input in inputs {
        let fits = input.shape.len() == shape.len()
            && (0..shape.len()).all(|at| at == axis || input.shape[at] == shape[at]);
        if !fits {
            return Err(format!("{input} and {} do not join along axis {axis}", inputs[0]));
        }
        shape[axis] = shape[axis].checked_add(input.shape[axis]).ok_or("its extents overflow")?;
    }
    check::tensor_type(dtype, shape)
}

pub(super) fn eval_concat(axis: usize, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let outer: usize = output.shape[..axis].iter().product();
    let rows = (0..outer).flat_map(|row| inputs.iter().map(move |input| (row, input)));
    let part = |row: usize, input: &Tensor| {
        let len: usize = input.ty.shape[axis..].iter().product();
        row * len..(row + 1) * len
    };
    Ok(if output.dtype.is_float() {
        let floats =
            rows.map(|(row, x)| Ok(&check::floats(x)?[part(row, x)])).collect::<Result<Vec<_>, String>>()?;
        Elements::Float(floats.concat())
    } else {
        let ints = rows.filter_map(|(row, x)| Some(&x.ints()?[part(row, x)])).collect::<Vec<_>>();
        Elements::Int(ints.concat())
    })
}

pub(super) fn infer_take(take: &Take, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let &[x] = inputs else { return Err(MISSING.to_owned()) };
    let mut shape = x.shape.clone();
    let mut least = 0;
    for (axis, index) in &take.axes {
        let extent = shape.get_mut(*axis).ok_or_else(|| no_axis(*axis, x.shape.len()))?;
        if *axis < least {
            return Err(format!("it takes axis {axis} twice or out of order"));
        }
        if let Some(max) = index.max()
            && max >= *extent
        {
            return Err(format!("it takes element {max} of the {extent} of axis {axis}"));
        }
        *extent = index.len();
        least = axis + 1;
    }
    check::tensor_type(x.dtype, shape)
}

pub(super) fn eval_take(take: &Take, inputs: &[&Tensor]) -> Result<Elements, String> {
    let &[x] = inputs else { return Err(MISSING.to_owned()) };
    let axes = x.ty.shape.iter().enumerate().map(|(axis, &extent)| {
        let index: Option<&Index> = take.axes.iter().find(|(at, _)| *at == axis).map(|(_, index)| index);
        index.map_or_else(|| (0..extent).collect(), |index| index.iter().collect::<Vec<usize>>())
    });
    let axes: Vec<Vec<usize>> = axes.collect();
    Ok(pick(x, &offsets(&x.ty.shape, &axes)))
}

pub(super) fn infer_transpose(perm: &[usize], inputs: &[&TensorType]) -> Result<TensorType, String> {
    let &[x] = inputs else { return Err(MISSING.to_owned()) };
    is_order(perm, x.shape.len())?;
    check::tensor_type(x.dtype, perm.iter().map(|&axis| x.shape[axis]).collect())
}

pub(super) fn eval_transpose(perm: &[usize], inputs: &[&Tensor]) -> Result<Elements, String> {
    let &[x] = inputs else { return Err(MISSING.to_owned()) };
    Ok(pick(x, &transposed(&x.ty.shape, perm)))
}

pub(super) fn check_rearrange(
    how: &Rearrange,
    inputs: &[&TensorType],
    output: &TensorType,
) -> Result<(), String> {
    let &[x] = inputs else { return Err(MISSING.to_owned()) };
    is_order(&how.perm, how.split.len())?;
    let split = check::tensor_type(x.dtype, how.split.clone())?;
    super::shape::check_reshape(inputs, &split)?;
    super::shape::check_reshape(&[&split], output)
}

pub(super) fn eval_rearrange(how: &Rearrange, inputs: &[&Tensor]) -> Result<Elements, String> {
    let &[x] = inputs else { return Err(MISSING.to_owned()) };
    Ok(pick(x, &transposed(&how.split, &how.perm)))
}

fn no_axis(axis: usize, rank: usize) -> String {
    format!("axis {axis} does not exist in {rank} dimensions")
}

/// `perm` names each of `rank` axes once.
fn is_order(perm: &[usize], rank: usize) -> Result<(), String> {
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    let order = sorted.into_iter().eq(0..rank);
    if order { Ok(()) } else { Err(format!("{perm:?} is no order of {rank} axes")) }
}

/// Offsets of the elements with these numbers along each axis, in row-major order of the choices.
fn offsets(shape: &[usize], axes: &[Vec<usize>]) -> Vec<usize> {
    let mut offsets = vec![0];
    for (&extent, numbers) in shape.iter().zip(axes) {
        offsets = offsets.iter().flat_map(|base| numbers.iter().map(move |i| base * extent + i)).collect();
    }
    offsets
}

/// For each element of the transposed tensor, where it comes from.
fn transposed(shape: &[usize], perm: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    let mut offsets = vec![0];
    for &axis in perm {
        let (extent, stride) = (shape[axis], strides[axis]);
        offsets = offsets.iter().flat_map(|base| (0..extent).map(move |i| base + i * stride)).collect();
    }
    offsets
}

fn pick(x: &Tensor, offsets: &[usize]) -> Elements {
    match &x.elements {
        Elements::Float(x) => Elements::Float(offsets.iter().map(|&at| x[at]).collect()),
        Elements::Int(x) => Elements::Int(offsets.iter().map(|&at| x[at]).collect()),
    }
}

impl Rearrange {
    /// The factors of `split` that each axis of the operand is made of; `None` where one would belong to two axes.
    pub fn axes_of(&self, shape: &[usize]) -> Option<Vec<Vec<usize>>> {
        align(shape, &self.split)
    }

    /// The factors of `split` that each axis of the result is made of, outermost first; `None` as above.
    pub fn axes_of_result(&self, shape: &[usize]) -> Option<Vec<Vec<usize>>> {
        let moved: Vec<usize> = self.perm.iter().map(|&factor| self.split[factor]).collect();
        let axes = align(shape, &moved)?.into_iter();
        Some(axes.map(|places| places.into_iter().map(|place| self.perm[place]).collect()).collect())
    }

    /// True when the elements stay in their order: only axes of one element change places.
    pub fn keeps_order(&self) -> bool {
        let long = self.perm.iter().filter(|&&factor| self.split[factor] != 1);
        long.is_sorted()
    }
}

/// The positions of the factors of each extent, in order; `None` where a factor would belong to two.
fn align(extents: &[usize], factors: &[usize]) -> Option<Vec<Vec<usize>>> {
    let mut rest = factors.iter().enumerate();
    let mut axes: Vec<Vec<usize>> = Vec::new();
    for &extent in extents {
        let mut product = 1usize;
        let mut own = Vec::new();
        while product != extent {
            let (at, &factor) = rest.next()?;
            product = product.checked_mul(factor).filter(|&product| product <= extent)?;
            own.push(at);
        }
        axes.push(own);
    }
    rest.all(|(_, &factor)| factor == 1).then_some(axes)
}

#[cfg(test)]
mod tests {
    use crate::base::tensor::{Tensor, TensorType};
    use crate::ops::{Op, Rearrange, Resample, Take, eval, infer};

    fn counting(shape: &[usize]) -> Tensor {
        Tensor::float(shape, (0..shape.iter().product()).map(|i: usize| i as f64).collect())
    }

    fn run(op: &Op, inputs: &[&Tensor], shape: &[usize]) -> Vec<f64> {
        eval(op, inputs, &TensorType::f32(shape)).unwrap().to_f64()
    }

    fn take(axes: &[(usize, &str)]) -> Op {
        Op::Take(Take { axes: axes.iter().map(|(axis, index)| (*axis, index.parse().unwrap())).collect() })
    }

    #[test]
    fn concatenation_is_row_by_row() {
        let (a, b) = (counting(&[2, 2]), Tensor::float([2, 1], vec![8.0, 9.0]));
        assert_eq!(run(&Op::Concat { axis: 1 }, &[&a, &b], &[2, 3]), [0., 1., 8., 2., 3., 9.]);
        assert_eq!(run(&Op::Concat { axis: 0 }, &[&a, &a], &[4, 2]), [0., 1., 2., 3., 0., 1., 2., 3.]);
        let ints = Tensor::int([1], vec![7]);
        let joined = eval(&Op::Concat { axis: 0 }, &[&ints, &ints, &ints], &infer_ints(3)).unwrap();
        assert_eq!(joined.ints(), Some([7, 7, 7].as_slice()));
        assert!(infer(&Op::Concat { axis: 2 }, &[&a.ty, &b.ty]).is_err());
        assert!(infer(&Op::Concat { axis: 0 }, &[&a.ty, &b.ty]).is_err());
        assert!(infer(&Op::Concat { axis: 0 }, &[&a.ty, &ints.ty]).is_err());
        assert!(infer(&Op::Concat { axis: 0 }, &[]).is_err());
        let huge = TensorType::f32([usize::MAX]);
        assert!(infer(&Op::Concat { axis: 0 }, &[&huge, &huge]).is_err());
    }

    fn infer_ints(count: usize) -> TensorType {
        Tensor::int([count], vec![0; count]).ty
    }

    #[test]
    fn elements_are_taken_by_their_numbers() {
        let x = counting(&[2, 3]);
        assert_eq!(run(&take(&[(1, "2:2/-2")]), &[&x], &[2, 2]), [2., 0., 5., 3.]);
        assert_eq!(run(&take(&[(0, "1:1"), (1, "0:2/0+1:1")]), &[&x], &[1, 3]), [3., 3., 4.]);
        assert_eq!(run(&take(&[]), &[&x], &[2, 3]), x.to_f64());
        assert!(infer(&take(&[(1, "3:1")]), &[&x.ty]).is_err());
        assert!(infer(&take(&[(2, "0:1")]), &[&x.ty]).is_err());
        assert!(infer(&take(&[(1, "0:1"), (0, "0:1")]), &[&x.ty]).is_err());
        assert!(infer(&take(&[(1, "0:1"), (1, "0:1")]), &[&x.ty]).is_err());
        assert!(infer(&take(&[(0, "0:9/0*999999999999999999/0"), (1, "0:3")]), &[&x.ty]).is_err());
    }

    #[test]
    fn axes_change_places() {
        let x = counting(&[2, 3]);
        let transpose = |perm: &[usize]| Op::Transpose { perm: perm.to_vec() };
        assert_eq!(run(&transpose(&[1, 0]), &[&x], &[3, 2]), [0., 3., 1., 4., 2., 5.]);
        assert!(infer(&transpose(&[0, 0]), &[&x.ty]).is_err());
        assert!(infer(&transpose(&[0, 2]), &[&x.ty]).is_err());
        assert!(infer(&transpose(&[0]), &[&x.ty]).is_err());
        // DepthToSpace of one position: the block's columns, then its rows.
        let how = Rearrange { split: vec![1, 2, 2, 1, 1, 1], perm: vec![0, 3, 4, 1, 5, 2] };
        let x = counting(&[1, 4, 1, 1]);
        assert_eq!(run(&Op::Rearrange(how.clone()), &[&x], &[1, 1, 2, 2]), [0., 1., 2., 3.]);
        let swapped = Op::Rearrange(Rearrange { perm: vec![0, 3, 4, 2, 5, 1], ..how.clone() });
        assert_eq!(run(&swapped, &[&x], &[1, 1, 2, 2]), [0., 2., 1., 3.]);
        assert!(eval(&swapped, &[&x], &TensorType::f32([5])).is_err());
        assert!(eval(&Op::Rearrange(Rearrange { split: vec![5], ..how }), &[&x], &x.ty).is_err());
    }

    #[test]
    fn sums_are_weighted() {
        let x = counting(&[3, 2]);
        let weights = Tensor::float([2, 2], vec![0.5, 0.5, 0.0, 1.0]);
        let op = |first: &str| Op::Resample(Resample { axis: 0, first: first.parse().unwrap() });
        assert_eq!(run(&op("0:2"), &[&x, &weights], &[2, 2]), [1., 2., 4., 5.]);
        assert!(infer(&op("1:2"), &[&x.ty, &weights.ty]).is_err());
        assert!(infer(&op("0:1"), &[&x.ty, &weights.ty]).is_err());
    }
}
