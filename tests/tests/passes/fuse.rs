//! Passes that move nodes into the epilogue of the one before.

use insta::assert_snapshot;

use crate::check;

#[test]
fn place_activations_over_pools_and_reshapes() {
    assert_snapshot!(check(&["place_activations"], "graph g {
        in %x: f32[1x3x8x8]
        con %w: f32[4x3x3x3]
        %c: f32[1x4x8x8] = conv(%x, %w) kernel=3x3 pads=1,1,1,1
        %p: f32[1x4x4x4] = max_pool(%c) kernel=3x3 stride=2x2 pads=1,1,1,1
        %q: f32[1x4x2x2] = max_pool(%p) kernel=2x2 stride=2x2
        %r: f32[1x16] = reshape(%q)
        %y: f32[1x16] = clip(%r) lo=-0.5 hi=1   ; act
        %a: f32[1x3x4x4] = avg_pool(%x) kernel=2x2 stride=2x2
        %b: f32[1x3x2x2] = max_pool(%a) kernel=2x2 stride=2x2
        %z: f32[1x3x2x2] = relu(%b)   ; stays
        out %y
        out %z
    }"), @r"
    graph g {
      in %x: f32[1x3x8x8]
      con %w: f32[4x3x3x3]
      %c: f32[1x4x8x8] = conv(%x, %w) kernel=3x3 pads=1,1,1,1
      %c@act: f32[1x4x8x8] = clip(%c) lo=-0.5 hi=1   ; act
      %p@act: f32[1x4x4x4] = max_pool(%c@act) kernel=3x3 stride=2x2 pads=1,1,1,1
      %q@act: f32[1x4x2x2] = max_pool(%p@act) kernel=2x2 stride=2x2
      %y: f32[1x16] = reshape(%q@act)
      %a: f32[1x3x4x4] = avg_pool(%x) kernel=2x2 stride=2x2
      %b: f32[1x3x2x2] = max_pool(%a) kernel=2x2 stride=2x2
      %z: f32[1x3x2x2] = relu(%b)   ; stays
      out %y
      out %z
    }
    ; place_activations: relu `stays`: nothing before it takes an activation
    ");
}

/// What follows a transposed convolution.
#[test]
fn place_activations_over_moves_of_elements() {
    assert_snapshot!(check(&["place_activations", "fuse_activation"], "graph g {
        in %x: f32[1x4x3x3]
        con %w: f32[8x4x1x1]
        %a: f32[1x8x3x3] = conv(%x, %w) kernel=1x1   ; conv
        %b: f32[1x2x6x6] = rearrange(%a) split=1,2,2,2,3,3 perm=0,1,4,2,5,3   ; phases
        %c: f32[1x2x5x5] = take(%b) axis2=1:5 axis3=0:5   ; crop
        %d: f32[1x5x5x2] = transpose(%c) perm=0,2,3,1   ; last
        %y: f32[1x5x5x2] = clip(%d) lo=-0.5 hi=1   ; act
        out %y
    }"), @r"
    graph g {
      in %x: f32[1x4x3x3]
      con %w: f32[8x4x1x1]
      %a@act: f32[1x8x3x3] = conv(%x, %w) kernel=1x1 +clip(-0.5,1)   ; conv, act
      %b@act: f32[1x2x6x6] = rearrange(%a@act) split=1,2,2,2,3,3 perm=0,1,4,2,5,3   ; phases
      %c@act: f32[1x2x5x5] = take(%b@act) axis2=1:5 axis3=0:5   ; crop
      %y: f32[1x5x5x2] = transpose(%c@act) perm=0,2,3,1   ; last
      out %y
    }
    ");
}

/// A residual block whose shortcut is the block's input.
#[test]
fn fuse_residual_into_the_last_convolution() {
    assert_snapshot!(check(&["fuse_residual"], "graph g {
        in %x: f32[1x4x3x3]
        con %w: f32[4x4x1x1]
        %a: f32[1x4x3x3] = conv(%x, %w) kernel=1x1 +relu   ; a
        %b: f32[1x4x3x3] = conv(%a, %w) kernel=1x1   ; b
        %y: f32[1x4x3x3] = add(%x, %b) +relu   ; add
        %c: f32[1x4x3x3] = conv(%y, %w) kernel=1x1 +relu   ; c
        %d: f32[1x4x3x3] = conv(%c, %w) kernel=1x1 +relu   ; d
        %z: f32[1x4x3x3] = add(%d, %y)   ; activated
        %t: f32[1x4x3x3] = add(%z, %y)   ; no_conv
        out %t
    }"), @r"
    graph g {
      in %x: f32[1x4x3x3]
      con %w: f32[4x4x1x1]
      %a: f32[1x4x3x3] = conv(%x, %w) kernel=1x1 +relu   ; a
      %y: f32[1x4x3x3] = conv(%a, %w, %x) kernel=1x1 +residual +relu   ; b, add
      %c: f32[1x4x3x3] = conv(%y, %w) kernel=1x1 +relu   ; c
      %d: f32[1x4x3x3] = conv(%c, %w) kernel=1x1 +relu   ; d
      %z: f32[1x4x3x3] = add(%d, %y)   ; activated
      %t: f32[1x4x3x3] = add(%z, %y)   ; no_conv
      out %t
    }
    ; fuse_residual: add `activated`: the convolution before it is activated first
    ; fuse_residual: add `no_conv`: no convolution computes what it reads
    ");
}

/// The main branch takes the shortcut, whichever of the two comes first.
#[test]
fn fuse_residual_into_the_main_branch() {
    let graph = |nodes: [&str; 3]| {
        let [first, second, third] = nodes;
        format!(
            "graph g {{
            in %x: f32[1x4x3x3]
            con %w: f32[4x4x1x1]
            {first}
            {second}
            {third}
            %y: f32[1x4x3x3] = add(%main, %short)   ; add
            out %y
        }}"
        )
    };
    let a = "%a: f32[1x4x3x3] = conv(%x, %w) kernel=1x1 +relu   ; a";
    let main = "%main: f32[1x4x3x3] = conv(%a, %w) kernel=1x1   ; main";
    let short = "%short: f32[1x4x3x3] = conv(%x, %w) kernel=1x1   ; short";
    let last = check(&["fuse_residual"], &graph([a, main, short]));
    assert_snapshot!(last, @r"
    graph g {
      in %x: f32[1x4x3x3]
      con %w: f32[4x4x1x1]
      %a: f32[1x4x3x3] = conv(%x, %w) kernel=1x1 +relu   ; a
      %short: f32[1x4x3x3] = conv(%x, %w) kernel=1x1   ; short
      %y: f32[1x4x3x3] = conv(%a, %w, %short) kernel=1x1 +residual   ; main, add
      out %y
    }
    ");
    assert_snapshot!(check(&["fuse_residual"], &graph([short, a, main])), @r"
    graph g {
      in %x: f32[1x4x3x3]
      con %w: f32[4x4x1x1]
      %short: f32[1x4x3x3] = conv(%x, %w) kernel=1x1   ; short
      %a: f32[1x4x3x3] = conv(%x, %w) kernel=1x1 +relu   ; a
      %y: f32[1x4x3x3] = conv(%a, %w, %short) kernel=1x1 +residual   ; main, add
      out %y
    }
    ");
}

#[test]
fn fuse_activation_composes() {
    assert_snapshot!(check(&["fuse_activation"], "graph g {
        in %x: f32[1x4x3x3]
        con %w: f32[4x4x1x1]
        con %fc: f32[36x2]
        con %s: f32[4]
        %a: f32[1x4x3x3] = conv(%x, %w) kernel=1x1   ; conv
        %b: f32[1x4x3x3] = relu(%a)   ; relu
        %c: f32[1x4x3x3] = clip(%b) lo=-1 hi=6   ; clip
        %d: f32[1x4x3x3] = affine(%c, %s, %s)
        %e: f32[1x4x3x3] = relu(%d)
        %f: f32[1x4x3x3] = add(%e, %x)
        %g: f32[1x4x3x3] = relu(%f)
        %h: f32[1x36] = reshape(%g)
        %i: f32[1x2] = matmul(%h, %fc)
        %j: f32[1x2] = clip(%i) lo=-inf hi=1
        %k: f32[1x2] = clip(%j) lo=2 hi=3   ; apart
        %l: f32[1x2] = softmax(%k) axis=1   ; softmax
        %m: f32[1x2] = relu(%l)   ; after_softmax
        %n: f32[1x4x3x3] = relu(%a)   ; second_use
        out %m
    }"), @r"
    graph g {
      in %x: f32[1x4x3x3]
      con %w: f32[4x4x1x1]
      con %s: f32[4]
      con %fc: f32[36x2]
      %a: f32[1x4x3x3] = conv(%x, %w) kernel=1x1   ; conv
      %c: f32[1x4x3x3] = clip(%a) lo=0 hi=6   ; relu, clip
      %e: f32[1x4x3x3] = affine(%c, %s, %s) +relu
      %g: f32[1x4x3x3] = add(%e, %x) +relu
      %h: f32[1x36] = reshape(%g)
      %j: f32[1x2] = matmul(%h, %fc) +clip(-inf,1)
      %k: f32[1x2] = clip(%j) lo=2 hi=3   ; apart
      %l: f32[1x2] = softmax(%k) axis=1   ; softmax
      %m: f32[1x2] = relu(%l)   ; after_softmax
      %n: f32[1x4x3x3] = relu(%a)   ; second_use
      out %m
    }
    ; fuse_activation: relu `relu`: what it reads is read elsewhere too
    ; fuse_activation: clip `apart`: matmul does not take it
    ; fuse_activation: relu `after_softmax`: softmax `softmax` does not take it
    ; fuse_activation: relu `second_use`: what it reads is read elsewhere too
    ");
}
