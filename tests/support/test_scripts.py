"""The checks in scripts/ are tested by trees that they must find fault with."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


class Tree(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def run_script(self, name, *arguments):
        done = subprocess.run([self.root / "scripts" / name, *arguments], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


class CheckLayers(Tree):
    def check(self):
        done = subprocess.run([SCRIPTS / "check-layers", self.root], capture_output=True, text=True)
        return done.returncode, done.stdout

    def test_lower_ranks_and_the_own_folder_may_be_included(self):
        self.write("loadgen/engine/a.c", '#include "engine/b.h"\n#include "net/tcp.h"\n#include <a/b.h>\n')
        self.assertEqual(self.check(), (0, ""))

    def test_a_higher_rank_may_not(self):
        self.write("loadgen/base/a.c", '#include "engine/run.h"\n')
        code, output = self.check()
        self.assertEqual(code, 1)
        self.assertIn("loadgen/base/a.c:1: base (rank 0) includes engine/run.h (rank 4)", output)

    def test_another_folder_of_the_same_rank_may_not(self):
        self.write("loadgen/net/a.h", '#pragma once\n  # include "proto/proto.h"\n')
        code, output = self.check()
        self.assertEqual(code, 1)
        self.assertIn("loadgen/net/a.h:2:", output)

    def test_a_folder_without_a_rank_is_a_fault(self):
        self.write("loadgen/misc/a.h", "int a;\n")
        code, output = self.check()
        self.assertEqual(code, 1)
        self.assertIn("folder misc has no rank", output)

    def test_an_include_from_a_folder_without_a_rank_is_a_fault(self):
        self.write("loadgen/cli/a.c", '#include "misc/a.h"\n')
        self.assertEqual(self.check()[0], 1)


class Loadgen(Tree):
    """scripts/loadgen of a tree that is set up and built; what it would start only says its name."""

    def setUp(self):
        super().setUp()
        shutil.copytree(SCRIPTS, self.root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        self.program("scripts/setup-targets", "echo installed $* >&2; touch .env/stamps/heavy")
        self.program("build/release/loadgen", "echo ran $*")
        self.write("scenarios/plain.ini", "; features = image\n[scenario]\nfeatures = core,cpu\n")
        self.write("scenarios/large.ini", "[scenario]\nfeatures = core,image\n")
        self.program("scripts/setup", "echo pypy $* >.env/asked")
        self.write("scenarios/pypy.ini", "[scenario]\ntargets  = django-pypy-control, django-pypy\n")
        self.write(".env/stamps/setup-run", "")
        key = subprocess.run(["bash", "-c", ". scripts/common.sh && setup_key"], cwd=self.root, capture_output=True)
        self.write(".env/stamps/setup-run", key.stdout.decode())
        self.write("build/release/.built", "")

    def program(self, path, line):
        self.write(path, f"#!/bin/sh\n{line}\n")
        (self.root / path).chmod(0o755)

    def run_loadgen(self, *arguments):
        done = subprocess.run(
            [self.root / "scripts/loadgen", *arguments], cwd=self.root, capture_output=True, text=True
        )
        log = self.root / ".env/build.log"
        return done.stdout, "installed" in (log.read_text() if log.exists() else "") + done.stderr

    def test_a_scenario_without_large_features_installs_nothing(self):
        self.assertEqual(self.run_loadgen("scenario", "plain.ini"), ("ran scenario plain.ini\n", False))

    def test_a_scenario_with_one_installs_it_by_any_spelling_of_its_name(self):
        for name in ("large", "large.ini", "scenarios/large.ini"):
            (self.root / ".env/stamps/heavy").unlink(missing_ok=True)
            self.run_loadgen("scenario", name)
            self.assertTrue((self.root / ".env/stamps/heavy").exists(), name)

    def test_it_is_installed_once(self):
        self.write(".env/stamps/heavy", "")
        self.assertEqual(self.run_loadgen("scenario", "large"), ("ran scenario large\n", False))


    def asked(self, *arguments):
        self.write(".env/asked", "")
        self.run_loadgen(*arguments)
        return (self.root / ".env/asked").read_text()

    def test_the_lanes_of_pypy_are_installed_for_who_asks_for_them(self):
        wanted = "scenario.targets=django-pypy-control,django-pypy"
        for arguments in (("scenario", "pypy.ini"), ("scenario", "plain.ini", "--set", wanted)):
            self.assertEqual(self.asked(*arguments), "pypy --pypy\n", arguments)
        self.assertEqual(self.asked("scenario", "plain.ini"), "")
        self.write(".env/stamps/pypy-control", "")
        self.assertEqual(self.asked("scenario", "pypy.ini"), "")


class Lint(Tree):
    FORMATTED = "int lg_one(void);\n"

    def setUp(self):
        super().setUp()
        shutil.copytree(SCRIPTS, self.root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(SCRIPTS.parent / ".clang-format", self.root)
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.write("loadgen/base/one.h", self.FORMATTED)

    def faults(self):
        code, output = self.run_script("lint")
        return code, [line.split(None, 1)[1] for line in output.splitlines() if line.startswith("FAILED")]

    def test_a_good_tree_passes(self):
        self.assertEqual(self.faults(), (0, []))

    def test_bad_format_is_found(self):
        self.write("loadgen/base/two.h", "int   lg_two( void );\n")
        self.assertEqual(self.faults(), (1, ["C is formatted (scripts/format does it)"]))

    def test_a_line_of_101_columns_is_found_and_one_of_100_is_not(self):
        comment = "/* " + "\N{LATIN SMALL LETTER E WITH ACUTE}" * 94 + " */"
        self.write("loadgen/base/two.h", comment + "\n")
        self.assertEqual(self.faults(), (0, []))
        self.write("loadgen/base/two.h", comment.replace("*/", " */") + "\n")
        self.assertEqual(self.faults()[0], 1)

    def test_marks_for_work_left_over_are_found(self):
        self.write("loadgen/base/two.h", "/* TO" + "DO */\n")
        self.assertEqual(self.faults(), (1, ["no marks for work left over"]))

    def test_shell_faults_are_found(self):
        self.write("scripts/bad", "#!/bin/sh\nrm $1\n")
        self.assertEqual(self.faults(), (1, ["shellcheck"]))


if __name__ == "__main__":
    unittest.main()
