//! The pass that splits batches.

use insta::assert_snapshot;

use crate::check;

#[test]
fn split_batch_goes_image_by_image() {
    assert_snapshot!(check(&["split_batch"], "graph g {
        in %x: f32[2x16x64x64]
        in %s: f32[1x16x1x1]
        con %w: f32[16x16x1x1]
        con %m: f32[16x10]
        %a: f32[2x16x64x64] = conv(%x, %w, %x) kernel=1x1 +residual
        %b: f32[2x16x64x64] = mul(%a, %s)
        %c: f32[2x16x1x1] = global_avg_pool(%b)
        %d: f32[2x16] = reshape(%c)
        %e: f32[2x10] = matmul(%d, %m)
        out %e
        out %a
    }"), @r"
    graph g {
      in %x: f32[2x16x64x64]
      in %s: f32[1x16x1x1]
      con %w: f32[16x16x1x1]
      con %m: f32[16x10]
      %x@image0: f32[1x16x64x64] = take(%x) axis0=0:1
      %a@image0: f32[1x16x64x64] = conv(%x@image0, %w, %x@image0) kernel=1x1 +residual
      %b@image0: f32[1x16x64x64] = mul(%a@image0, %s)
      %c@image0: f32[1x16x1x1] = global_avg_pool(%b@image0)
      %x@image1: f32[1x16x64x64] = take(%x) axis0=1:1
      %a@image1: f32[1x16x64x64] = conv(%x@image1, %w, %x@image1) kernel=1x1 +residual
      %b@image1: f32[1x16x64x64] = mul(%a@image1, %s)
      %c@image1: f32[1x16x1x1] = global_avg_pool(%b@image1)
      %a: f32[2x16x64x64] = concat(%a@image0, %a@image1) axis=0
      %c: f32[2x16x1x1] = concat(%c@image0, %c@image1) axis=0
      %d: f32[2x16] = reshape(%c)
      %e: f32[2x10] = matmul(%d, %m)
      out %e
      out %a
    }
    ");
}

#[test]
fn split_batch_leaves_what_is_near_and_what_mixes_images() {
    assert_snapshot!(check(&["split_batch"], "graph g {
        in %x: f32[2x16x8x8]
        in %y: f32[2x16x64x64]
        con %w: f32[16x16x1x1]
        %a: f32[2x16x8x8] = conv(%x, %w) kernel=1x1
        %b: f32[2x16x64x64] = softmax(%y) axis=0
        %c: f32[1x131072] = reshape(%y)
        out %a
        out %b
        out %c
    }"), @r"
    graph g {
      in %x: f32[2x16x8x8]
      in %y: f32[2x16x64x64]
      con %w: f32[16x16x1x1]
      %a: f32[2x16x8x8] = conv(%x, %w) kernel=1x1
      %b: f32[2x16x64x64] = softmax(%y) axis=0
      %c: f32[1x131072] = reshape(%y)
      out %a
      out %b
      out %c
    }
    ");
}
