;; The least that unmasking and validating can cost in WebAssembly: bare loops over SIMD, with
;; no ends to take care of. Lengths are multiples of 64 bytes.
(module
  (memory (export "memory") 8)

  ;; What RFC 6455 section 5.3 does, in place.
  (func (export "unmask") (param $at i32) (param $end i32) (param $key i32)
    (local $k v128)
    (local.set $k (i32x4.splat (local.get $key)))
    (loop $next
      (v128.store (local.get $at)
        (v128.xor (v128.load (local.get $at)) (local.get $k)))
      (v128.store offset=16 (local.get $at)
        (v128.xor (v128.load offset=16 (local.get $at)) (local.get $k)))
      (v128.store offset=32 (local.get $at)
        (v128.xor (v128.load offset=32 (local.get $at)) (local.get $k)))
      (v128.store offset=48 (local.get $at)
        (v128.xor (v128.load offset=48 (local.get $at)) (local.get $k)))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))

  ;; The same from one place to another, and whether the result is ASCII.
  (func (export "unmask_ascii")
    (param $at i32) (param $end i32) (param $to i32) (param $key i32) (result i32)
    (local $k v128) (local $seen v128) (local $a v128) (local $b v128) (local $c v128)
    (local $d v128)
    (local.set $k (i32x4.splat (local.get $key)))
    (loop $next
      (local.set $a (v128.xor (v128.load (local.get $at)) (local.get $k)))
      (local.set $b (v128.xor (v128.load offset=16 (local.get $at)) (local.get $k)))
      (local.set $c (v128.xor (v128.load offset=32 (local.get $at)) (local.get $k)))
      (local.set $d (v128.xor (v128.load offset=48 (local.get $at)) (local.get $k)))
      (v128.store (local.get $to) (local.get $a))
      (v128.store offset=16 (local.get $to) (local.get $b))
      (v128.store offset=32 (local.get $to) (local.get $c))
      (v128.store offset=48 (local.get $to) (local.get $d))
      (local.set $seen
        (v128.or
          (local.get $seen)
          (v128.or
            (v128.or (local.get $a) (local.get $b))
            (v128.or (local.get $c) (local.get $d)))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (local.set $to (i32.add (local.get $to) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.eqz (i8x16.bitmask (local.get $seen))))

  ;; Whether all is ASCII.
  (func (export "ascii") (param $at i32) (param $end i32) (result i32)
    (local $seen v128)
    (loop $next
      (local.set $seen
        (v128.or
          (local.get $seen)
          (v128.or
            (v128.or (v128.load (local.get $at)) (v128.load offset=16 (local.get $at)))
            (v128.or
              (v128.load offset=32 (local.get $at))
              (v128.load offset=48 (local.get $at))))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.eqz (i8x16.bitmask (local.get $seen))))

  ;; Whether all is UTF-8, by table look-up: Keiser and Lemire, "Validating UTF-8 in less than
  ;; one instruction per byte", 2021. What follows the last byte is not looked at.
  (func (export "utf8") (param $at i32) (param $end i32) (result i32)
    (local $in v128) (local $prev v128) (local $prev1 v128) (local $error v128)
    (loop $next
      (local.set $in (v128.load (local.get $at)))
      (local.set $prev1
        (i8x16.shuffle 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
          (local.get $prev) (local.get $in)))
      (local.set $error
        (v128.or
          (local.get $error)
          (v128.xor
            ;; Third and fourth bytes must be continuations.
            (v128.and
              (v128.or
                (i8x16.sub_sat_u
                  (i8x16.shuffle 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29
                    (local.get $prev) (local.get $in))
                  (i8x16.splat (i32.const 0x60)))
                (i8x16.sub_sat_u
                  (i8x16.shuffle 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28
                    (local.get $prev) (local.get $in))
                  (i8x16.splat (i32.const 0x70))))
              (i8x16.splat (i32.const 0x80)))
            ;; What is wrong with the first and the second byte, a bit each.
            (v128.and
              (v128.and
                (i8x16.swizzle
                  (v128.const i8x16 2 2 2 2 2 2 2 2 0x80 0x80 0x80 0x80 0x21 1 0x15 0x49)
                  (i8x16.shr_u (local.get $prev1) (i32.const 4)))
                (i8x16.swizzle
                  (v128.const i8x16 0xe7 0xa3 0x83 0x83 0x8b 0xcb 0xcb 0xcb
                    0xcb 0xcb 0xcb 0xcb 0xcb 0xdb 0xcb 0xcb)
                  (v128.and (local.get $prev1) (i8x16.splat (i32.const 15)))))
              (i8x16.swizzle
                (v128.const i8x16 1 1 1 1 1 1 1 1 0xe6 0xae 0xba 0xba 1 1 1 1)
                (i8x16.shr_u (local.get $in) (i32.const 4)))))))
      (local.set $prev (local.get $in))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.eqz (v128.any_true (local.get $error)))))
