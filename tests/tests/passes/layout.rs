//! The layout pass.

use insta::assert_snapshot;

use crate::check;

#[test]
fn assign_layout_copies_where_two_nodes_disagree() {
    assert_snapshot!(check(&["assign_layout"], "graph g {
        in %image: f32[1x3x8x8]
        con %w: f32[32x3x3x3]
        con %u: f32[32x3x1x1]
        con %v: f32[32x32x3x3]
        con %d: f32[32x16x3x3]
        %a: f32[1x32x8x8] = conv(%image, %w) kernel=3x3 pads=1,1,1,1
        %b: f32[1x32x8x8] = conv(%image, %u) kernel=1x1
        %c: f32[1x32x8x8] = add(%a, %b)
        %e: f32[1x32x8x8] = conv(%c, %v, %a) kernel=3x3 pads=1,1,1,1 +residual
        %f: f32[1x32x8x8] = conv(%c, %d) kernel=3x3 dilation=2x2 pads=2,2,2,2 groups=2
        %g: f32[1x32x4x4] = max_pool(%c) kernel=2x2 stride=2x2
        %h: f32[1x32x8x8] = softmax(%e) axis=1
        %i: f32[1x2048] = reshape(%e)
        %j: f32[1x32x8x8] = relu(%f)
        out %e
        out %g
        out %h
        out %i
        out %j
    }"), @r"
    graph g {
      in %image: f32[1x3x8x8]
      con %w: f32[32x3x3x3]
      con %u: f32[32x3x1x1]
      con %v: f32[32x32x3x3]
      con %d: f32[32x16x3x3]
      %image@padded: f32[1x3x8x8 halo=1,1,1,1] = reorder(%image)
      %a: f32[1x32x8x8 nchw16] = conv(%image@padded, %w) kernel=3x3 pads=1,1,1,1
      %b: f32[1x32x8x8 nchw16] = conv(%image, %u) kernel=1x1
      %c: f32[1x32x8x8 nchw16 halo=2,2,2,2] = add(%a, %b)
      %e@nchw16: f32[1x32x8x8 nchw16] = conv(%c, %v, %a) kernel=3x3 pads=1,1,1,1 +residual
      %f: f32[1x32x8x8 nchw16] = conv(%c, %d) kernel=3x3 dilation=2x2 pads=2,2,2,2 groups=2
      %g@nchw16: f32[1x32x4x4 nchw16] = max_pool(%c) kernel=2x2 stride=2x2
      %e: f32[1x32x8x8] = reorder(%e@nchw16)
      %h: f32[1x32x8x8] = softmax(%e) axis=1
      %i: f32[1x2048] = reshape(%e)
      %j@nchw16: f32[1x32x8x8 nchw16] = relu(%f)
      %g: f32[1x32x4x4] = reorder(%g@nchw16)
      %j: f32[1x32x8x8] = reorder(%j@nchw16)
      out %e
      out %g
      out %h
      out %i
      out %j
    }
    ");
}

#[test]
fn assign_layout_reshapes_vectors_in_place() {
    assert_snapshot!(check(&["assign_layout"], "graph g {
        in %x: f32[2x32x2x2]
        in %y: f32[2x24x2x2]
        con %w: f32[16x32x3x3]
        %a: f32[2x32x1x1] = global_avg_pool(%x)
        %b: f32[2x32] = reshape(%a)
        %c: f32[2x24x1x1] = global_avg_pool(%y)
        %d: f32[2x24] = reshape(%c)
        %e: f32[2x32x1x1] = max_pool(%x) kernel=2x2
        %f: f32[2x32] = reshape(%e)
        %g: f32[2x16x1x1] = conv(%e, %w) kernel=3x3 pads=1,1,1,1
        out %b
        out %d
        out %f
        out %g
    }"), @r"
    graph g {
      in %x: f32[2x32x2x2]
      in %y: f32[2x24x2x2]
      con %w: f32[16x32x3x3]
      %x@nchw16: f32[2x32x2x2 nchw16] = reorder(%x)
      %a: f32[2x32x1x1 nchw16] = global_avg_pool(%x@nchw16)
      %b: f32[2x32] = reshape(%a)
      %y@nchw16: f32[2x24x2x2 nchw16] = reorder(%y)
      %c: f32[2x24x1x1 nchw16] = global_avg_pool(%y@nchw16)
      %c@planar: f32[2x24x1x1] = reorder(%c)
      %d: f32[2x24] = reshape(%c@planar)
      %e: f32[2x32x1x1 nchw16 halo=1,1,1,1] = max_pool(%x@nchw16) kernel=2x2
      %e@planar: f32[2x32x1x1] = reorder(%e)
      %f: f32[2x32] = reshape(%e@planar)
      %g@nchw16: f32[2x16x1x1 nchw16] = conv(%e, %w) kernel=3x3 pads=1,1,1,1
      %g: f32[2x16x1x1] = reorder(%g@nchw16)
      out %b
      out %d
      out %f
      out %g
    }
    ");
}

#[test]
fn assign_layout_broadcasts_over_blocks_where_it_can() {
    assert_snapshot!(check(&["assign_layout"], "graph g {
        in %x: f32[1x16x2x2]
        con %w: f32[16x16x1x1]
        con %full: f32[1x16x2x2]
        con %s: f32[16]
        %a: f32[1x16x2x2] = conv(%x, %w) kernel=1x1
        %b: f32[1x16x1x1] = global_avg_pool(%a)
        %c: f32[1x16x2x2] = mul(%a, %b)   ; gate
        %d: f32[1x16x2x2] = conv(%c, %w) kernel=1x1
        %e: f32[1x16x2x2] = add(%d, %full)   ; full
        %f: f32[1x16x2x2] = add(%e, %x)
        %g: f32[1x16x2x2] = affine(%f, %s, %s)
        %h: f32[1x16] = reshape(%b)
        %i: f32[1x16] = affine(%h, %s, %s)
        out %g
        out %i
    }"), @r"
    graph g {
      in %x: f32[1x16x2x2]
      con %w: f32[16x16x1x1]
      con %full: f32[1x16x2x2]
      con %s: f32[16]
      %x@nchw16: f32[1x16x2x2 nchw16] = reorder(%x)
      %a: f32[1x16x2x2 nchw16] = conv(%x@nchw16, %w) kernel=1x1
      %b: f32[1x16x1x1 nchw16] = global_avg_pool(%a)
      %c: f32[1x16x2x2 nchw16] = mul(%a, %b)   ; gate
      %d: f32[1x16x2x2 nchw16] = conv(%c, %w) kernel=1x1
      %d@planar: f32[1x16x2x2] = reorder(%d)
      %e: f32[1x16x2x2] = add(%d@planar, %full)   ; full
      %f: f32[1x16x2x2] = add(%e, %x)
      %f@nchw16: f32[1x16x2x2 nchw16] = reorder(%f)
      %g@nchw16: f32[1x16x2x2 nchw16] = affine(%f@nchw16, %s, %s)
      %h: f32[1x16] = reshape(%b)
      %i: f32[1x16] = affine(%h, %s, %s)
      %g: f32[1x16x2x2] = reorder(%g@nchw16)
      out %g
      out %i
    }
    ; assign_layout: add `full`: an operand does not broadcast over blocks, so blocked maps are copied for it
    ");
}
