//! Passes that leave fewer forms and fewer nodes.

use insta::assert_snapshot;

use crate::check;

#[test]
fn canonicalise_drops_what_computes_nothing() {
    assert_snapshot!(check(&["canonicalise", "eliminate_dead"], "graph g {
        in %x: f32[1x8x7x7]
        %a: f32[1x8x7x7] = identity(%x)
        %b: f32[1x8x7x7] = reshape(%a)
        %c: f32[8x49] = reshape(%b)
        %d: f32[8x49] = cast(%c) to=f32
        %e: f32[1x392] = reshape(%d)
        %f: f32[1x8x1x1] = avg_pool(%x) kernel=7x7
        %g: f32[1x8x2x2] = avg_pool(%x) kernel=6x6
        %dead: f32[1x8x7x7] = relu(%b)
        out %e
        out %f
        out %g
    }"), @r"
    graph g {
      in %x: f32[1x8x7x7]
      %e: f32[1x392] = reshape(%x)
      %f: f32[1x8x1x1] = global_avg_pool(%x)
      %g: f32[1x8x2x2] = avg_pool(%x) kernel=6x6
      out %e
      out %f
      out %g
    }
    ");
}

#[test]
fn canonicalise_leaves_one_reader_of_what_is_reshaped_twice() {
    assert_snapshot!(check(&["canonicalise"], "graph g {
        in %x: f32[1x8x1x1]
        %a: f32[1x8x1x1] = relu(%x)
        %b: f32[1x8] = reshape(%a)
        %c: f32[1x8] = reshape(%b)
        %d: f32[1x8] = relu(%c)
        out %d
    }"), @r"
    graph g {
      in %x: f32[1x8x1x1]
      %a: f32[1x8x1x1] = relu(%x)
      %b: f32[1x8] = reshape(%a)
      %d: f32[1x8] = relu(%b)
      out %d
    }
    ");
}

#[test]
fn canonicalise_keeps_the_names_of_outputs() {
    assert_snapshot!(check(&["canonicalise"], "graph g {
        in %x: f32[4]
        %a: f32[4] = relu(%x)
        %y: f32[4] = identity(%a)
        %b: f32[4] = relu(%a)
        %again: f32[4] = identity(%y)
        %input: f32[4] = reshape(%x)
        out %y
        out %b
        out %again
        out %input
    }"), @r"
    graph g {
      in %x: f32[4]
      %y: f32[4] = relu(%x)
      %b: f32[4] = relu(%y)
      %again: f32[4] = identity(%y)
      %input: f32[4] = identity(%x)
      out %y
      out %b
      out %again
      out %input
    }
    ");
}

#[test]
fn canonicalise_leaves_sums_and_reshapes_back() {
    assert_snapshot!(check(&["canonicalise", "eliminate_dead"], "graph g {
        in %x: f32[1x4x2x2]
        con %c: f32[4x1x1]
        %a: f32[1x4x2x2] = add(%x, %x)
        %b: f32[1x4x2x2] = mul(%a, %c)
        %flat: f32[1x16] = reshape(%b)
        %back: f32[1x4x2x2] = reshape(%flat)
        %y: f32[1x4x2x2] = add(%b, %back)
        out %y
    }"), @r"
    graph g {
      in %x: f32[1x4x2x2]
      con %c: f32[4x1x1]
      %a: f32[1x4x2x2] = add(%x, %x)
      %b: f32[1x4x2x2] = mul(%a, %c)
      %y: f32[1x4x2x2] = add(%b, %b)
      out %y
    }
    ");
}

#[test]
fn fold_constants_makes_recipes() {
    assert_snapshot!(check(&["fold_constants"], "graph g {
        in %x: f32[2x4]
        con %c: f32[2x2]
        con %d: f32[4]
        %a: f32[4] = reshape(%c)
        %b: f32[4] = add(%a, %d) +relu
        %y: f32[2x4] = mul(%x, %b)
        %z: f32[4] = relu(%d)
        out %y
        out %z
    }"), @r"
    graph g {
      in %x: f32[2x4]
      con %c: f32[2x2]
      con %a: f32[4] = reshape(%c)
      con %d: f32[4]
      con %b: f32[4] = add(%a, %d) +relu
      %y: f32[2x4] = mul(%x, %b)
      %z: f32[4] = relu(%d)
      out %y
      out %z
    }
    ");
}

#[test]
fn fold_pad_into_windows() {
    assert_snapshot!(check(&["fold_pad", "eliminate_dead"], "graph g {
        in %x: f32[1x4x6x6]
        con %w: f32[2x4x3x3]
        %p: f32[1x4x7x7] = pad(%x) before=0,0,0,0 after=0,0,1,1 value=0   ; pad
        %q: f32[1x4x8x7] = pad(%p) before=0,0,1,0 after=0,0,0,0 value=-0   ; twice
        %a: f32[1x2x4x4] = conv(%q, %w) kernel=3x3 stride=2x2 pads=0,1,1,1   ; conv
        %b: f32[1x4x3x3] = avg_pool(%p) kernel=3x3 stride=2x2   ; mean
        %c: f32[1x4x6x6] = avg_pool(%p) kernel=3x3 pads=0,0,1,1 include_pad counted=0,0   ; mean_of_padded
        %r: f32[1x4x6x6] = clip(%x) lo=0 hi=6
        %s: f32[1x4x7x7] = pad(%r) before=0,0,1,1 after=0,0,0,0 value=0   ; above
        %d: f32[1x4x3x3] = max_pool(%s) kernel=3x3 stride=2x2   ; max
        %t: f32[1x4x7x7] = pad(%x) before=0,0,1,1 after=0,0,0,0 value=-inf   ; lowest
        %e: f32[1x4x3x3] = max_pool(%t) kernel=3x3 stride=2x2   ; max_of_lowest
        out %a
        out %b
        out %c
        out %d
        out %e
    }"), @r"
    graph g {
      in %x: f32[1x4x6x6]
      con %w: f32[2x4x3x3]
      %a: f32[1x2x4x4] = conv(%x, %w) kernel=3x3 stride=2x2 pads=1,1,2,2   ; pad, twice, conv
      %b: f32[1x4x3x3] = avg_pool(%x) kernel=3x3 stride=2x2 pads=0,0,1,1 include_pad   ; pad, mean
      %c: f32[1x4x6x6] = avg_pool(%x) kernel=3x3 pads=0,0,2,2 include_pad counted=1,1   ; pad, mean_of_padded
      %r: f32[1x4x6x6] = clip(%x) lo=0 hi=6
      %d: f32[1x4x3x3] = max_pool(%r) kernel=3x3 stride=2x2 pads=1,1,0,0   ; above, max
      %e: f32[1x4x3x3] = max_pool(%x) kernel=3x3 stride=2x2 pads=1,1,0,0   ; lowest, max_of_lowest
      out %a
      out %b
      out %c
      out %d
      out %e
    }
    ");
}

#[test]
fn fold_pad_keeps_what_a_window_cannot_do() {
    assert_snapshot!(check(&["fold_pad"], "graph g {
        in %x: f32[1x4x6x6]
        con %w: f32[2x4x3x3]
        con %v: f32[2x5x3x3]
        %p: f32[1x4x7x7] = pad(%x) before=0,0,1,1 after=0,0,0,0 value=1
        %a: f32[1x2x5x5] = conv(%p, %w) kernel=3x3   ; ones
        %q: f32[1x5x6x6] = pad(%x) before=0,1,0,0 after=0,0,0,0 value=0
        %b: f32[1x2x4x4] = conv(%q, %v) kernel=3x3   ; channels
        %r: f32[1x4x7x7] = pad(%x) before=0,0,1,1 after=0,0,0,0 value=0
        %c: f32[1x4x5x5] = max_pool(%r) kernel=3x3   ; zeros
        %d: f32[1x4x6x6] = avg_pool(%r) kernel=3x3 pads=1,1,0,0   ; uncounted
        %u: f32[1x4x6x6] = relu(%x)
        %s: f32[1x4x7x7] = pad(%u) before=0,0,1,1 after=0,0,0,0 value=0
        %e: f32[1x4x7x7] = max_pool(%s) kernel=1x1   ; alone
        %f: f32[1x4x7x7] = relu(%r)
        out %a
        out %b
        out %c
        out %d
        out %e
        out %f
    }"), @r"
    graph g {
      in %x: f32[1x4x6x6]
      con %w: f32[2x4x3x3]
      con %v: f32[2x5x3x3]
      %p: f32[1x4x7x7] = pad(%x) before=0,0,1,1 after=0,0,0,0 value=1
      %a: f32[1x2x5x5] = conv(%p, %w) kernel=3x3   ; ones
      %q: f32[1x5x6x6] = pad(%x) before=0,1,0,0 after=0,0,0,0 value=0
      %b: f32[1x2x4x4] = conv(%q, %v) kernel=3x3   ; channels
      %r: f32[1x4x7x7] = pad(%x) before=0,0,1,1 after=0,0,0,0 value=0
      %c: f32[1x4x5x5] = max_pool(%r) kernel=3x3   ; zeros
      %d: f32[1x4x6x6] = avg_pool(%r) kernel=3x3 pads=1,1,0,0   ; uncounted
      %u: f32[1x4x6x6] = relu(%x)
      %s: f32[1x4x7x7] = pad(%u) before=0,0,1,1 after=0,0,0,0 value=0
      %e: f32[1x4x7x7] = max_pool(%s) kernel=1x1   ; alone
      %f: f32[1x4x7x7] = relu(%r)
      out %a
      out %b
      out %c
      out %d
      out %e
      out %f
    }
    ; fold_pad: conv `ones`: the padding before it is another number than its own
    ; fold_pad: conv `channels`: the padding before it is not of rows and columns alone
    ; fold_pad: max_pool `zeros`: the padding before it is another number than its own
    ; fold_pad: avg_pool `uncounted`: it has padding of its own that does not count
    ; fold_pad: max_pool `alone`: one of its windows would see padding alone
    ");
}

/// Where the lower bound is above the upper one, the upper one holds: here it is below the zeros around.
#[test]
fn fold_pad_asks_both_bounds() {
    assert_snapshot!(check(&["fold_pad"], "graph g {
        in %x: f32[1x4x6x6]
        %c: f32[1x4x6x6] = clip(%x) lo=5 hi=-3
        %p: f32[1x4x7x7] = pad(%c) before=0,0,1,1 after=0,0,0,0 value=0
        %m: f32[1x4x5x5] = max_pool(%p) kernel=3x3   ; zeros
        out %m
    }"), @r"
    graph g {
      in %x: f32[1x4x6x6]
      %c: f32[1x4x6x6] = clip(%x) lo=5 hi=-3
      %p: f32[1x4x7x7] = pad(%c) before=0,0,1,1 after=0,0,0,0 value=0
      %m: f32[1x4x5x5] = max_pool(%p) kernel=3x3   ; zeros
      out %m
    }
    ; fold_pad: max_pool `zeros`: the padding before it is another number than its own
    ");
}
