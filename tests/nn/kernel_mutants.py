#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kernel_mutants.py ROOT SCRATCH [arm64]: does the harness of tests/nn reject kernels with a mistake in them?

Makes one mistake at a time in a copy of src/nn, a likely one: a bound off by one, a clamp forgotten, a saturating
instruction, lanes or tiles exchanged, a rounding left out.  test_kernels has to fail over each.  Mistakes in kernels that
this machine cannot run are told and skipped.  With arm64, the same for NEON: Debian's cross compiler makes the harness
(gcc-aarch64-linux-gnu, libc6-dev-arm64-cross), QEMU runs it (qemu-user-static)."""
import os
import shutil
import sys

ROOT, SCRATCH = (os.path.abspath(x) for x in sys.argv[1:3])
ARM = sys.argv[3:] == ["arm64"]
sys.path.insert(0, os.path.join(ROOT, "tests", "golden"))
from mutants import call, replace  # noqa: E402

MISTAKES = [
    # file in src/nn, what stands there, what is put there instead
    ("ref/mm.c", "j < m->ci; j += 4", "j < m->ci - 4; j += 4"),
    ("ref/mm.c", "v[3] * w[4 * o + 3]", "v[3] * w[4 * o + 2]"),
    ("ref/wgrad.c", "g2 * x[4 * j + 2]", "g2 * x[4 * j + 1]"),
    ("ref/elementwise.c", "(int16_t)fx_clamp64(sum, -32767, 32767)", "(int16_t)sum"),
    ("ref/elementwise.c", "fx_clamp32(fx_rshift32(t[i], s), 0, 127)", "fx_clamp32(fx_rshift32(t[i], s), 0, 128)"),
    ("ref/elementwise.c", "const int32_t a = g[i] < 0 ? -g[i] : g[i];", "const int32_t a = g[i];"),
    ("ref/wino.c", "fx_asr32((int32_t)(sum * NINTH), s)", "(int32_t)((uint32_t)fx_asr32((int32_t)sum, s) * NINTH)"),
    ("x86/wino_avx2.c", "vpaddw %[y0], %[p1], %[y0]", "vpaddw %[y0], %[p0], %[y0]"),
    ("x86/wino_avx2.c", "far_products(v3 + k)", "far_products(v2 + k)"),
    ("wino_int.h", "UINT32_C(0x38e38e39)", "UINT32_C(0x38e38e38)"),
    ("x86/wgrad3_int.h", "w->add = true;", "w->add = false;"),
    ("x86/wgrad3_int.h", "top + i < size ? top + i : size", "top + i <= size ? top + i : size - 1"),
    ("x86/wgrad3_int.h", "* stride, line[col])", "* stride, grads ? line[col] : _mm256_min_epi16(line[col], _mm256_set1_epi16(98 * 127 - 1)))"),
    ("x86/wgrad3_int.h", "* stride, line[col])", "* stride, grads ? _mm256_min_epi16(line[col], _mm256_set1_epi16(225 * 127 - 1)) : line[col])"),
    ("x86/mm_avx2.c", "nn_store32(acc + 8, sum[r][1])", "nn_store32(acc + 8, sum[r][0])"),
    ("x86/mm_avx2.c", "_mm256_sign_epi8(w, x)", "w"),
    ("x86/wgrad_avx2.c", "q < m->quads", "q + 1 < m->quads"),
    ("x86/wgrad_avx2.c", "_mm256_add_epi32(sum[r][0], d0)", "_mm256_adds_epi16(sum[r][0], d0)"),
    ("x86/elementwise_avx2.c", "_mm256_max_epi16(v, _mm256_set1_epi16(-32767))", "v"),
    ("x86/elementwise_avx2.c", "_mm256_min_epu8(_mm256_permutevar8x32_epi32(v, order), _mm256_set1_epi8(127))", "_mm256_permutevar8x32_epi32(v, order)"),
    ("x86/elementwise_avx2.c", "_mm256_packus_epi16(lo, hi), 0xd8", "_mm256_packus_epi16(lo, hi), 0xe4"),
    ("x86/elementwise_avx2.c", "b = _mm256_max_epi8(b, _mm256_set1_epi8(-127));", ""),
    ("x86/elementwise_avx2.c", "key, first + (uint32_t)i);", "key, first);"),
    ("x86/board_avx2.c", "_mm256_add_epi16(total, ", "_mm256_adds_epi16(total, "),
    ("x86/board_avx2.c", "row <= size", "row < size"),
    ("x86/board_avx2.c", "_mm_set1_epi8(127)", "_mm_set1_epi8(126)"),
    ("x86/mm_vnni.c", "_mm512_loadu_si512(w + next) : w0", "w0 : w0"),
    ("x86/mm_vnni.c", "_mm512_slli_epi32(sum, 7)", "_mm512_slli_epi32(sum, 6)"),
    ("x86/wgrad_vnni.c", "_mm512_dpbusd_epi32(sum[r][0], x0, v)", "_mm512_dpbusd_epi32(sum[r][0], v, x0)"),
]
ARM_MISTAKES = [
    ("arm/mm_neon.c", "k + 8 <= end", "k + 8 < end"),
    ("arm/mm_neon.c", "vpaddq_s32(sum[r][2 * v], sum[r][2 * v + 1])", "vpaddq_s32(sum[r][2 * v + 1], sum[r][2 * v])"),
    ("arm/mm_neon.c", "vpadalq_s16(sum[r][2 * v], low)", "vreinterpretq_s32_s16(vqaddq_s16(vreinterpretq_s16_s32(sum[r][2 * v]), low))"),
    ("arm/mm_dot.c", "ADD_QUAD(3)", "ADD_QUAD(2)"),
    ("arm/wgrad_neon.c", "vpadalq_s16(sum[r][2 * v + 1], high)", "vpadalq_s16(sum[r][2 * v + 1], low)"),
    ("arm/wgrad_dot.c", "xv, gv, 3)", "xv, gv, 2)"),
    ("arm/wgrad3_neon.c", "(t / 3 - 1) * (m->size + 1)", "(t / 3 - 1) * m->size"),
    ("arm/wino_neon.c", "vget_low_s16(b.val[1]), x[r], 2 * (p) + 1", "vget_low_s16(b.val[1]), x[r], 2 * (p)"),
    ("arm/wino_neon.c", "m->ci, t.rows)", "m->ci, t.rows - 1)"),
]
NEEDS = {"_avx2.c": ["-mavx2"], "_vnni.c": ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512vnni"],
         "_dot.c": ["-march=armv8.2-a+dotprod"]}
CC = ["aarch64-linux-gnu-gcc", "-static"] if ARM else [os.environ.get("CC", "cc")]
EMULATOR = ["qemu-aarch64-static", "-cpu", "max"] if ARM else []


class Harness:
    """src/base, src/nn and the harness, one object a file."""

    def __init__(self):
        shutil.rmtree(SCRATCH, ignore_errors=True)
        for folder in "src/base", "src/nn", "tests/nn":
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(SCRATCH, folder))
        shutil.copy(os.path.join(ROOT, "tests", "test.h"), os.path.join(SCRATCH, "tests"))
        folders = "src/base", "src/nn", "src/nn/ref", "src/nn/arm" if ARM else "src/nn/x86"
        self.files = [f"{d}/{f}" for d in folders for f in sorted(os.listdir(os.path.join(SCRATCH, d))) if f.endswith(".c")]
        self.objects = [self.compile(f) for f in self.files + ["tests/nn/test_kernels.c"]]

    def compile(self, path):
        out = os.path.join(SCRATCH, path.replace("/", "-")[:-2] + ".o")
        flags = next((f for end, f in NEEDS.items() if path.endswith(end)), [])
        made = call(*CC, "-std=c11", "-O1", "-D_GNU_SOURCE", *flags, "-Isrc", "-Itests", "-c", path,
                    "-o", out, cwd=SCRATCH)
        if made.returncode:
            sys.exit(made.stdout)
        return out

    def run(self):
        """What the harness has against these kernels, or None; and what it could not run."""
        program = os.path.join(SCRATCH, "test_kernels")
        made = call(*CC, "-o", program, *self.objects, "-lpthread")
        if made.returncode:
            sys.exit(made.stdout)
        ran = call(*EMULATOR, program, timeout=900)
        lines = [x for x in ran.stdout.splitlines() if not x.startswith(("wrong ", "skipped"))]
        return (lines or [f"exit {ran.returncode}"])[0] if ran.returncode else None, ran.stdout

    def again(self, path):
        """Compiles a file again, or all that include a header."""
        for f in self.files if path.endswith(".h") else [path]:
            with open(os.path.join(SCRATCH, f), encoding="utf-8") as text:
                if f == path or path[len("src/"):] in text.read():
                    self.compile(f)

    def mistake(self, name, old, new):
        path = "src/nn/" + name
        text = replace(os.path.join(SCRATCH, path), old, new)
        self.again(path)
        why, _ = self.run()
        with open(os.path.join(SCRATCH, path), "w", encoding="utf-8") as f:
            f.write(text)
        self.again(path)
        return why


def main():
    harness, mistakes, rejected, skipped = Harness(), ARM_MISTAKES if ARM else MISTAKES, 0, 0
    why, said = harness.run()
    if why:
        sys.exit(f"unchanged, the kernels are rejected: {why}")
    for name, old, new in mistakes:
        if f"mm_u8 {name.rsplit('_')[-1][:-2].replace('vnni', 'avx512vnni')}\n" in said:
            skipped += 1
            print(f"{name}: skipped on this machine", flush=True)
            continue
        why = harness.mistake(name, old, new)
        rejected += bool(why)
        print(f"{name}: {old}  ->  {new or 'nothing'}\n       {'rejected: ' + why if why else 'NOT REJECTED'}", flush=True)
    shutil.rmtree(SCRATCH)
    print(f"{rejected} of {len(mistakes) - skipped} mistakes rejected, {skipped} skipped")
    return 0 if rejected + skipped == len(mistakes) else 1


if __name__ == "__main__":
    sys.exit(main())
