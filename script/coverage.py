"""Reads gcov's JSON, one object a line, and prints lines and branches of each file under the given folder.

Names in it may be relative to the build folder: a compiler cache leaves them so.
"""

import json
import os.path
import sys


def covered(counts):
    return sum(1 for count in counts if count > 0), len(counts)


def shown(hit, of):
    return f"{hit:5} /{of:5} {100 * hit / of if of else 100:6.1f} %"


def main(folder, build):
    lines, branches = {}, {}  # by file and place; a template is compiled more than once
    for text in sys.stdin:
        for file in json.loads(text)["files"]:
            name = os.path.normpath(os.path.join(build, file["file"]))
            if not name.startswith(folder):
                continue
            for line in file["lines"]:
                at = (name, line["line_number"])
                lines[at] = max(lines.get(at, 0), line["count"])
                for index, branch in enumerate(b for b in line["branches"] if not b["throw"]):
                    place = at + (line.get("function_name"), index)
                    branches[place] = max(branches.get(place, 0), branch["count"])
    if not lines:
        sys.exit(f"nothing was measured under {folder}")
    names = sorted({name for name, _ in lines})
    print(f"{'':32}{'lines':>18}   {'branches':>18}")
    for name in names + [None]:
        of_lines = covered([count for at, count in lines.items() if name in (None, at[0])])
        of_branches = covered([count for at, count in branches.items() if name in (None, at[0])])
        title = name[len(folder):] if name else "all"
        print(f"{title:32}{shown(*of_lines)}   {shown(*of_branches)}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
